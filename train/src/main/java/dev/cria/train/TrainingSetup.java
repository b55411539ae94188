package dev.cria.train;

import dev.cria.model.Capacity;
import dev.cria.model.LlamaConfig;
import dev.cria.model.TrainableLlama;
import dev.cria.model.lora.AdapterOnBase;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** All that a run has opened and checked before its first step. */
record TrainingSetup(
        Recipe recipe,
        LlamaConfig config,
        Timeline timeline,
        TrainingSource data,
        Device device,
        RunDirectory directory,
        CheckpointStore store,
        Optional<Path> tokenizerPath,
        Map<String, String> identity,
        double flopsPerToken,
        double peakFlops,
        Optional<Tokenizer> tokenizer,
        Optional<TaskEvaluator> evaluator,
        Optional<LoraBase> lora,
        Capacity capacity) {
    /** Sequences of the largest micro-batch of any stage. */
    int microBatch() {
        return capacity.maxBatch();
    }

    /** The model that learns, in memory of its own. */
    TrainableLlama newModel() {
        return lora.map(base -> AdapterOnBase.model(device, base.weights(), base.adapter(), capacity))
                .orElseGet(() -> TrainableLlama.create(device, config, capacity));
    }
}
