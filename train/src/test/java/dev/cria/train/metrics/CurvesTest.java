package dev.cria.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurvesTest {
    private static History history(int steps) {
        Random random = new Random(1);
        List<StepMetrics> list = new ArrayList<>();
        List<ValidationMetrics> held = new ArrayList<>();
        for (int i = 1; i <= steps; i++) {
            double loss =
                    1.2 + 9 * Math.exp(-i / (steps / 12.0)) + random.nextGaussian() * 0.08 + (i == steps / 2 ? 30 : 0);
            double rate = i < steps / 20 ? 4e-4 * i / (steps / 20) : 2.2e-4 + 1.8e-4 * Math.cos(Math.PI * i / steps);
            list.add(new StepMetrics(
                    i,
                    "pretrain",
                    i == steps / 3 ? Double.NaN : loss,
                    rate,
                    1,
                    i * 4096L,
                    1,
                    2000 + random.nextGaussian() * 60,
                    1,
                    1,
                    i,
                    Optional.empty()));
            if (i % (steps / 10) == 0) {
                held.add(new ValidationMetrics(i, 1.3 + 9 * Math.exp(-i / (steps / 12.0)), 1, 1, 1, 1));
            }
        }
        return new History(list, held);
    }

    @Test
    void writesAPictureWithAllCurves(@TempDir Path dir) throws Exception {
        Optional<String> noPng = new Curves("a run <&>", history(3000)).write(dir);
        String svg = Files.readString(dir.resolve("curves.svg"));
        var document = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
        assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
        assertThat(svg)
                .contains(
                        "validation",
                        "learning rate",
                        "tokens per second",
                        "smoothed",
                        "logarithmic",
                        "a run &lt;&amp;&gt;");
        assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
        if (noPng.isEmpty()) {
            var image = ImageIO.read(dir.resolve("curves.png").toFile());
            assertThat(image.getWidth()).isEqualTo(2 * Curves.WIDTH);
            assertThat(image.getHeight()).isEqualTo(2 * Curves.HEIGHT);
        }
    }

    @Test
    void drawsARunWithoutSteps() {
        assertThat(new Curves("empty", new History(List.of(), List.of())).svg()).contains("no step yet");
        assertThat(new Curves("one", history(10)).svg()).contains("10 steps");
    }

    @Test
    void thinningKeepsExtremes() {
        double[] ys = new double[100_000];
        double[] xs = new double[ys.length];
        for (int i = 0; i < ys.length; i++) {
            xs[i] = i;
            ys[i] = i == 5_000 ? Double.NaN : Math.sin(i);
        }
        ys[77_777] = 9;
        ys[33_333] = -9;
        Series thin = new Series("s", xs, ys).thinned(500);
        assertThat(thin.xs()).hasSize(1000).isSorted();
        assertThat(thin.ys()).contains(9, -9).doesNotContain(Double.NaN);
    }

    @Test
    void smoothingKeepsLevelsAndIsNotLate() {
        double[] xs = new double[400];
        double[] line = new double[400];
        for (int i = 0; i < 400; i++) {
            xs[i] = i;
            line[i] = i == 77 ? Double.NaN : 5 - i * 0.01;
        }
        double[] smooth = new Series("s", xs, line).smoothed("t", 20).ys();
        assertThat(smooth[200]).isBetween(line[200] - 1e-3, line[200] + 1e-3);
        assertThat(smooth[0]).isBetween(line[0] - 0.15, line[0]);
    }

    @Test
    void labelsAreShort() {
        assertThat(List.of(0.0, 4e-4, 0.25, 3.0, 12_000.0, 2_097_152.0, 1.5e12).stream()
                        .map(Axis::label))
                .containsExactly("0", "4e-4", "0.25", "3", "12k", "2.097M", "1.5T");
        assertThat(new Axis(0, 100, false).ticks(5)).containsExactly(0.0, 20.0, 40.0, 60.0, 80.0, 100.0);
        assertThat(new Axis(1.1, 11, true).ticks(5)).containsExactly(2.0, 5.0, 10.0);
    }
}
