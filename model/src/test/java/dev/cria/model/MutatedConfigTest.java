package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.UserError;
import dev.cria.model.safetensors.Safetensors;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged {@code config.json} or shard index is refused with a user error, or read as what it still is; never anything else. */
class MutatedConfigTest {
    private static final String INDEX = """
            {"metadata": {"total_size": 10}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors",
            "b.weight": "model-00002-of-00002.safetensors"}}
            """;

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
        SplittableRandom random = new SplittableRandom(seed);
        String scaled =
                "\"rope_scaling\" : {\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":64}";
        byte[] config = LlamaConfig.preset("tiny")
                .toJson()
                .replace("\"rope_scaling\" : null", scaled)
                .getBytes(StandardCharsets.UTF_8);
        byte[] index = INDEX.getBytes(StandardCharsets.UTF_8);
        Path configFile = dir.resolve("config.json");
        Path indexFile = dir.resolve("model.safetensors.index.json");
        int refused = 0;
        for (int i = 0; i < count; i++) {
            Files.write(configFile, mutated(config, random));
            try {
                assertThat(LlamaConfig.read(configFile).parameters()).isPositive();
            } catch (UserError e) {
                assertThat(e.what()).contains("config.json");
                refused++;
            }
            Files.write(indexFile, mutated(index, random));
            try (Safetensors opened = Safetensors.open(indexFile)) {
                assertThat(opened.names()).isEmpty();
            } catch (UserError e) {
                assertThat(e.what()).contains(dir.toString());
            }
        }
        assertThat(refused).isGreaterThan(count / 3);
    }

    private static byte[] mutated(byte[] original, SplittableRandom random) {
        byte[] bytes = original.clone();
        byte[] tokens = "0123456789[]{}\":,-.eEntf \\\u0000".getBytes(StandardCharsets.US_ASCII);
        switch (random.nextInt(5)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            case 2 -> {
                for (int i = 0; i < 1 + random.nextInt(4); i++) {
                    bytes[random.nextInt(bytes.length)] = tokens[random.nextInt(tokens.length)];
                }
            }
            case 3 -> {
                int from = random.nextInt(bytes.length);
                int to = random.nextInt(bytes.length);
                System.arraycopy(
                        original, from, bytes, to, Math.min(random.nextInt(60), bytes.length - Math.max(from, to)));
            }
            default -> {
                bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(40));
                Arrays.fill(bytes, original.length, bytes.length, tokens[random.nextInt(tokens.length)]);
            }
        }
        return bytes;
    }
}
