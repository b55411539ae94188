package dev.cria.cuda.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.cria.cuda.compile.KernelSignature.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelSignatureTest {
    private static final String SOURCE = """
            #include "device.cuh"
            // KERNEL commented(int a) {}
            /* KERNEL also_commented(int a) {} */
            KERNEL all(float* out, const Activation *__restrict__ in, const unsigned char* bytes, int n, unsigned m,
                       long long size, const unsigned long long stream, float eps, double d) {
            }
            template <class T> __device__ void helper(T x) {}
            KERNEL __launch_bounds__(256) none() {}
            KERNEL __launch_bounds__(128, 2) bounded(int n) {}
            """;

    private final Map<String, KernelSignature> kernels = KernelSignature.parse(SOURCE);

    @Test
    void kernelsAndTheirParametersAreRead() {
        assertThat(kernels).containsOnlyKeys("all", "none", "bounded");
        KernelSignature all = kernels.get("all");
        assertThat(all.count()).isEqualTo(9);
        Kind[] kinds = {
            Kind.POINTER,
            Kind.POINTER,
            Kind.POINTER,
            Kind.INT32,
            Kind.INT32,
            Kind.INT64,
            Kind.INT64,
            Kind.FLOAT32,
            Kind.FLOAT64
        };
        for (int i = 0; i < kinds.length; i++) {
            all.require(i, kinds[i]);
        }
        kernels.get("none").requireCount(0);
        kernels.get("bounded").require(0, Kind.INT32);
    }

    @Test
    void otherArgumentsAreRefusedByName() {
        KernelSignature all = kernels.get("all");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all.require(3, Kind.INT64))
                .withMessageContaining("argument 3 of kernel all is given as INT64, declared INT32");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all.require(9, Kind.INT32))
                .withMessageContaining("9 parameters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> all.requireCount(8))
                .withMessageContaining("has 9 parameters, given are 8");
    }

    @Test
    void aParameterOfAnotherTypeIsNoKernelOfOurs() {
        assertThatIllegalStateException()
                .isThrownBy(() -> KernelSignature.parse("KERNEL k(size_t n) {}"))
                .withMessageContaining("size_t n");
    }
}
