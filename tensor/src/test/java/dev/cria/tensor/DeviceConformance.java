package dev.cria.tensor;

import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/** The devices that conformance is about: the one under test, on several numbers of threads, and the scalar reference. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DeviceConformance {
    Device reference;
    Device device;
    Device twoThreads;
    Device threeThreads;

    /** The device under test on so many threads, where it has threads. */
    protected abstract Device open(int threads);

    /** Largest difference of a matrix product or attention from the reference, relative to the size of the result. */
    protected double matrixTolerance() {
        return 1e-5;
    }

    /** The same for everything else. */
    protected double tolerance() {
        return 2e-6;
    }

    @BeforeAll
    void openDevices() {
        reference = CpuDevice.open(new CpuOptions(1, Precision.F32, Tier.SCALAR));
        device = open(1);
        twoThreads = open(2);
        threeThreads = open(3);
    }

    @AfterAll
    void closeDevices() {
        reference.close();
        device.close();
        twoThreads.close();
        threeThreads.close();
    }

    /** Differences are relative to the value, or to the tensor's root mean square where that is larger. */
    static void assertClose(String what, float[] actual, float[] expected, double tolerance) {
        double squares = 0;
        for (float value : expected) {
            squares += Float.isFinite(value) ? (double) value * value : 0;
        }
        double size = Math.sqrt(squares / Math.max(1, expected.length));
        for (int i = 0; i < expected.length; i++) {
            boolean same = Float.compare(actual[i], expected[i]) == 0
                    || Math.abs((double) actual[i] - expected[i]) <= tolerance * Math.max(size, Math.abs(expected[i]));
            if (!same) {
                throw new AssertionError(
                        what + "[" + i + "] of " + expected.length + " is " + actual[i] + ", expected " + expected[i]);
            }
        }
    }
}
