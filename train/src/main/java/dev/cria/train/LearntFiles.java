package dev.cria.train;

import dev.cria.model.TrainableLlama;
import dev.cria.model.lora.AdapterParameters;
import java.io.IOException;
import java.nio.file.Path;

/** How what a run learns begins, and how a checkpoint holds it. */
interface LearntFiles {
    /** The files of a run, by what it learns. */
    static LearntFiles of(TrainingSetup setup, TrainableLlama model) {
        return model.trained() instanceof AdapterParameters adapter
                ? new AdapterFiles(setup, adapter)
                : new ModelFiles(setup, model.parameters());
    }

    /** Step 0. */
    void initialize();

    /** Reads a verified checkpoint into the live tensors. */
    void read(Path checkpoint);

    /** Writes into a checkpoint's directory. */
    void write(Path directory) throws IOException;
}
