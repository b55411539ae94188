package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.TestAbortedException;

/** What holds for every string, with Llama 2's tokenizer where it is at hand, else with one trained here. */
class TokenizerPropertiesTest {
    private static final Tokenizer[] BOTH = load();

    private static Tokenizer[] load() {
        try {
            return new Tokenizer[] {Golden.llama2Model(), Golden.llama2Json()};
        } catch (TestAbortedException e) {
            try {
                java.nio.file.Path dir = java.nio.file.Files.createTempDirectory("cria-tokenizer");
                new TokenizerTrainer(TrainerOptions.of(400))
                        .train(java.util.List.of(SmallTokenizer.TEXT).iterator())
                        .save(dir);
                return new Tokenizer[] {
                    Tokenizers.load(dir.resolve("tokenizer.model")), Tokenizers.load(dir.resolve("tokenizer.json"))
                };
            } catch (java.io.IOException io) {
                throw new java.io.UncheckedIOException(io);
            }
        }
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(80), // any UTF-16 units, lone surrogates too
                Arbitraries.strings().ascii().ofMaxLength(120),
                Arbitraries.strings().withChars(" \u2581ab\n\t<s>/0x A").ofMaxLength(60),
                Arbitraries.of("<s>", "</s>", "<unk>", "<0x41>", "\ud83d\ude00", "\ud83d", "\ude00", "  ", "\u4e2d")
                        .list()
                        .ofMaxSize(12)
                        .map(parts -> String.join("", parts)));
    }

    /** A lone surrogate comes back as U+FFFD, and U+2581 as a space; everything else comes back. */
    @Property(tries = 1500)
    void whatIsEncodedIsDecoded(@ForAll("texts") String text) {
        String expected = Utf8.replaceLoneSurrogates(text).replace('\u2581', ' ');
        for (Tokenizer tokenizer : BOTH) {
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(expected);
        }
    }

    @Property(tries = 1500)
    void bothFilesGiveTheSameIds(@ForAll("texts") String text) {
        assertThat(BOTH[0].encode(text)).isEqualTo(BOTH[1].encode(text));
        assertThat(BOTH[0].encodeWithSpecial(text)).isEqualTo(BOTH[1].encodeWithSpecial(text));
    }

    @Property(tries = 500)
    void streamingSaysTheSame(@ForAll("texts") String text, @ForAll int seed) {
        java.util.Random random = new java.util.Random(seed);
        for (Tokenizer tokenizer : BOTH) {
            int[] ids = tokenizer.encode(text);
            for (int i = 0; i < ids.length; i++) {
                if (random.nextInt(4) == 0) { // anything a model may say
                    ids[i] = random.nextInt(random.nextBoolean() ? 259 : tokenizer.vocabularySize());
                }
            }
            StreamingDecoder decoder = tokenizer.streamingDecoder();
            for (int round = 0; round < 2; round++) { // and the decoder starts anew
                StringBuilder streamed = new StringBuilder();
                for (int id : ids) {
                    streamed.append(decoder.accept(id));
                }
                assertThat(streamed.append(decoder.finish()).toString()).isEqualTo(tokenizer.decode(ids));
            }
        }
    }

    @Property(tries = 500)
    void aBufferIsAppendedTo(@ForAll("texts") String text) {
        Assumptions.assumeTrue(BOTH.length == 2);
        TokenBuffer buffer = new TokenBuffer();
        buffer.add(7);
        BOTH[0].encode(text, buffer);
        int[] ids = BOTH[0].encode(text);
        assertThat(buffer.size()).isEqualTo(ids.length + 1);
        assertThat(java.util.Arrays.copyOfRange(buffer.array(), 1, buffer.size()))
                .isEqualTo(ids);
    }
}
