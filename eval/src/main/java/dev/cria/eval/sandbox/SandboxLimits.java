package dev.cria.eval.sandbox;

import java.time.Duration;

/**
 * What one program may use.
 *
 * @param cpu processor time, rounded up to whole seconds. Not the clock's time, so that a busy machine does not change a score
 * @param wall time on the clock after which a program that sleeps or waits is ended
 * @param memoryBytes address space
 * @param openFiles files open at the same time
 */
public record SandboxLimits(Duration cpu, Duration wall, long memoryBytes, int openFiles) {
    private static final long LEAST_MEMORY = 64L << 20;
    private static final int LEAST_FILES = 16;

    public SandboxLimits {
        if (!cpu.isPositive() || wall.compareTo(cpu) < 0) {
            throw new IllegalArgumentException("processor time " + cpu + ", time on the clock " + wall);
        }
        if (memoryBytes < LEAST_MEMORY || openFiles < LEAST_FILES) {
            throw new IllegalArgumentException(memoryBytes + " bytes, " + openFiles + " open files are too little");
        }
    }

    /** 3 seconds of processor time, as the reference harness allows on the clock; 30 seconds on the clock; 1 GiB; 32 open files. */
    public static SandboxLimits defaults() {
        return new SandboxLimits(Duration.ofSeconds(3), Duration.ofSeconds(30), 1L << 30, 32);
    }

    public SandboxLimits withCpu(Duration cpu) {
        return new SandboxLimits(cpu, wall.compareTo(cpu) < 0 ? cpu : wall, memoryBytes, openFiles);
    }

    public SandboxLimits withWall(Duration wall) {
        return new SandboxLimits(cpu, wall, memoryBytes, openFiles);
    }

    public SandboxLimits withMemoryBytes(long memoryBytes) {
        return new SandboxLimits(cpu, wall, memoryBytes, openFiles);
    }

    long cpuSeconds() {
        return (cpu.toMillis() + 999) / 1000;
    }
}
