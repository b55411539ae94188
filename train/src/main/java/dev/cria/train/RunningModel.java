package dev.cria.train;

import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaWeights;
import dev.cria.model.TrainableLlama;
import dev.cria.model.adapter.AdapterStack;
import dev.cria.model.adapter.WeightedAdapter;
import dev.cria.model.lora.AdapterParameters;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The model in training as one that runs. Where an adapter learns, it is the base with the adapter on it. */
final class RunningModel implements Supplier<LlamaModel>, AutoCloseable {
    private final TrainingSetup setup;
    private final TrainableLlama model;
    private Optional<AdapterStack> stack = Optional.empty();

    RunningModel(TrainingSetup setup, TrainableLlama model) {
        this.setup = setup;
        this.model = model;
    }

    /** The model as it is now; valid until the next step. */
    @Override
    public LlamaModel get() {
        LlamaWeights weights = model.weights();
        if (model.trained() instanceof AdapterParameters adapter) {
            if (stack.isEmpty()) {
                AdapterFiles files = new AdapterFiles(setup, adapter);
                stack = Optional.of(
                        AdapterStack.of(weights, List.of(new WeightedAdapter(files.weights(), 1)), setup.device()));
            }
            stack.get().refresh();
            weights = stack.get().weights();
        }
        return LlamaModel.sharing(weights, setup.device(), setup.tokenizer());
    }

    @Override
    public void close() {
        stack.ifPresent(AdapterStack::close);
    }
}
