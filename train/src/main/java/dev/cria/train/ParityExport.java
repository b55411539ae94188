package dev.cria.train;

import dev.cria.base.DurableFiles;
import dev.cria.base.JsonFiles;
import dev.cria.base.UserError;
import dev.cria.model.Batch;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.ParameterSet;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes down all that another program needs to take the same first steps as a recipe: the weights at step 0 ({@code model/}), the ids of
 * each step ({@code batches.safetensors}: I32 {@code tokens} [steps, sequences, T+1]), and rates and constants ({@code steps.json}).
 * {@code tools/loss_parity.py} trains from it with PyTorch and compares the losses.
 */
public final class ParityExport {
    private ParityExport() {}

    /** Arguments: RECIPE.yaml DIRECTORY STEPS [key.path=value ...]. */
    public static void main(String[] args) throws IOException {
        if (args.length < 3) {
            System.err.println("usage: ParityExport RECIPE.yaml DIRECTORY STEPS [key.path=value ...]");
            System.exit(UserError.REFUSED);
        }
        try {
            List<String> settings = Arrays.asList(args).subList(3, args.length);
            write(Recipe.read(Path.of(args[0]), settings), Path.of(args[1]), Integer.parseInt(args[2]));
        } catch (UserError e) {
            System.err.println(e.render());
            System.exit(e.exitCode());
        }
    }

    /**
     * Writes the first {@code steps} steps of a recipe.
     *
     * @throws UserError if they do not all lie in the first stage, or something the recipe names is refused
     * @throws IOException if the directory cannot be written
     */
    public static void write(Recipe recipe, Path directory, int steps) throws IOException {
        try (TrainingData data = TrainingData.open(recipe);
                Device device = CpuDevice.open(CpuOptions.defaults());
                Workspace workspace = device.workspace()) {
            Optional<Tokenizer> tokenizer = recipe.tokenizer()
                    .map(Path::of)
                    .or(data::tokenizerDirectory)
                    .map(Tokenizers::load);
            LlamaConfig config = ModelShape.of(recipe, tokenizer);
            int set = recipe.training().sequenceLength();
            Timeline timeline = Timeline.of(recipe, set == 0 ? config.maxPositionEmbeddings() : set);
            if (steps < 1 || timeline.stages().getFirst().lastStep() < steps) {
                throw new UserError(
                        steps + " steps are not all in the first stage of "
                                + timeline.stages().getFirst().steps(),
                        "ask for fewer");
            }
            data.arrange(timeline, recipe.training().seed());
            Files.createDirectories(directory);
            ParameterSet weights = ParameterSet.allocate(workspace, config);
            if (recipe.model().from().isPresent()) {
                HuggingFaceDirectory.readInto(Path.of(recipe.model().from().get()), weights, device);
            } else {
                Initializer.tinyLlama(weights, recipe.training().seed(), device);
            }
            HuggingFaceDirectory.write(directory.resolve("model"), weights, device, DType.F32);
            batches(directory.resolve("batches.safetensors"), workspace, timeline, data, steps);
            DurableFiles.write(directory.resolve("steps.json"), JsonFiles.render(constants(recipe, timeline, steps)));
        }
    }

    private static void batches(Path file, Workspace workspace, Timeline timeline, TrainingData data, int steps) {
        int sequences = timeline.stages().getFirst().batchSequences();
        int length = timeline.sequenceLength();
        Tensor tokens = workspace.allocate(DType.I32, steps, sequences, length + 1);
        try (BatchLoader loader = new BatchLoader(timeline, data, sequences)) {
            long at = 0;
            for (int step = 1; step <= steps; step++) {
                Batch batch = loader.read(step).getFirst().batch();
                for (int b = 0; b < sequences; b++) {
                    for (int t = 0; t < length; t++) {
                        tokens.setInt(at++, batch.inputs()[b * length + t]);
                    }
                    tokens.setInt(at++, batch.targets()[(b + 1) * length - 1]);
                }
            }
        }
        new SafetensorsWriter().add("tokens", tokens).write(file);
    }

    private static ObjectNode constants(Recipe recipe, Timeline timeline, int steps) {
        Recipe.Optimizer optimizer = recipe.optimizer();
        ObjectNode json = JsonFiles.newObject()
                .put("micro_batch", recipe.training().microBatch())
                .put("beta1", optimizer.beta1())
                .put("beta2", optimizer.beta2())
                .put("epsilon", optimizer.epsilon())
                .put("weight_decay", optimizer.weightDecay())
                .put("decay", optimizer.decay().name().toLowerCase(Locale.ROOT))
                .put("clip", optimizer.clip());
        ArrayNode rates = json.putArray("learning_rates");
        for (int step = 1; step <= steps; step++) {
            rates.add(timeline.learningRate(step));
        }
        return json;
    }
}
