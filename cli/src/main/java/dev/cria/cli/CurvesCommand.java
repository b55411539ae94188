package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import dev.cria.train.Trainer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cria curves}: draws a run as it stands. */
@Command(
        name = "curves",
        header = "Draw a run's loss, learning rate and speed, also while it goes on.",
        footerHeading = "%nExamples:%n",
        footer = {"  cria curves cria-quickstart/model"})
final class CurvesCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Parameters(paramLabel = "RUN", description = "The run's folder, the one with metrics.jsonl.")
    private Path run;

    CurvesCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        Trainer.drawCurves(run).ifPresent(console::say);
        console.print(run.resolve("curves.svg").toString());
        return 0;
    }
}
