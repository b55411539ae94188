package dev.cria.data;

import dev.cria.text.StreamingDecoder;
import dev.cria.text.TokenBuffer;
import dev.cria.text.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** One token a byte: ids 0 unk, 1 BOS, 2 EOS, 3+b. Enough to see that shards hold what they were given. */
final class ToyTokenizer implements Tokenizer {
    private final int vocabularySize;

    ToyTokenizer() {
        this(259);
    }

    /** A larger vocabulary, to have four-byte tokens; the ids stay the same. */
    ToyTokenizer(int vocabularySize) {
        this.vocabularySize = vocabularySize;
    }

    @Override
    public int vocabularySize() {
        return vocabularySize;
    }

    @Override
    public int bosId() {
        return 1;
    }

    @Override
    public int eosId() {
        return 2;
    }

    @Override
    public OptionalInt padId() {
        return OptionalInt.empty();
    }

    @Override
    public boolean isSpecial(int id) {
        return id < 3;
    }

    @Override
    public String piece(int id) {
        return id < 3 ? "<" + id + ">" : Integer.toString(id - 3);
    }

    @Override
    public OptionalInt id(String piece) {
        return OptionalInt.empty();
    }

    @Override
    public boolean addsBos() {
        return false;
    }

    @Override
    public void encode(String text, TokenBuffer out) {
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            out.add(3 + (b & 0xFF));
        }
    }

    @Override
    public void encodeWithSpecial(String text, TokenBuffer out) {
        encode(text, out);
    }

    @Override
    public String decode(int[] ids) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int id : ids) {
            if (id >= 3) {
                out.write(id - 3);
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Override
    public String decodeWithSpecial(int[] ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(id < 3 ? piece(id) : Character.toString(id - 3));
        }
        return text.toString();
    }

    @Override
    public StreamingDecoder streamingDecoder() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String fingerprint() {
        return Integer.toHexString(0x10000000 + vocabularySize).repeat(8);
    }
}
