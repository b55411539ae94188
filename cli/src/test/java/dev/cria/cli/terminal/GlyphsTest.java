package dev.cria.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.DoubleStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class GlyphsTest {
    @Test
    void barsFillInEighths() {
        assertThat(Glyphs.bar(0, 4)).isEqualTo("    ");
        assertThat(Glyphs.bar(0.5, 4)).isEqualTo("██  ");
        assertThat(Glyphs.bar(0.53125, 4)).isEqualTo("██▏ ");
        assertThat(Glyphs.bar(1, 4)).isEqualTo("████");
        assertThat(Glyphs.bar(7, 4)).isEqualTo("████");
        assertThat(Glyphs.bar(Double.NaN, 4)).isEqualTo("    ");
    }

    @Property(tries = 200)
    void barsAreAsWideAsAsked(
            @ForAll @DoubleRange(min = -1, max = 2) double fraction, @ForAll @IntRange(max = 60) int width) {
        assertThat(Glyphs.bar(fraction, width)).hasSize(width);
    }

    @Test
    void sparklinesFall() {
        assertThat(Glyphs.sparkline(List.of(8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0), 8))
                .isEqualTo("█▇▆▅▄▃▂▁");
        assertThat(Glyphs.sparkline(List.of(), 8)).isEmpty();
        assertThat(Glyphs.sparkline(List.of(3.0, 3.0), 8)).isEqualTo("▁▁");
        assertThat(Glyphs.sparkline(List.of(1.0, Double.NaN, 2.0, Double.POSITIVE_INFINITY), 8))
                .isEqualTo("▁█");
    }

    @Test
    void manyValuesShareACharacter() {
        List<Double> falling =
                DoubleStream.iterate(1000, x -> x - 1).limit(1000).boxed().toList();
        assertThat(Glyphs.sparkline(falling, 8)).isEqualTo("█▇▆▅▄▃▂▁");
    }
}
