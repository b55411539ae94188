package dev.cria.cli;

import dev.cria.cli.lesson.Lesson;
import dev.cria.cli.lesson.LessonSize;
import dev.cria.cli.quickstart.Quickstart;
import dev.cria.cli.quickstart.QuickstartOptions;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria quickstart}: a model in a few minutes. */
@Command(
        name = "quickstart",
        header = "Raise a small Llama on the JDK's own sources, in a few minutes, and see what it writes.",
        description = {
            "Trains a tokenizer, turns the text into shards, times this machine and trains for as many steps as fit into --minutes, draws the curves, and lets the model continue a few lines of Java.",
            "Started again, it goes on where it was stopped; a finished one is shown again. --fresh begins anew."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria quickstart",
            "  cria quickstart --chat",
            "  cria quickstart --fresh --minutes 30",
            "  cria quickstart --input my-notes/ --output my-model"
        })
final class QuickstartCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            defaultValue = "cria-quickstart",
            description = "Where everything goes (default: ./${DEFAULT-VALUE}).")
    private Path output;

    @Option(
            names = "--input",
            paramLabel = "PATH",
            arity = "1..*",
            description = "Train on these files and folders in place of the JDK's sources.")
    private List<Path> inputs = new ArrayList<>();

    @Option(
            names = "--minutes",
            paramLabel = "M",
            description = "Time to train; all the rest takes one more (default: 3.5).")
    private Optional<Double> minutes;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Decides first weights and order of the data (default: 1).")
    private Optional<Long> seed;

    @Option(
            names = "--chat",
            description =
                    "Then teach the model to answer: fine-tune it on conversations and align it by preference pairs, both made up, and show its answers before and after.")
    private boolean chat;

    @ArgGroup
    private StartOptions start = new StartOptions();

    QuickstartCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        StderrFilter.bypass(System.getenv());
        QuickstartOptions options =
                new QuickstartOptions(output, inputs, minutes, seed, device.settings(), start.start());
        if (!new Quickstart(console, options).run()) {
            return 1;
        }
        return !chat
                        || new Lesson(console, output, LessonSize.USUAL, device.settings(), device.settings())
                                .run(seed.orElse(1L))
                                .isPresent()
                ? 0
                : 1;
    }
}
