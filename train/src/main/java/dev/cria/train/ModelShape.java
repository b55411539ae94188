package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import dev.cria.model.ModelConfiguration;
import dev.cria.text.Tokenizer;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** From a recipe's model section to a configuration. */
final class ModelShape {
    private ModelShape() {}

    /**
     * The preset with its replaced numbers; vocabulary and special ids come from the tokenizer, the context from the sequence length.
     *
     * @throws UserError if the numbers do not make a Llama, or the weights to start from do not fit
     */
    static LlamaConfig of(Recipe recipe, Optional<Tokenizer> tokenizer) {
        Recipe.Model model = recipe.model();
        if (model.from().isPresent()) {
            return existing(recipe, Path.of(model.from().get()), tokenizer);
        }
        LlamaConfig preset = LlamaConfig.preset(model.preset());
        int hidden = model.hiddenSize().orElse(preset.hiddenSize());
        int heads = model.heads().orElse(preset.numAttentionHeads());
        if (hidden % heads != 0) {
            throw new UserError(
                    "model: hidden_size " + hidden + " is no multiple of " + heads + " heads",
                    "change hidden_size or heads");
        }
        LlamaConfig shape = new LlamaConfig(
                hidden,
                model.intermediateSize().orElse(preset.intermediateSize()),
                model.layers().orElse(preset.numHiddenLayers()),
                heads,
                model.keyValueHeads().orElse(Math.min(heads, preset.numKeyValueHeads())),
                hidden / heads,
                preset.vocabSize(),
                sequenceLength(recipe, preset),
                preset.rmsNormEps(),
                preset.ropeTheta(),
                preset.ropeScaling(),
                model.tieWordEmbeddings().orElse(preset.tieWordEmbeddings()),
                preset.bosTokenId(),
                preset.eosTokenIds());
        return tokenizer
                .map(t -> shape.withVocabulary(t.vocabularySize(), t.bosId(), List.of(t.eosId())))
                .orElse(shape);
    }

    /** T: what the recipe says, else the preset's context. */
    private static int sequenceLength(Recipe recipe, LlamaConfig preset) {
        int set = recipe.training().sequenceLength();
        return set == 0 ? preset.maxPositionEmbeddings() : set;
    }

    private static LlamaConfig existing(Recipe recipe, Path directory, Optional<Tokenizer> tokenizer) {
        LlamaConfig config = recipe.lora().isPresent()
                ? ModelConfiguration.read(directory)
                : LlamaConfig.read(directory.resolve("config.json"));
        if (recipe.training().sequenceLength() > config.maxPositionEmbeddings()) {
            throw new UserError(
                    "training.sequence_length is " + recipe.training().sequenceLength() + ", longer than the context "
                            + config.maxPositionEmbeddings() + " of " + directory,
                    "lower it");
        }
        tokenizer.ifPresent(t -> {
            if (t.vocabularySize() > config.vocabSize()) {
                throw new UserError(
                        "the tokenizer has " + t.vocabularySize() + " ids, the model in " + directory + " knows "
                                + config.vocabSize(),
                        "use the model's own tokenizer");
            }
        });
        return config;
    }
}
