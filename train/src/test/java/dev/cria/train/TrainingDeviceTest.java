package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TrainingDeviceTest {
    @Test
    void aCpuRefusesFp8() {
        assertThatThrownBy(() -> TrainingDevice.open(SmallRun.recipe(Path.of("data"), "training.precision=fp8")))
                .isInstanceOfSatisfying(UserError.class, error -> {
                    assertThat(error.what()).isEqualTo("matrix products in fp8 need a GPU, and this is a CPU device");
                    assertThat(error.hint()).contains("--device cuda");
                });
    }
}
