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
    private Optional<Adapted> adapted = Optional.empty();

    /** The adapter on the host, and on the model. */
    private record Adapted(HostAdapter adapter, AdapterStack stack) {
        LlamaWeights refresh() {
            adapter.refresh();
            stack.refresh();
            return stack.weights();
        }
    }

    RunningModel(TrainingSetup setup, TrainableLlama model) {
        this.setup = setup;
        this.model = model;
    }

    /** The model as it is now; valid until the next step. */
    @Override
    public LlamaModel get() {
        LlamaWeights weights = model.weights();
        if (model.trained() instanceof AdapterParameters adapter) {
            if (adapted.isEmpty()) {
                HostAdapter host = new HostAdapter(setup, adapter);
                adapted = Optional.of(new Adapted(
                        host,
                        AdapterStack.of(weights, List.of(new WeightedAdapter(host.weights(), 1)), setup.device())));
            }
            weights = adapted.get().refresh();
        }
        return LlamaModel.sharing(weights, setup.device(), setup.tokenizer());
    }

    @Override
    public void close() {
        adapted.ifPresent(each -> {
            each.stack().close();
            each.adapter().close();
        });
    }
}
