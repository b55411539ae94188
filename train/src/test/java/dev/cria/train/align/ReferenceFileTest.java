package dev.cria.train.align;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceFileTest {
    private static final Map<String, String> MADE = Map.of("model", "a", "pairs", "b");
    private static final double[] VALUES =
            new Random(3).doubles(20, -900, 0).map(value -> value / 3).toArray();

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("reference.json");
        ReferenceFile.write(file, MADE, VALUES, 12);
    }

    @Test
    void numbersComeBackToTheLastBit() {
        assertThat(ReferenceFile.read(file, MADE, 20)).isEqualTo(Arrays.copyOf(VALUES, 12));
    }

    @Test
    void ofAnotherModelOrOtherPairsNothingIsKnown() {
        assertThat(ReferenceFile.read(file, Map.of("model", "x", "pairs", "b"), 20))
                .isEmpty();
        assertThat(ReferenceFile.read(file, Map.of("model", "a"), 20)).isEmpty();
        assertThat(ReferenceFile.read(folder.resolve("none.json"), MADE, 20)).isEmpty();
    }

    @Test
    void damageIsRefusedOrChangesNothing() throws IOException {
        mutate(300);
    }

    @Test
    @Tag("slow")
    void damageIsRefusedOrChangesNothingTenThousandTimes() throws IOException {
        mutate(10_000);
    }

    private void mutate(int mutations) throws IOException {
        byte[] whole = Files.readAllBytes(file);
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < mutations; i++) {
            byte[] bytes = random.nextInt(4) == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
            for (int n = random.nextInt(3); n >= 0 && bytes.length > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Files.write(file, bytes);
            try {
                double[] read = ReferenceFile.read(file, MADE, 20);
                assertThat(read.length == 0 || Arrays.equals(read, Arrays.copyOf(VALUES, 12)))
                        .as("mutation %d", i)
                        .isTrue();
            } catch (UserError e) { // a MalformedFileException is one
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(mutations / 4);
    }
}
