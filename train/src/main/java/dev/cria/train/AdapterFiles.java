package dev.cria.train;

import dev.cria.model.adapter.Adapter;
import dev.cria.model.lora.AdapterInitializer;
import dev.cria.model.lora.AdapterParameters;
import dev.cria.tensor.DType;
import java.io.IOException;
import java.nio.file.Path;

/** An adapter: a checkpoint is a directory as peft writes it. */
record AdapterFiles(TrainingSetup setup, AdapterParameters parameters) implements LearntFiles {
    @Override
    public void initialize() {
        AdapterInitializer.kaiming(
                parameters, setup.config(), setup.recipe().training().seed(), setup.device());
    }

    @Override
    public void read(Path checkpoint) {
        try (Adapter adapter = Adapter.open(checkpoint, setup.config())) {
            adapter.weights().pairs().forEach((module, pair) -> {
                setup.device().upload(pair.down().data(), parameters.tensor(module.downName()));
                setup.device().upload(pair.up().data(), parameters.tensor(module.upName()));
            });
        }
    }

    @Override
    public void write(Path directory) throws IOException {
        try (HostAdapter copy = new HostAdapter(setup, parameters)) {
            copy.refresh();
            copy.weights().write(directory, DType.F32);
        }
    }
}
