package dev.cria.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** GGUF vocabularies that nobody made in good faith: refused with one sentence, or usable. */
class DamagedVocabularyTest {
    private static final GgufVocabulary GOOD =
            GgufVocabulary.of(SmallTokenizer.train(330).tokenizer());

    /** A vocabulary whose parts can be changed. */
    private static final class Parts {
        List<String> pieces = new ArrayList<>(GOOD.pieces());
        float[] scores = GOOD.scores().clone();
        byte[] types = GOOD.types().clone();
        int bos = GOOD.bosId();
        int eos = GOOD.eosId();
        OptionalInt unknown = GOOD.unknownId();
        OptionalInt pad = GOOD.padId();

        GgufVocabulary made() {
            return new GgufVocabulary(pieces, scores, types, bos, eos, unknown, pad, true, false, true, false);
        }
    }

    private static void refuse(String word, Consumer<Parts> damage) {
        Parts parts = new Parts();
        damage.accept(parts);
        assertThatThrownBy(() -> Tokenizers.of(parts.made(), Path.of("model.gguf")))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("model.gguf")
                .hasMessageContaining(word);
    }

    @Test
    void saysWhatIsWrong() {
        refuse("0 pieces", p -> {
            p.pieces = List.of();
            p.scores = new float[0];
            p.types = new byte[0];
        });
        refuse("scores", p -> p.scores = Arrays.copyOf(p.scores, 7));
        refuse("types", p -> p.types = Arrays.copyOf(p.types, 331));
        refuse("begin-of-sequence", p -> p.bos = 330);
        refuse("end-of-sequence", p -> p.eos = -1);
        refuse("unknown token", p -> p.unknown = OptionalInt.of(Integer.MAX_VALUE));
        refuse("padding", p -> p.pad = OptionalInt.of(-7));
        refuse("piece 300 is empty", p -> p.pieces.set(300, ""));
        refuse("piece 300 is no text", p -> p.pieces.set(300, "a\ud800"));
        refuse("piece 301 is the same as piece 300", p -> p.pieces.set(301, p.pieces.get(300)));
        refuse("score of piece 9", p -> p.scores[9] = Float.NaN);
        refuse("piece 4 is of the unknown type 0", p -> p.types[4] = 0);
        refuse("piece 4 is of the unknown type -128", p -> p.types[4] = -128);
        refuse("255 bytes", p -> p.types[4] = GgufVocabulary.NORMAL);
        refuse("said to be a byte", p -> p.types[320] = GgufVocabulary.BYTE);
        refuse("neither", p -> {
            for (int id = 0; id < 259; id++) {
                p.types[id] = GgufVocabulary.CONTROL;
            }
            p.unknown = OptionalInt.empty();
        });
    }

    @Timeout(20)
    @Test
    void refusesPiecesThatWouldTakeForEver() {
        Parts parts = new Parts();
        for (int id = 259; id < 330; id++) {
            parts.pieces.set(id, "x".repeat(1_000_000) + id);
        }
        assertThatThrownBy(() -> Tokenizers.of(parts.made())).isInstanceOf(UserError.class);
        int many = 15_000;
        List<String> pieces = new ArrayList<>(GOOD.pieces());
        for (int id = pieces.size(); id < many; id++) {
            pieces.add("y".repeat(900) + id);
        }
        byte[] types = Arrays.copyOf(GOOD.types(), many);
        Arrays.fill(types, GOOD.size(), many, GgufVocabulary.NORMAL);
        for (byte type : new byte[] {GgufVocabulary.NORMAL, GgufVocabulary.USER_DEFINED}) {
            Arrays.fill(types, GOOD.size(), many, type);
            assertThatThrownBy(() -> Tokenizers.of(new GgufVocabulary(
                            pieces,
                            new float[many],
                            types,
                            1,
                            2,
                            OptionalInt.empty(),
                            OptionalInt.empty(),
                            true,
                            false,
                            true,
                            false)))
                    .isInstanceOf(UserError.class);
        }
    }

    private static void mutate(Parts parts, Random random) {
        int at = random.nextInt(parts.pieces.size());
        int other = random.nextInt(parts.pieces.size());
        switch (random.nextInt(9)) {
            case 0 -> parts.types[at] = (byte) random.nextInt(-1, 8);
            case 1 -> parts.scores[at] = Float.intBitsToFloat(random.nextInt());
            case 2 -> parts.pieces.set(at, parts.pieces.get(other));
            case 3 -> Collections.swap(parts.pieces, at, other);
            case 4 -> parts.pieces.set(at, parts.pieces.get(at) + parts.pieces.get(other));
            case 5 -> parts.bos = random.nextInt(-2, 340);
            case 6 -> parts.eos = random.nextInt(-2, 340);
            case 7 -> parts.unknown = random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(at);
            default -> parts.scores[at] = parts.scores[other];
        }
    }

    private static int tryAll(int rounds, long seed) {
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            Parts parts = new Parts();
            for (int i = random.nextInt(4); i >= 0; i--) {
                mutate(parts, random);
            }
            Tokenizer tokenizer;
            try {
                tokenizer = Tokenizers.of(parts.made());
            } catch (UserError e) {
                assertThat(e.what()).startsWith("the GGUF vocabulary");
                refused++;
                continue;
            }
            int[] ids = tokenizer.encode("The cria </s> \u00e9\ud83d\ude00  12\n" + "a".repeat(100));
            tokenizer.encodeWithSpecial("The <s>cria </s>");
            assertThat(Arrays.stream(ids)).allMatch(id -> id >= 0 && id < tokenizer.vocabularySize());
            tokenizer.decode(ids);
            assertThat(GgufVocabulary.of(tokenizer).pieces()).isEqualTo(parts.pieces);
        }
        return refused;
    }

    @Timeout(60)
    @Test
    void fiveHundredMutations() {
        assertThat(tryAll(500, 1)).isBetween(50, 450);
    }

    @Tag("slow")
    @Timeout(900)
    @Test
    void tenThousandMutations() {
        assertThat(tryAll(10_000, 2)).isGreaterThan(1000);
    }
}
