package dev.cria.train;

import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.Initializer;
import dev.cria.model.ParameterSet;
import dev.cria.tensor.DType;
import java.nio.file.Path;

/** All weights: a checkpoint is a Hugging Face model directory. */
record ModelFiles(TrainingSetup setup, ParameterSet parameters) implements LearntFiles {
    /** Random weights, or those the recipe starts from. */
    @Override
    public void initialize() {
        setup.recipe()
                .model()
                .from()
                .ifPresentOrElse(
                        from -> HuggingFaceDirectory.readInto(Path.of(from), parameters, setup.device()),
                        () -> Initializer.tinyLlama(
                                parameters, setup.recipe().training().seed(), setup.device()));
    }

    @Override
    public void read(Path checkpoint) {
        HuggingFaceDirectory.readInto(checkpoint, parameters, setup.device());
    }

    @Override
    public void write(Path directory) {
        HuggingFaceDirectory.write(directory, parameters, setup.device(), DType.F32);
    }
}
