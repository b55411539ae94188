package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.TokenizerJson.Metaspace;
import dev.cria.text.TokenizerJson.Prepend;
import dev.cria.text.TokenizerJson.PrependScheme;
import dev.cria.text.TokenizerJson.Replace;
import dev.cria.text.TokenizerJson.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** A tokenizer from {@code tokenizer.json}: the ids and texts are those of Hugging Face's tokenizers. */
final class HuggingFaceTokenizer implements Tokenizer {
    private static final String MARK = String.valueOf(BpeModel.SPACE_MARK);

    private final TokenizerJson json;
    private final Vocabulary vocabulary;
    private final BitSet special = new BitSet();
    private final Map<Integer, String> normalizedPieces = new HashMap<>();
    private final AddedTokenSplitter beforeNormalizing;
    private final AddedTokenSplitter afterNormalizing;
    private final EncoderPool encoders;
    private final boolean isPlain;
    private final int bosId;
    private final int eosId;
    private final OptionalInt padId;
    private final boolean addBos;
    private final boolean addEos;
    private final Fingerprint.Lazy fingerprint;

    HuggingFaceTokenizer(Path file, TokenizerJson json, TokenizerConfig config) {
        this.json = json;
        vocabulary = vocabulary(file, json);
        Map<String, AddedToken> before = new HashMap<>();
        Map<String, AddedToken> after = new HashMap<>();
        List<String> alwaysFound = new ArrayList<>();
        for (AddedToken token : json.addedTokens()) {
            if (token.special()) {
                special.set(token.id());
            } else {
                alwaysFound.add(token.toString());
            }
            if (token.normalized()) {
                String normal = normalize(token.content());
                if (normal.isEmpty()) {
                    throw JsonFiles.malformed(file, "the added token " + token.content() + " is normalised to nothing");
                }
                after.put(normal, token);
                normalizedPieces.put(token.id(), normal);
            } else {
                before.put(token.content(), token);
            }
        }
        beforeNormalizing = new AddedTokenSplitter(before);
        afterNormalizing = new AddedTokenSplitter(after);
        // Llama 2's layout: the encoder takes spaces for U+2581 by itself, so that no text need be copied.
        isPlain = json.normalizers().equals(List.of(new Prepend(MARK), new Replace(" ", MARK)))
                && json.metaspace().isEmpty()
                && afterNormalizing.isEmpty();
        bosId = control(file, config.bosToken().orElse(postProcessed("<s>")), "begin-of-sequence");
        eosId = control(file, config.eosToken().orElse("</s>"), "end-of-sequence");
        padId = config.padToken().isPresent() ? vocabulary.id(config.padToken().get()) : OptionalInt.empty();
        addBos = config.addBos().orElse(json.bosId().isPresent());
        addEos = config.addEos().orElse(false);
        BpeModel bpe = new HuggingFaceBpe(file, json, vocabulary).build(isPlain);
        encoders = new EncoderPool(bpe);
        fingerprint = new Fingerprint.Lazy(() -> Fingerprint.of(vocabulary, bpe, description(), alwaysFound));
    }

    private static Vocabulary vocabulary(Path file, TokenizerJson json) {
        int entries = json.vocabulary().size() + json.addedTokens().size();
        int largest = json.vocabulary().values().stream()
                .mapToInt(Integer::intValue)
                .max()
                .orElse(0);
        for (AddedToken token : json.addedTokens()) {
            largest = Math.max(largest, token.id());
        }
        if (largest / 2 > entries + 1000) {
            throw JsonFiles.malformed(file, "it has the id " + largest + ", but only " + entries + " pieces");
        }
        List<String> pieces = new ArrayList<>(Collections.nCopies(largest + 1, ""));
        json.vocabulary().forEach((piece, id) -> {
            if (!pieces.get(id).isEmpty()) {
                throw JsonFiles.malformed(file, "two pieces have the id " + id);
            }
            pieces.set(id, piece);
        });
        for (AddedToken token : json.addedTokens()) {
            Integer known = json.vocabulary().get(token.content());
            if (known != null && known != token.id()) {
                throw JsonFiles.malformed(
                        file,
                        "the added token " + token.content() + " has id " + token.id() + ", but the vocabulary says "
                                + known);
            }
            if (!pieces.get(token.id()).isEmpty() && !pieces.get(token.id()).equals(token.content())) {
                throw JsonFiles.malformed(
                        file, "the added token " + token.content() + " has the id of " + pieces.get(token.id()));
            }
            pieces.set(token.id(), token.content());
        }
        return new Vocabulary(pieces);
    }

