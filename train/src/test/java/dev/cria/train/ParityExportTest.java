package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.model.safetensors.Safetensors;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class ParityExportTest {
    @Test
    void writesTheWeightsIdsAndRatesOfTheFirstSteps(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        Path export = directory.resolve("export");
        ParityExport.write(SmallRun.recipe(data), export, 7);
        try (Safetensors file = Safetensors.open(export.resolve("batches.safetensors"));
                Safetensors weights = Safetensors.open(export.resolve("model"));
                TrainingData opened = TrainingData.open(SmallRun.recipe(data))) {
            assertThat(file.tensor("tokens").dims()).containsExactly(7, 8, 33);
            assertThat(weights.tensor("model.embed_tokens.weight").dims()).containsExactly(512, 32);
            opened.arrange(Timeline.of(SmallRun.recipe(data), 32), 7);
            int[] sample = new int[33];
            opened.samples(0).read(6 * 8 + 5, sample, 0);
            for (int t = 0; t < 33; t++) {
                assertThat(file.tensor("tokens").getInt((6 * 8 + 5) * 33 + t)).isEqualTo(sample[t]);
            }
        }
        var steps = JsonMapper.shared().readTree(export.resolve("steps.json"));
        assertThat(steps.get("learning_rates")).hasSize(7);
        assertThat(steps.get("learning_rates").get(0).doubleValue()).isEqualTo(0.0025);
        assertThat(steps.get("decay").stringValue()).isEqualTo("matrices");
        assertThatThrownBy(() -> ParityExport.write(SmallRun.recipe(data), export, 21))
                .isInstanceOf(UserError.class);
    }
}
