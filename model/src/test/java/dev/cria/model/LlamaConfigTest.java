package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LlamaConfigTest {
    private static final String GOOD =
            "'model_type':'llama','hidden_size':64,'intermediate_size':172,'num_hidden_layers':3,'num_attention_heads':8,'vocab_size':320";

    @TempDir
    Path dir;

    private LlamaConfig read(String fields) throws Exception {
        Path file = dir.resolve("config.json");
        Files.writeString(file, "{" + fields.replace('\'', '"') + "}");
        return LlamaConfig.read(file);
    }

    /** Counted by hand from the published shapes: V·D once or twice, and per layer the four attention, three feed-forward and two norm weights. */
    @ParameterizedTest
    @CsvSource({
        "tinyllama-1.1b, 1100048384",
        "tinyllama-120m, 121129728",
        "stories260k, 260032",
        "15m, 15191712",
        "110m, 109529856"
    })
    void countsTheParametersOfThePresets(String name, long parameters) {
        assertThat(LlamaConfig.preset(name).parameters()).isEqualTo(parameters);
    }

    @Test
    void countsTheHeadOnceInTheFlopsWhetherTiedOrNot() {
        LlamaConfig untied = LlamaConfig.preset("tinyllama-1.1b");
        assertThat(untied.trainingFlopsPerToken(2048))
                .isEqualTo(6.0 * (1100048384L - 32000L * 2048) + 6.0 * 22 * 2048 * 2048);
        LlamaConfig tied = LlamaConfig.preset("15m");
        assertThat(tied.trainingFlopsPerToken(256)).isEqualTo(6.0 * 15191712 + 6.0 * 6 * 288 * 256);
    }

    @Test
    void fillsWhatOlderFilesLeaveOut() throws Exception {
        LlamaConfig config = read(GOOD);
        assertThat(config.headDim()).isEqualTo(8);
        assertThat(config.numKeyValueHeads()).isEqualTo(8);
        assertThat(config.ropeTheta()).isEqualTo(10000);
        assertThat(config.tieWordEmbeddings()).isFalse();
        assertThat(config.eosTokenIds()).containsExactly(2);
        assertThat(read(GOOD + ",'eos_token_id':[1,2],'head_dim':null").eosTokenIds())
                .containsExactly(1, 2);
        assertThat(read(GOOD + ",'eos_token_id':null").eosTokenIds()).isEmpty();
    }

    @Test
    void readsTheNewerForm() throws Exception {
        LlamaConfig config = read(
                GOOD
                        + ",'dtype':'bfloat16','rope_parameters':{'rope_type':'llama3','rope_theta':5e5,'factor':8,'low_freq_factor':1,'high_freq_factor':4,'original_max_position_embeddings':64}");
        assertThat(config.ropeTheta()).isEqualTo(500000);
        assertThat(config.ropeScaling()).isEqualTo(new RopeScaling.Llama3(8, 1, 4, 64));
        assertThat(read(GOOD + ",'rope_scaling':{'type':'linear','factor':4.0}").ropeScaling())
                .isEqualTo(new RopeScaling.Linear(4));
    }

    @Test
    void generationConfigDecidesWhatEndsAText() throws Exception {
        Files.writeString(dir.resolve("generation_config.json"), "{\"eos_token_id\": [5, 6]}");
        assertThat(read(GOOD).eosTokenIds()).containsExactly(5, 6);
    }

    @Test
    void writesWhatItReads() throws Exception {
        for (String scaling : List.of(
                "",
                ",'rope_scaling':{'type':'linear','factor':4.0}",
                ",'head_dim':32,'rope_scaling':{'rope_type':'llama3','factor':8.0,'low_freq_factor':1.0,'high_freq_factor':4.0,'original_max_position_embeddings':64}")) {
            LlamaConfig config = read(GOOD + ",'eos_token_id':[1,2]" + scaling);
            Path file = dir.resolve("written.json");
            Files.writeString(file, config.toJson());
            assertThat(LlamaConfig.read(file)).isEqualTo(config);
        }
        for (LlamaConfig preset : Presets.all().values()) {
            Path file = dir.resolve("preset.json");
            Files.writeString(file, preset.toJson());
            assertThat(LlamaConfig.read(file)).isEqualTo(preset);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "'num_attention_heads':7 | hidden_size",
                "'num_key_value_heads':3 | num_key_value_heads 3 does not divide",
                "'head_dim':7 | head_dim 7 is odd",
                "'hidden_size':0 | hidden_size 0",
                "'hidden_size':'64' | hidden_size is no whole number",
                "'hidden_size':64.5 | hidden_size is no whole number",
                "'hidden_size':99999999999 | hidden_size is no whole number",
                "'num_hidden_layers':2000000000 | num_hidden_layers 2000000000",
                "'rms_norm_eps':-1 | rms_norm_eps",
                "'rope_theta':0 | rope_theta",
                "'attention_bias':true | attention_bias",
                "'mlp_bias':true | mlp_bias",
                "'hidden_act':'gelu' | hidden_act is 'gelu'",
                "'architectures':['MistralForCausalLM'] | MistralForCausalLM",
                "'model_type':'gpt2' | gpt2",
                "'quantization_config':{'bits':4} | quantization_config",
                "'rope_scaling':{'rope_type':'yarn','factor':4} | yarn",
                "'rope_scaling':{'type':'linear'} | rope_scaling.factor is missing",
                "'rope_scaling':{'type':'linear','factor':0} | rope_scaling.factor",
                "'rope_scaling':[] | rope_scaling is no object",
                "'eos_token_id':'x' | eos_token_id",
                "'vocab_size':null | vocab_size is missing"
            })
    void namesTheKeyThatIsWrong(String replacement, String message) {
        String key = replacement.substring(0, replacement.indexOf(':') + 1);
        String fields = List.of(GOOD.split(",")).stream()
                .filter(field -> !field.startsWith(key))
                .reduce(replacement, (a, b) -> a + "," + b);
        assertThatThrownBy(() -> read(fields))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining(message);
    }

    @Test
    void refusesWhatIsNoJson() throws Exception {
        for (String broken : List.of("", "[]", "{\"a\":1,\"a\":2}", "{} x", "[".repeat(5000), "{\"hidden_size\"")) {
            Path file = dir.resolve("config.json");
            Files.writeString(file, broken);
            assertThatThrownBy(() -> LlamaConfig.read(file)).isInstanceOf(UserError.class);
        }
        assertThatThrownBy(() -> LlamaConfig.preset("15M ")).hasMessageContaining("no model preset");
    }

    @Test
    void readsTheGoldenConfigurations() {
        for (String name : List.of("a-gqa", "a-gqa-bf16", "a-gqa-sharded")) {
            LlamaConfig config = LlamaConfig.read(ReferenceData.require("golden/checkpoints/" + name + "/config.json"));
            assertThat(config.parameters()).isEqualTo(171200);
        }
        assertThat(LlamaConfig.read(ReferenceData.require("golden/stories260k-hf/config.json"))
                        .eosTokenIds())
                .containsExactly(1, 2);
    }
}
