package dev.cria.model.adapter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterConfigTest {
    private static final LlamaConfig BASE = LlamaConfig.preset("15m");

    @TempDir
    private Path directory;

    private AdapterConfig read(String json) throws IOException {
        Files.writeString(directory.resolve(AdapterConfig.FILE), json.replace('\'', '"'));
        return AdapterConfig.read(directory);
    }

    private static List<String> names(AdapterConfig config) {
        return config.modules(BASE).stream().map(AdaptedModule::name).toList();
    }

    @Test
    void readsWhatPeftWrote() {
        AdapterConfig config = AdapterConfig.read(ReferenceData.require("golden/finetuning/lora"));
        assertThat(config.rank()).isEqualTo(4);
        assertThat(config.alpha()).isEqualTo(8);
        assertThat(config.base()).contains("a-gqa");
        assertThat(config.modules(BASE)).isEqualTo(AdaptedModule.all(BASE));
        assertThat(config.scaling(new AdaptedModule(0, Projection.KEY))).isEqualTo(2);
    }

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        AdapterConfig plain = AdapterConfig.of(16, 32, 0.05, List.of("q_proj", "v_proj"), Optional.of("org/name"));
        AdapterConfig rich = new AdapterConfig(
                8,
                12.5,
                0,
                new TargetModules.Names(List.of("q_proj", "k_proj")),
                Optional.of(new TargetModules.Names(List.of("layers.0.self_attn.q_proj"))),
                Set.of(1, 2),
                Map.of("layers.1.self_attn.q_proj", 2),
                Map.of("k_proj", 0.5),
                true,
                Optional.empty());
        AdapterConfig expressed = new AdapterConfig(
                1,
                1,
                0,
                new TargetModules.Expression(".*\\.(q|k)_proj"),
                Optional.of(new TargetModules.Expression(".*\\.1\\..*")),
                Set.of(),
                Map.of(),
                Map.of(),
                false,
                Optional.empty());
        for (AdapterConfig config : List.of(plain, rich, expressed)) {
            config.write(directory);
            assertThat(AdapterConfig.read(directory)).isEqualTo(config);
        }
    }

    @Test
    void targetsAreNamesAnExpressionOrAll() throws IOException {
        assertThat(names(read("{'peft_type':'LORA','target_modules':['q_proj','mlp.up_proj']}")))
                .hasSize(2 * BASE.numHiddenLayers())
                .contains("model.layers.1.self_attn.q_proj", "model.layers.1.mlp.up_proj");
        assertThat(names(read("{'peft_type':'LORA','target_modules':['model.layers.2.mlp.up_proj','proj']}")))
                .containsExactly("model.layers.2.mlp.up_proj");
        assertThat(names(read("{'peft_type':'LORA','target_modules':'.*\\\\.[01]\\\\..*(?P<it>v_proj)'}")))
                .containsExactly("model.layers.0.self_attn.v_proj", "model.layers.1.self_attn.v_proj");
        assertThat(names(read("{'peft_type':'LORA','target_modules':'ALL-linear','exclude_modules':['down_proj']}")))
                .hasSize(6 * BASE.numHiddenLayers());
        assertThat(names(read("{'peft_type':'LORA','target_modules':['o_proj'],'layers_to_transform':[0,3]}")))
                .containsExactly("model.layers.0.self_attn.o_proj", "model.layers.3.self_attn.o_proj");
        assertThat(names(read("{'peft_type':'LORA','target_modules':['o_proj'],'layers_to_transform':1}")))
                .containsExactly("model.layers.1.self_attn.o_proj");
    }

    @Test
    void theFirstPatternThatMatchesTheEndOfANameHolds() throws IOException {
        AdapterConfig config = read("{'peft_type':'LORA','r':8,'lora_alpha':16,'target_modules':'all-linear',"
                + "'rank_pattern':{'layers.1.self_attn.q_proj':2,'q_proj':4,'[ku]_proj':1},"
                + "'alpha_pattern':{'self_attn.*':3}}");
        assertThat(config.rank(new AdaptedModule(1, Projection.QUERY))).isEqualTo(2);
        assertThat(config.rank(new AdaptedModule(0, Projection.QUERY))).isEqualTo(4);
        assertThat(config.rank(new AdaptedModule(0, Projection.KEY))).isEqualTo(1);
        assertThat(config.rank(new AdaptedModule(0, Projection.UP))).isEqualTo(8);
        assertThat(config.scaling(new AdaptedModule(0, Projection.QUERY))).isEqualTo(0.75);
        assertThat(config.scaling(new AdaptedModule(0, Projection.DOWN))).isEqualTo(2);
    }

    @Test
    void rankStabilisedScalingDividesByTheRoot() throws IOException {
        AdapterConfig config =
                read("{'peft_type':'LORA','r':16,'lora_alpha':8,'use_rslora':true,'target_modules':['q_proj']}");
        assertThat(config.scaling(new AdaptedModule(0, Projection.QUERY))).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | peft_type is missing",
                "{'peft_type':'IA3'} | type IA3",
                "{'peft_type':'LORA'} | target_modules is missing",
                "{'peft_type':'LORA','target_modules':['q_proj'],'r':0} | r is 0",
                "{'peft_type':'LORA','target_modules':['q_proj'],'r':'x'} | r is no whole number",
                "{'peft_type':'LORA','target_modules':['q_proj'],'r':4,'rank_pattern':{'q_proj':-1}} | rank_pattern 'q_proj' is -1",
                "{'peft_type':'LORA','target_modules':['q_proj'],'rank_pattern':{'(':1}} | is no regular expression",
                "{'peft_type':'LORA','target_modules':'['} | is no regular expression",
                "{'peft_type':'LORA','target_modules':['q_proj'],'lora_alpha':1e999} | lora_alpha is Infinity",
                "{'peft_type':'LORA','target_modules':['q_proj'],'lora_dropout':1} | lora_dropout is 1.0",
                "{'peft_type':'LORA','target_modules':['q_proj'],'use_dora':true} | DoRA",
                "{'peft_type':'LORA','target_modules':['q_proj'],'lora_bias':true} | a bias of its own",
                "{'peft_type':'LORA','target_modules':['q_proj'],'bias':'all'} | bias is 'all'",
                "{'peft_type':'LORA','target_modules':['q_proj'],'modules_to_save':['lm_head']} | whole modules",
                "{'peft_type':'LORA','target_modules':['q_proj'],'fan_in_fan_out':true} | fan_in_fan_out is true",
                "{'peft_type':'LORA','target_modules':['q_proj'],'init_lora_weights':'pissa_niter_4'} | changes the base's weights",
                "{'peft_type':'LORA','target_modules':['q_proj'],'layers_to_transform':[1],'layers_pattern':'h'} | layers_pattern",
                "{'peft_type':'LORA','target_modules':'all-linear','layers_to_transform':[1]} | layers_to_transform stands beside",
                "{'peft_type':'LORA','target_modules':['q_proj'],'layer_replication':[[0,2],[1,3]]} | several times",
            })
    void whatCriaDoesNotDoIsRefused(String json, String sentence) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(AdapterConfig.FILE)
                .hasMessageContaining(sentence);
    }

    @Test
    void anExpressionThatWouldTryForYearsIsRefused() throws IOException {
        AdapterConfig config = read("{'peft_type':'LORA','target_modules':'(.*)(.*)(.*)(.*)(.*)(.*)(.*)!'}");
        assertThatThrownBy(() -> config.modules(BASE))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("takes too long");
    }
}
