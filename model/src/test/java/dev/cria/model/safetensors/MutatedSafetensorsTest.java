package dev.cria.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files are refused with a user error, or read without touching a byte outside them, for memory of their own size; never anything else. */
class MutatedSafetensorsTest {
    /** Heap that opening takes beside what the file asks for: the JSON parser's buffers, and messages. */
    private static final long OWN_BYTES = 1 << 20;

    @TempDir
    Path dir;

    @Test
    void survives300Mutations() throws Exception {
        mutate(300, 1);
    }

    @Test
    @Tag("slow")
    void survives10000Mutations() throws Exception {
        mutate(10_000, 2);
    }

    private void mutate(int count, long seed) throws Exception {
        byte[] original = original();
        SplittableRandom random = new SplittableRandom(seed);
        Path file = dir.resolve("mutated.safetensors");
        int refused = 0;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Safetensors.open(Files.write(file, original)).close(); // classes are loaded here
        for (int i = 0; i < count; i++) {
            byte[] mutated = mutated(original, random);
            Files.write(file, mutated);
            long before = threads.getCurrentThreadAllocatedBytes();
            try (Safetensors opened = Safetensors.open(file)) {
                for (String name : opened.names()) {
                    sum(opened.segment(name));
                }
            } catch (UserError e) {
                assertThat(e.what()).contains("mutated.safetensors");
                refused++;
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - before)
                    .as("heap for a file of %d bytes", mutated.length)
                    .isLessThan(OWN_BYTES + 40L * mutated.length);
        }
        assertThat(refused).as("most mutations hit the header or the length").isGreaterThan(count / 3);
    }

    private byte[] original() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (int i = 0; i < 6; i++) {
                writer.add("model.layers." + i + ".weight", Tensor.of(DType.F32, arena.allocate(4L * 8 * 5), 8, 5));
            }
            return Files.readAllBytes(
                    writer.write(dir.resolve("good.safetensors")).file());
        }
    }

    private static byte[] mutated(byte[] original, SplittableRandom random) {
        byte[] bytes = original.clone();
        int headerEnd = 8 + (bytes[0] & 0xFF | (bytes[1] & 0xFF) << 8);
        switch (random.nextInt(6)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(64));
            case 2 -> bytes[random.nextInt(8)] ^= (byte) (1 << random.nextInt(8));
            case 3 -> bytes[8 + random.nextInt(headerEnd - 8)] ^= (byte) (1 << random.nextInt(8));
            case 4 -> {
                byte[] tokens = "0123456789[]{}\":,-eFBIU \u0000".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                for (int i = 0; i < 1 + random.nextInt(3); i++) {
                    bytes[8 + random.nextInt(headerEnd - 8)] = tokens[random.nextInt(tokens.length)];
                }
            }
            default -> {
                int from = random.nextInt(headerEnd);
                int to = random.nextInt(headerEnd);
                System.arraycopy(
                        original, from, bytes, to, Math.min(random.nextInt(40), headerEnd - Math.max(from, to)));
            }
        }
        return bytes;
    }

    private static long sum(MemorySegment segment) {
        long sum = 0;
        for (long i = 0; i < segment.byteSize(); i++) {
            sum += segment.get(ValueLayout.JAVA_BYTE, i);
        }
        return sum;
    }
}
