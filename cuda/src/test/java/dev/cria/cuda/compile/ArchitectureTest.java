package dev.cria.cuda.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final int[] KNOWN = {75, 80, 86, 89, 90, 100};

    @Test
    void codeIsMadeForTheCardPresent() {
        assertThat(Architecture.of(80, KNOWN, "A100")).isEqualTo(new Architecture("sm_80", true));
        assertThat(Architecture.of(89, KNOWN, "L4")).isEqualTo(new Architecture("sm_89", true));
        assertThat(Architecture.of(90, KNOWN, "H100")).isEqualTo(new Architecture("sm_90a", true));
    }

    @Test
    void aCardNewerThanTheCompilerGetsPtxOfTheNewestBelow() {
        assertThat(Architecture.of(120, KNOWN, "RTX 5090")).isEqualTo(new Architecture("compute_100", false));
    }

    @Test
    void anOldCardIsRefusedInOneSentence() {
        assertThatThrownBy(() -> Architecture.of(75, KNOWN, "Tesla T4"))
                .isInstanceOf(UserError.class)
                .hasMessage("Tesla T4 has compute capability 7.5, and Cria's kernels need 8.0 (Ampere) or newer");
    }

    @Test
    void aCompilerThatKnowsNothingOfTheCardIsRefused() {
        assertThatThrownBy(() -> Architecture.of(90, new int[] {70, 75}, "H100"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("makes no code for H100");
    }
}
