package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CopiedWeightsTest {
    @ParameterizedTest
    @ValueSource(strings = {"stories260k-hf", "quant/stories260k-q8_0.gguf", "random-llama-32k-hf"})
    void whatIsReadForEveryTokenLeavesTheFile(String name) {
        try (Device device = CpuDevice.open(CpuOptions.defaults().withThreads(2));
                LlamaModel mapped = LlamaModel.load(ReferenceData.require("golden/" + name), device)) {
            LlamaWeights before = mapped.weights();
            // Closing the copy would close the original, which this test closes itself.
            try (var workspace = device.workspace()) {
                LlamaWeights after = CopiedWeights.of(before, device, workspace);
                List<Tensor> originals = matrices(before);
                List<Tensor> copies = matrices(after);
                for (int i = 0; i < copies.size(); i++) {
                    assertThat(originals.get(i).data().isMapped()).isTrue();
                    assertThat(copies.get(i).data().isMapped()).isFalse();
                    assertThat(copies.get(i).data().mismatch(originals.get(i).data()))
                            .isEqualTo(-1);
                }
                boolean tied = before.head().data().address()
                        == before.embedding().data().address();
                assertThat(after.embedding().data().address())
                        .isEqualTo((tied ? after.head() : before.embedding())
                                .data()
                                .address());
            }
        }
    }

    private static List<Tensor> matrices(LlamaWeights weights) {
        List<Tensor> all = new ArrayList<>(List.of(weights.head()));
        for (LayerWeights layer : weights.layers()) {
            all.addAll(layer.qkv());
            all.addAll(layer.gateUp());
            all.addAll(List.of(layer.output(), layer.down()));
        }
        return all;
    }
}
