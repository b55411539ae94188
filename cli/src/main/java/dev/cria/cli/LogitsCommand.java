package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria logits}: what a model says after each of some ids, as a tensor. */
@Command(
        name = "logits",
        header = "Write the logits after each of some ids to a safetensors file.",
        description = {
            "The file holds one tensor, `logits`, float32 [tokens, vocabulary]. No id is added to those given."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  cria logits --model DIR --ids 1,15043,29892 --output logits.safetensors"})
final class LogitsCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--ids",
            paramLabel = "1,2,3",
            split = ",",
            required = true,
            description = "Token ids, separated by commas.")
    private int[] ids;

    @Option(names = "--output", paramLabel = "FILE", required = true, description = "The file to write.")
    private Path output;

    LogitsCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        OutputFiles.requireParent(output);
        try (Device opened = device.open(console, common);
                LlamaModel loaded = model.load(opened, console);
                LlamaSession session = loaded.newSession(ids.length);
                Arena arena = Arena.ofConfined()) {
            Tensor logits = session.forward(ids);
            Tensor host = Tensor.of(logits.dtype(), arena.allocate(logits.byteSize(), 64), logits.dims());
            float[] row = new float[logits.size(1)];
            for (int i = 0; i < ids.length; i++) {
                session.download(logits.rows(i, i + 1), row);
                host.rows(i, i + 1).copyFrom(row);
            }
            new SafetensorsWriter().add("logits", host).write(output);
            console.say("wrote logits [" + logits.dim(0) + ", " + logits.dim(1) + "] to " + output);
        }
        return 0;
    }
}
