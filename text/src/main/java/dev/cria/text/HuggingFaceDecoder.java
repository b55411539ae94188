package dev.cria.text;

import dev.cria.text.TokenizerJson.Decoding;
import dev.cria.text.TokenizerJson.PrependScheme;
import dev.cria.text.TokenizerJson.Replace;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Decodes as tokenizers does: special tokens are left out or spelt out, and a run of byte tokens becomes one U+FFFD a byte if any of it is broken.
 * So the text of a run is only certain when the run has ended.
 */
final class HuggingFaceDecoder implements StreamingDecoder {
    private final HuggingFaceTokenizer tokenizer;
    private final Decoding decoding;
    private final boolean spellSpecial;
    private final ByteArrayOutputStream run = new ByteArrayOutputStream();
    private boolean firstToken = true;
    private int stillToStrip;

    HuggingFaceDecoder(HuggingFaceTokenizer tokenizer, Decoding decoding, boolean spellSpecial) {
        this.tokenizer = tokenizer;
        this.decoding = decoding;
        this.spellSpecial = spellSpecial;
        this.stillToStrip = decoding.strip();
    }

    @Override
    public String accept(int id) {
        StringBuilder out = new StringBuilder();
        accept(id, out);
        return out.toString();
    }

    @Override
    public String finish() {
        StringBuilder out = new StringBuilder();
        flush(out);
        firstToken = true;
        stillToStrip = decoding.strip();
        return out.toString();
    }

    void accept(int id, StringBuilder out) {
        String piece = tokenizer.decodedPiece(id);
        if (piece.isEmpty() || (!spellSpecial && tokenizer.isSpecial(id))) {
            return;
        }
        String text = piece;
        for (Replace replacement : decoding.replacements()) {
            text = replacement.apply(text);
        }
        if (decoding.dropMark().isPresent()) {
            boolean drop = firstToken && decoding.dropMark().get().prepend() != PrependScheme.NEVER;
            text = text.replace(String.valueOf(decoding.dropMark().get().mark()), drop ? "" : " ");
        }
        firstToken = false;
        int value = decoding.byteFallback() ? BpeModel.byteValue(text) : -1;
        if (value >= 0) {
            run.write(value);
            return;
        }
        flush(out);
        append(text, out);
    }

    private void flush(StringBuilder out) {
        if (run.size() == 0) {
            return;
        }
        byte[] bytes = run.toByteArray();
        run.reset();
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            text = "\uFFFD".repeat(bytes.length);
        }
        append(text, out);
    }

    private void append(String text, StringBuilder out) {
        int from = 0;
        while (stillToStrip > 0 && from < text.length()) {
            if (text.charAt(from) == decoding.stripped()) {
                from++;
                stillToStrip--;
            } else {
                stillToStrip = 0;
            }
        }
        out.append(text, from, text.length());
    }
}