    private String postProcessed(String otherwise) {
        int id = json.bosId().orElse(-1);
        return id >= 0 && id < vocabulary.size() ? vocabulary.piece(id) : otherwise;
    }

    private int control(Path file, String piece, String role) {
        return vocabulary
                .id(piece)
                .orElseThrow(() -> new UserError(
                        file + ": the vocabulary has no " + role + " token " + piece,
                        "name the right token in tokenizer_config.json"));
    }

    private String description() {
        return isPlain
                ? "space prefix true, collapse spaces false, mark spaces true, map none"
                : "steps " + json.normalizers() + ", then " + json.metaspace();
    }

    private String normalize(String text) {
        String normal = text;
        for (Step step : json.normalizers()) {
            normal = step.apply(normal);
        }
        return normal;
    }

    /** What the file holds. */
    TokenizerJson json() {
        return json;
    }

    /** What the decoder starts from: the piece, or for a token that is looked for in normalised text, its normalised spelling. */
    String decodedPiece(int id) {
        String piece = vocabulary.piece(id);
        return normalizedPieces.isEmpty() ? piece : normalizedPieces.getOrDefault(id, piece);
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int bosId() {
        return bosId;
    }

    @Override
    public int eosId() {
        return eosId;
    }

    @Override
    public OptionalInt padId() {
        return padId;
    }

    @Override
    public boolean addsBos() {
        return addBos;
    }

    @Override
    public boolean addsEos() {
        return addEos;
    }

    @Override
    public boolean isSpecial(int id) {
        return special.get(id);
    }

    @Override
    public String piece(int id) {
        return vocabulary.piece(id);
    }

    @Override
    public OptionalInt id(String piece) {
        return vocabulary.id(piece);
    }

    @Override
    public void encode(String text, TokenBuffer out) {
        encode(text, false, List.of(), out);
    }

    @Override
    public void encodeWithSpecial(String text, TokenBuffer out) {
        encode(text, true, List.of(), out);
    }

    @Override
    public void encodeWithSpecial(String text, List<TextSpan> plain, TokenBuffer out) {
        if (afterNormalizing.isEmpty()) {
            encode(text, true, plain, out);
        } else { // where the spans end up in the normalised text is not known
            Tokenizer.super.encodeWithSpecial(text, plain, out);
        }
    }

    private void encode(String text, boolean withSpecial, List<TextSpan> plain, TokenBuffer out) {
        BpeEncoder encoder = encoders.take();
        try {
            for (AddedTokenSplitter.Part part : beforeNormalizing.split(text, withSpecial, plain)) {
                if (part.id() >= 0) {
                    out.add(part.id());
                } else if (isPlain) {
                    encoder.encode(text, part.start(), part.end(), true, out);
                } else {
                    String piece = text.substring(part.start(), part.end());
                    encodeNormalized(encoder, normalize(piece), part.start() == 0, withSpecial, out);
                }
            }
        } finally {
            encoders.giveBack(encoder);
        }
    }

    private void encodeNormalized(
            BpeEncoder encoder, String normal, boolean atStart, boolean withSpecial, TokenBuffer out) {
        for (AddedTokenSplitter.Part part : afterNormalizing.split(normal, withSpecial, List.of())) {
            if (part.id() >= 0) {
                out.add(part.id());
                continue;
            }
            String piece = normal.substring(part.start(), part.end());
            if (json.metaspace().isPresent()) {
                piece = mark(json.metaspace().get(), piece, atStart && part.start() == 0);
            }
            encoder.encode(piece, 0, piece.length(), false, out);
        }
    }

    private static String mark(Metaspace metaspace, String text, boolean first) {
        String marked = text.replace(' ', metaspace.mark());
        boolean prepend =
                metaspace.prepend() == PrependScheme.ALWAYS || (metaspace.prepend() == PrependScheme.FIRST && first);
        return prepend && marked.charAt(0) != metaspace.mark() ? metaspace.mark() + marked : marked;
    }

    @Override
    public String decode(int[] ids) {
        return decode(ids, new HuggingFaceDecoder(this, json.decoder(), false));
    }

    @Override
    public String decodeWithSpecial(int[] ids) {
        return decode(ids, new HuggingFaceDecoder(this, json.decoder(), true));
    }

    private static String decode(int[] ids, HuggingFaceDecoder decoder) {
        StringBuilder out = new StringBuilder(ids.length * 4);
        for (int id : ids) {
            decoder.accept(id, out);
        }
        return out.append(decoder.finish()).toString();
    }

    @Override
    public StreamingDecoder streamingDecoder() {
        return new HuggingFaceDecoder(this, json.decoder(), false);
    }

    @Override
    public String fingerprint() {
        return fingerprint.get();
    }
}
