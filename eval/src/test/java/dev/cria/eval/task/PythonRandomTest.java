package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against samples that CPython 3.11 drew. */
class PythonRandomTest {
    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            1234; 16; 4; [14, 1, 0, 15], [1, 10, 11, 15], [3, 12, 5, 15]
            1234; 22; 3; [14, 3, 0], [2, 18, 1]
            0; 21; 5; [12, 13, 1, 8, 16], [15, 12, 9, 20, 11]
            0; 34; 3; [24, 26, 2]
            7; 30; 6; [10, 4, 12, 20, 1, 2], [26, 17, 3, 11, 18, 1]
            7; 100; 25; [41, 19, 50, 83, 6, 9, 68, 12, 46, 74, 7, 64, 27, 4, 11, 55, 53, 8, 30, 85, 70, 54, 89, 72, 15]
            42; 1; 1; [0]
            5; 85; 6; [79, 32, 45, 67, 3, 59]
            5; 86; 6; [79, 32, 45, 83, 67, 3]
            1099511627779; 1000; 3; [225, 62, 562], [853, 96, 579]
            1234; 77400; 4; [57767, 15315, 981, 11880], [76313, 4577, 11001, 12900]
            99; 277; 22; [206, 194, 102, 91, 117, 127, 68, 44, 128, 196, 45, 250, 274, 215, 110, 191, 198, 108, 77, 236, 273, 173]
            """)
    void samplesArePythons(long seed, int population, int count, String expected) {
        PythonRandom random = new PythonRandom(seed);
        String[] samples = expected.substring(1, expected.length() - 1).split("], \\[");
        for (String sample : samples) {
            assertThat(random.sample(population, count)).hasToString("[" + sample + "]");
        }
    }

    @Property(tries = 200)
    void samplesHoldDifferentNumbersOfThePopulation(
            @ForAll @IntRange(min = 0, max = 2000) int population, @ForAll @IntRange(min = 0, max = 100) int wanted) {
        int count = Math.min(population, wanted);
        List<Integer> sample = new PythonRandom(population).sample(population, count);
        assertThat(new HashSet<>(sample)).hasSize(count);
        assertThat(sample).allMatch(number -> number >= 0 && number < population);
    }

    @Test
    void noSampleIsLargerThanThePopulation() {
        assertThatThrownBy(() -> new PythonRandom(1).sample(3, 4)).isInstanceOf(IllegalArgumentException.class);
    }
}
