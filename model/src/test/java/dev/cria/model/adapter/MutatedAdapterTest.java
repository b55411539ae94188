package dev.cria.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import dev.cria.model.RopeScaling;
import dev.cria.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged adapters are refused with a user error, or opened as what they then say they are, for memory of their own size; never anything else. */
class MutatedAdapterTest {
    private static final long OWN_BYTES = 4 << 20;

    private static final LlamaConfig BASE =
            new LlamaConfig(16, 24, 2, 4, 2, 4, 32, 64, 1e-5, 10000, new RopeScaling.None(), false, 1, List.of(2));

    private static final byte[] TOKENS =
            "0123456789[]{}\":,-eFBInull().*+?|\\ \u0000".getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path directory;

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
        AdapterConfig config = new AdapterConfig(
                2,
                4,
                0.1,
                new TargetModules.Expression(".*\\.(q|k|down)_proj"),
                Optional.of(new TargetModules.Names(List.of("layers.0.mlp.down_proj"))),
                Set.of(),
                Map.of("layers.1.*k_proj", 3),
                Map.of("q_proj", 1.5),
                false,
                Optional.of("base"));
        try (Arena arena = Arena.ofConfined()) {
            RandomAdapters.of(config, BASE, arena, 1).write(directory, DType.F32);
        }
        Path[] files = {directory.resolve(AdapterConfig.FILE), directory.resolve(AdapterWeights.FILE)};
        byte[][] originals = {Files.readAllBytes(files[0]), Files.readAllBytes(files[1])};
        Adapter.open(directory, BASE).close(); // classes are loaded here
        SplittableRandom random = new SplittableRandom(seed);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        int refused = 0;
        for (int i = 0; i < count; i++) {
            int which = i % 2;
            Files.write(files[which], mutated(originals[which], random));
            long before = threads.getCurrentThreadAllocatedBytes();
            try (Adapter adapter = Adapter.open(directory, BASE)) {
                adapter.weights().pairs().forEach((module, pair) -> {
                    assertThat(HostFloats.areFinite(HostFloats.of(pair.down()))).isTrue();
                    assertThat(pair.up().dim(0)).isEqualTo(module.projection().outputs(BASE));
                    assertThat(pair.up().dim(1)).isEqualTo(pair.down().dim(0));
                });
            } catch (UserError e) {
                assertThat(e.what()).contains("adapter_");
                refused++;
            }
            assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(OWN_BYTES);
            Files.write(files[which], originals[which]);
        }
        assertThat(refused).isGreaterThan(count / 4);
    }

    private static byte[] mutated(byte[] original, SplittableRandom random) {
        byte[] bytes = original.clone();
        int range = Math.min(bytes.length, 2500); // the header, or all of a small file
        switch (random.nextInt(5)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(64));
            case 2 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            case 3 -> {
                for (int i = 0; i < 1 + random.nextInt(3); i++) {
                    bytes[random.nextInt(range)] = TOKENS[random.nextInt(TOKENS.length)];
                }
            }
            default -> {
                int from = random.nextInt(range);
                int to = random.nextInt(range);
                System.arraycopy(original, from, bytes, to, Math.min(random.nextInt(40), range - Math.max(from, to)));
            }
        }
        return bytes;
    }
}
