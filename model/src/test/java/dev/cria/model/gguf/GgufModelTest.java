package dev.cria.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.model.Golden;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.RopeScaling;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sound file that holds no Llama, or one whose parts contradict each other, is refused by what is wrong. */
class GgufModelTest {
    @TempDir
    private Path directory;

    private Device device;
    private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
    private final Map<String, long[]> tensors = new LinkedHashMap<>();

    @BeforeEach
    void open() {
        device = Golden.open(Tier.SCALAR);
        metadata.put("general.architecture", GgufValue.string("llama"));
        metadata.put("llama.context_length", GgufValue.uint32(64));
        metadata.put("llama.embedding_length", GgufValue.uint32(16));
        metadata.put("llama.block_count", GgufValue.uint32(1));
        metadata.put("llama.feed_forward_length", GgufValue.uint32(24));
        metadata.put("llama.attention.head_count", GgufValue.uint32(2));
        metadata.put("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(1e-6));
        tensors.put("token_embd.weight", new long[] {4, 16});
        tensors.put("blk.0.attn_norm.weight", new long[] {16});
        for (String name : List.of("attn_q", "attn_k", "attn_v", "attn_output")) {
            tensors.put("blk.0." + name + ".weight", new long[] {16, 16});
        }
        tensors.put("blk.0.ffn_norm.weight", new long[] {16});
        tensors.put("blk.0.ffn_gate.weight", new long[] {24, 16});
        tensors.put("blk.0.ffn_up.weight", new long[] {24, 16});
        tensors.put("blk.0.ffn_down.weight", new long[] {16, 24});
        tensors.put("output_norm.weight", new long[] {16});
        tensors.put("output.weight", new long[] {4, 16});
    }

    @AfterEach
    void close() {
        device.close();
    }

    private Path write() {
        GgufWriter writer = new GgufWriter();
        metadata.forEach(writer::put);
        tensors.forEach((name, dims) -> {
            byte[] zeros = new byte[(int) DType.F32.bytes(Arrays.stream(dims).reduce(1, Math::multiplyExact))];
            writer.add(name, DType.F32, dims, sink -> sink.accept(MemorySegment.ofArray(zeros)));
        });
        Path file = directory.resolve("m.gguf");
        writer.write(file);
        return file;
    }

    private void refused(String what) {
        Path file = write();
        assertThatThrownBy(() -> LlamaModel.load(file, device).close())
                .isInstanceOf(UserError.class)
                .hasMessageContaining("m.gguf")
                .hasMessageContaining(what);
    }

    private void refusedWith(String key, GgufValue value, String what) {
        GgufValue before = metadata.put(key, value);
        refused(what);
        if (before == null) {
            metadata.remove(key);
        } else {
            metadata.put(key, before);
        }
    }

    private LlamaConfig config() {
        try (LlamaModel model = LlamaModel.load(write(), device)) {
            return model.config();
        }
    }

    @Test
    void defaultsStandWhereTheFileIsSilent() {
        assertThat(config())
                .isEqualTo(new LlamaConfig(
                        16, 24, 1, 2, 2, 8, 4, 64, 1e-6, 10000, new RopeScaling.None(), false, 1, List.of(2)));
        tensors.remove("output.weight");
        assertThat(config().tieWordEmbeddings()).isTrue();
        metadata.put("llama.rope.scaling.type", GgufValue.string("linear"));
        metadata.put("llama.rope.scaling.factor", GgufValue.float32(4));
        metadata.put("tokenizer.ggml.eos_token_id", GgufValue.uint32(3));
        metadata.put("tokenizer.ggml.eot_token_id", GgufValue.uint32(1));
        assertThat(config().ropeScaling()).isEqualTo(new RopeScaling.Linear(4));
        assertThat(config().eosTokenIds()).containsExactly(3, 1);
    }

    @Test
    void divisorsOfFrequenciesAreKept() {
        tensors.put("rope_freqs.weight", new long[] {4});
        refused("divisors that are no 4 positive numbers"); // they are zeros
        tensors.put("rope_freqs.weight", new long[] {5});
        refused("'rope_freqs.weight' is F32[5]; F32[4] belongs there");
    }

    @Test
    void missingKeysAndTensorsAreNamed() {
        for (String key : List.copyOf(metadata.keySet())) {
            GgufValue value = metadata.remove(key);
            refused("'" + key + "' is missing");
            metadata.put(key, value);
        }
        for (String name : List.copyOf(tensors.keySet())) {
            long[] dims = tensors.remove(name);
            if (!name.equals("output.weight")) { // without it the embedding is the head
                refused("no tensor '" + name + "'");
            }
            tensors.put(name, dims);
        }
    }

    @Test
    void valuesThatMakeNoLlama() {
        refusedWith("general.architecture", GgufValue.string("gemma"), "the architecture is 'gemma'");
        refusedWith("general.architecture", GgufValue.uint32(1), "a text belongs");
        refusedWith("general.type", GgufValue.string("adapter"), "its general.type is 'adapter'");
        refusedWith("split.count", GgufValue.uint32(3), "one of 3 parts");
        refusedWith("llama.expert_count", GgufValue.uint32(8), "a mixture of experts");
        refusedWith("llama.block_count", GgufValue.string("1"), "a whole number belongs");
        refusedWith("llama.block_count", GgufValue.uint32(0), "num_hidden_layers 0 is not between");
        refusedWith("llama.block_count", GgufValue.uint32(0xFFFFFFFFL), "'llama.block_count' is 4294967295");
        refusedWith("llama.attention.head_count", GgufValue.uint32(0), "'llama.attention.head_count' is 0");
        refusedWith("llama.attention.head_count", GgufValue.uint32(3), "no multiple of the 3 heads");
        refusedWith("llama.attention.head_count_kv", GgufValue.uint32(3), "num_key_value_heads 3");
        refusedWith("llama.attention.layer_norm_rms_epsilon", GgufValue.float32(Double.NaN), "rms_norm_eps");
        refusedWith("llama.rope.freq_base", GgufValue.float32(-1), "rope_theta");
        refusedWith("llama.rope.dimension_count", GgufValue.uint32(4), "is 4 where heads have 8");
        refusedWith("llama.rope.scaling.type", GgufValue.string("yarn"), "'llama.rope.scaling.type' is 'yarn'");
        refusedWith("llama.rope.scaling.type", GgufValue.string("linear"), "'llama.rope.scaling.factor' is missing");
        refusedWith("llama.context_length", GgufValue.uint32(1 << 30), "max_position_embeddings");
        refusedWith("llama.feed_forward_length", GgufValue.uint32(32), "the metadata asks for [32, 16]");
    }

    @Test
    void vocabulariesThatDoNotFitTheEmbedding() {
        refusedWith("llama.vocab_size", GgufValue.uint32(5), "a vocabulary of 5, but 'token_embd.weight' has 4 rows");
        refusedWith("tokenizer.ggml.tokens", GgufValue.strings(List.of("a", "b", "c")), "a vocabulary of 3");
        tensors.put("output.weight", new long[] {5, 16});
        refused("'output.weight' is F32[5, 16]; the metadata asks for [4, 16]");
    }

    @Test
    void tensorsThatDoNotBelong() {
        tensors.put("blk.0.attn_q.bias", new long[] {16});
        refused("a tensor 'blk.0.attn_q.bias' that a Llama of these metadata does not have");
    }

    @Test
    void vocabulariesThatAreNone() {
        metadata.put("tokenizer.ggml.model", GgufValue.string("llama"));
        metadata.put("tokenizer.ggml.tokens", GgufValue.strings(List.of("<unk>", "<s>", "</s>", "a")));
        noTokenizer("tokenizer.ggml.model", GgufValue.string("gpt2"), "the tokenizer is 'gpt2'");
        noTokenizer("tokenizer.ggml.scores", GgufValue.floats(new float[3]), "has 3 entries for 4 pieces");
        noTokenizer("tokenizer.ggml.scores", GgufValue.ints(new int[4]), "INT32 where FLOAT32");
        noTokenizer(
                "tokenizer.ggml.token_type",
                GgufValue.ints(new int[] {2, 3, 3, 9}),
                "piece 3 is of the unknown type 9");
        noTokenizer("tokenizer.ggml.token_type", GgufValue.ints(new int[5]), "has 5 entries for 4 pieces");
        noTokenizer("tokenizer.ggml.unknown_token_id", GgufValue.string("x"), "a whole number belongs");
        noTokenizer("tokenizer.ggml.add_bos_token", GgufValue.uint32(1), "true or false belongs");
        noTokenizer("tokenizer.ggml.padding_token_id", GgufValue.uint32(0xFFFFFFFFL), "is 4294967295");
    }

    /** The model itself loads: what is wrong with its tokenizer matters to those who ask for it. */
    private void noTokenizer(String key, GgufValue value, String what) {
        GgufValue before = metadata.put(key, value);
        try (LlamaModel model = LlamaModel.load(write(), device)) {
            assertThatThrownBy(model::tokenizer)
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("m.gguf")
                    .hasMessageContaining(what);
        }
        if (before == null) {
            metadata.remove(key);
        } else {
            metadata.put(key, before);
        }
    }
}
