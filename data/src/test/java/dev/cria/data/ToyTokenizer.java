package dev.cria.data;

import dev.cria.text.StreamingDecoder;
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
    public int[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = 3 + (bytes[i] & 0xFF);
        }
        return ids;
    }

    @Override
    public int[] encodeWithSpecial(String text) {
        return encode(text);
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
