package dev.cria.cli;

import dev.cria.train.RunOptions;
import picocli.CommandLine.Option;

/** What to do with a run that is already there; by default it is left alone, and the command refuses. */
final class StartOptions {
    @Option(names = "--resume", description = "Go on from the newest complete checkpoint; begin where there is none.")
    private boolean resume;

    @Option(names = "--fresh", description = "Delete what an earlier run left, and begin anew.")
    private boolean fresh;

    boolean resume() {
        return resume;
    }

    boolean fresh() {
        return fresh;
    }

    RunOptions.Start start() {
        return resume ? RunOptions.Start.RESUME : fresh ? RunOptions.Start.ANEW : RunOptions.Start.NEW;
    }
}
