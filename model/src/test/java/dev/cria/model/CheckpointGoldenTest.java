package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.model.Activations.StepTensors;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The six random checkpoints against transformers: logits, hidden states, rotary tables, greedy generations. */
class CheckpointGoldenTest {
    private static final float TOLERANCE = 1e-4f;

    private static final List<String> NAMES =
            List.of("a-gqa", "b-mha-tied", "c-linear", "c-llama3", "a-gqa-bf16", "a-gqa-sharded");

    /** Of an emulated GPU, those that it sees otherwise: tied weights and weights in bf16. */
    static Stream<Arguments> checkpoints() {
        return TestDevice.all()
                .flatMap(kind -> NAMES.stream()
                        .filter(name -> !kind.isEmulated() || name.equals("b-mha-tied") || name.equals("a-gqa-bf16"))
                        .map(name -> Arguments.of(name, kind)));
    }

    /** The sharded copy has a-gqa's weights and no expectations of its own. */
    private static String expectations(String name) {
        return "checkpoints/" + (name.equals("a-gqa-sharded") ? "a-gqa" : name) + "/golden";
    }

    private static LlamaModel load(String name, Device device) {
        return LlamaModel.load(ReferenceData.require("golden/checkpoints/" + name), device);
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void logitsEqualTransformers(String name, TestDevice kind) {
        try (Device device = kind.open();
                LlamaModel model = load(name, device);
                Safetensors golden = Golden.tensors(expectations(name) + ".safetensors")) {
            for (int c = 0; golden.find("case" + c + ".logits").isPresent(); c++) {
                Tensor ids = golden.tensor("case" + c + ".input_ids");
                Tensor expected = golden.tensor("case" + c + ".logits");
                for (int b = 0; b < ids.size(0); b++) {
                    int[] sequence = Golden.ints(ids.rows(b, b + 1));
                    float[] wanted = expected.rows(b, b + 1).toFloats();
                    try (LlamaSession session = model.newSession(sequence.length)) {
                        assertThat(Golden.maximumDifference(Golden.floats(device, session.forward(sequence)), wanted))
                                .isLessThan(TOLERANCE);
                        assertThat(session.length()).isEqualTo(sequence.length);
                    }
                    try (LlamaSession session = model.newSession(256)) {
                        checkPieceByPiece(
                                session, sequence, wanted, model.config().vocabSize());
                    }
                }
            }
        }
    }

    /** The same logits where the sequence comes in pieces, with a false start in between that is taken back. */
    private static void checkPieceByPiece(LlamaSession session, int[] ids, float[] wanted, int vocabulary) {
        int[] cuts = {0, 1, 2, 7, 20, ids.length};
        for (int i = 0; i + 1 < cuts.length; i++) {
            int[] piece = Arrays.copyOfRange(ids, cuts[i], cuts[i + 1]);
            session.forwardLast(new int[] {5, 6, 7});
            session.truncate(cuts[i]);
            int from = cuts[i];
            session.forward(piece, (first, logits) -> {
                int start = (from + first) * vocabulary;
                float[] expected = Arrays.copyOfRange(wanted, start, start + (int) logits.elements());
                assertThat(Golden.maximumDifference(Golden.floats(session.device(), logits), expected))
                        .isLessThan(TOLERANCE);
            });
        }
        session.reset();
        float[] last = Golden.floats(session.device(), session.forwardLast(ids));
        assertThat(Golden.maximumDifference(
                        last, Arrays.copyOfRange(wanted, wanted.length - vocabulary, wanted.length)))
                .isLessThan(TOLERANCE);
    }

    /** A left-padded batch of transformers has the logits of its sequences without the padding. */
    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void paddingChangesNothing(TestDevice kind) {
        try (Device device = kind.open();
                LlamaModel model = load("a-gqa", device);
                LlamaSession session = model.newSession(64);
                Safetensors golden = Golden.tensors("checkpoints/a-gqa/golden.safetensors")) {
            Tensor ids = golden.tensor("padded.input_ids");
            Tensor logits = golden.tensor("padded.logits");
            for (int b = 0; b < ids.size(0); b++) {
                int[] mask = Golden.ints(golden.tensor("padded.attention_mask").rows(b, b + 1));
                int padding = (int) Arrays.stream(mask).filter(m -> m == 0).count();
                int[] row = Golden.ints(ids.rows(b, b + 1));
                float[] expected = logits.rows(b, b + 1).toFloats();
                session.reset();
                float[] actual = Golden.floats(device, session.forward(Arrays.copyOfRange(row, padding, row.length)));
                assertThat(Golden.maximumDifference(
                                actual, Arrays.copyOfRange(expected, padding * 320, expected.length)))
                        .isLessThan(TOLERANCE);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void hiddenStatesEqualTransformers(String name, TestDevice kind) {
        try (Device device = kind.open();
                Safetensors golden = Golden.tensors(expectations(name) + ".safetensors");
                TrainableLlama model = Golden.trainable(device, "checkpoints/" + name, 2, 24)) {
            int[] ids = Golden.ints(golden.tensor("case0.input_ids"));
            int[] targets = new int[ids.length];
            model.evaluate(Batch.of(2, 24, ids, targets));
            StepTensors step = model.lastStep(2, 24);
            check(
                    golden,
                    "case0.embed",
                    Golden.floats(device, step.blocks().getFirst().input()));
            int layers = model.config().numHiddenLayers();
            for (int i = 0; i < layers; i++) {
                float[] before = Golden.floats(device, step.blocks().get(i).input());
                float[] middle = Golden.floats(device, step.blocks().get(i).middle());
                float[] after = Golden.floats(
                        device, i + 1 < layers ? step.blocks().get(i + 1).input() : step.finalInput());
                check(golden, "case0.layer." + i, after);
                check(golden, "case0.layer." + i + ".attn", difference(middle, before));
                check(golden, "case0.layer." + i + ".mlp", difference(after, middle));
            }
            check(golden, "case0.norm", Golden.floats(device, step.scratch().normed()));
        }
    }

    private static void check(Safetensors golden, String name, float[] actual) {
        assertThat(Golden.maximumDifference(actual, golden.tensor(name).toFloats()))
                .as(name)
                .isLessThan(TOLERANCE);
    }

    private static float[] difference(float[] a, float[] b) {
        float[] result = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            result[i] = a[i] - b[i];
        }
        return result;
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void rotaryTablesEqualTransformers(String name, TestDevice kind) {
        try (Device device = kind.open();
                var workspace = device.workspace();
                Safetensors golden = Golden.tensors(expectations(name) + ".safetensors")) {
            LlamaConfig config = HuggingFaceDirectory.readConfig(ReferenceData.require("golden/checkpoints/" + name));
            Tensor cos = golden.tensor("case0.rope_cos");
            RopeTables tables = RopeTables.create(device, workspace, config, cos.size(0));
            Tensor sin = golden.tensor("case0.rope_sin");
            int half = config.headDim() / 2;
            float[] cosines = Golden.floats(device, tables.cos());
            float[] sines = Golden.floats(device, tables.sin());
            for (int p = 0; p < cos.size(0); p++) {
                for (int e = 0; e < 2 * half; e++) {
                    long expected = (long) p * 2 * half + e;
                    int actual = p * half + e % half;
                    assertThat(cosines[actual]).isCloseTo(cos.getFloat(expected), within(2e-6f));
                    assertThat(sines[actual]).isCloseTo(sin.getFloat(expected), within(2e-6f));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("checkpoints")
    void greedyGenerationsEqualTransformersCachedAndNot(String name, TestDevice kind) {
        JsonNode golden = Golden.json(expectations(name) + ".json");
        try (Device device = kind.open();
                LlamaModel model = load(name, device);
                Safetensors tensors = Golden.tensors(expectations(name) + ".safetensors");
                LlamaSession cached = model.newSession(256);
                LlamaSession fresh = model.newSession(256)) {
            int vocabulary = model.config().vocabSize();
            for (int g = 0; g < golden.get("generate").size(); g++) {
                int[] prompt = Golden.ids(golden.get("generate").get(g).get("prompt_ids"));
                int[] expected = Golden.ids(golden.get("generate").get(g).get("new_ids"));
                int[] all = Arrays.copyOf(prompt, prompt.length + expected.length);
                cached.reset();
                float[] logits = Golden.floats(device, cached.forwardLast(prompt));
                for (int i = 0; i < expected.length; i++) {
                    if (g == 0 && i < 12) {
                        float[] step = tensors.tensor("generate0.step_logits")
                                .rows(i, i + 1)
                                .toFloats();
                        assertThat(Golden.maximumDifference(logits, step)).isLessThan(TOLERANCE);
                    }
                    int next = argmax(logits);
                    assertThat(next).as("token %d of generation %d", i, g).isEqualTo(expected[i]);
                    all[prompt.length + i] = next;
                    logits = Golden.floats(device, cached.forwardLast(new int[] {next}));
                }
                fresh.reset();
                float[] uncached = Golden.floats(device, fresh.forward(all));
                for (int i = 0; i < expected.length; i++) {
                    int row = (prompt.length + i - 1) * vocabulary;
                    assertThat(argmax(Arrays.copyOfRange(uncached, row, row + vocabulary)))
                            .isEqualTo(expected[i]);
                }
            }
        }
    }

    private static int argmax(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
