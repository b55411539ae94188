package dev.cria.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.Golden;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.TestDevice;
import dev.cria.model.hub.HubCache;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A base with the adapter that peft wrote, against peft's logits. */
class AdapterGoldenTest {
    private static LlamaModel load(List<AdapterChoice> adapters, Device device, List<String> notices) {
        Path base = ReferenceData.require("golden/checkpoints/a-gqa");
        return AdaptedModels.load(base, adapters, device, HubCache.ofProcess(), notices::add);
    }

    private static void assertLogits(Device device, LlamaModel model, Safetensors golden, String name, int chunk) {
        int[] ids = Golden.ints(golden.tensor("input_ids"));
        int time = ids.length / 2;
        for (int row = 0; row < 2; row++) {
            float[] expected = golden.tensor(name).rows(row, row + 1).toFloats();
            float[] actual = new float[expected.length];
            try (LlamaSession session = model.newSession(time)) {
                int V = model.config().vocabSize();
                for (int t = 0; t < time; t += chunk) {
                    int end = Math.min(time, t + chunk);
                    float[] logits = Golden.floats(
                            device, session.forward(Arrays.copyOfRange(ids, row * time + t, row * time + end)));
                    System.arraycopy(logits, 0, actual, t * V, logits.length);
                }
            }
            assertThat(Golden.maximumDifference(actual, expected)).isLessThan(1e-4f);
        }
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void logitsAreThoseOfPeft(TestDevice kind) {
        AdapterChoice adapter = new AdapterChoice(ReferenceData.require("golden/finetuning/lora"));
        List<String> notices = new ArrayList<>();
        try (Device device = kind.open();
                Safetensors golden = Golden.tensors("finetuning/lora/golden.safetensors");
                LlamaModel adapted = load(List.of(adapter), device, notices);
                LlamaModel plain = load(List.of(), device, notices);
                LlamaModel halves = load(
                        List.of(
                                new AdapterChoice(adapter.directory(), 1.5),
                                new AdapterChoice(adapter.directory(), -0.5)),
                        device,
                        notices)) {
            for (int chunk : new int[] {1, 7, 20}) {
                assertLogits(device, adapted, golden, "logits", chunk);
                assertLogits(device, plain, golden, "base_logits", chunk);
                assertLogits(device, halves, golden, "logits", chunk);
            }
            assertThat(notices).isEmpty();
        }
    }
}
