package dev.cria.cli.jobs;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.Glyphs;
import dev.cria.cli.terminal.LiveLine;
import dev.cria.cli.terminal.Units;
import dev.cria.eval.run.EvaluationListener;
import java.util.ArrayList;
import java.util.List;

/** The live line of an evaluation, and on Ctrl-C the word that nothing is lost. */
public final class EvaluationDisplay implements EvaluationListener, AutoCloseable {
    private static final int BAR = 20;

    private final Console console;
    private final LiveLine line;
    private final Thread told;
    private long fromLog;

    /** @param kept whether there is a log of finished documents */
    public EvaluationDisplay(Console console, boolean kept) {
        this.console = console;
        this.line = new LiveLine(console);
        this.told = new Thread(
                () -> console.say(
                        kept
                                ? "cria: stopped; finished documents are kept, and the same command goes on from there"
                                : "cria: stopped"),
                "eval-stopped");
        Runtime.getRuntime().addShutdownHook(told);
    }

    @Override
    public void progressed(Progress progress) {
        if (progress.fromLog() > fromLog) {
            line.say("cria: " + progress.task() + ": " + Units.count(progress.fromLog() - fromLog)
                    + " documents were in the log already");
            fromLog = progress.fromLog();
        }
        double share = (double) progress.documents() / Math.max(1, progress.total());
        double rate = (progress.documents() - progress.fromLog()) / progress.seconds();
        List<Field> fields = new ArrayList<>();
        fields.add(Field.ornament("▕" + Glyphs.bar(share, BAR) + "▏", 1, "36"));
        fields.add(Field.plain(progress.task() + " (" + progress.taskNumber() + " of " + progress.tasks() + ")", 4));
        fields.add(Field.plain(
                Units.count(progress.documents()) + " of " + Units.count(progress.total()) + " documents", 3));
        if (rate > 0) {
            fields.add(Field.plain(Units.count(rate) + "/s", 1));
            fields.add(Field.plain(Units.seconds((progress.total() - progress.documents()) / rate) + " left", 2));
        }
        line.show(fields);
    }

    @Override
    public void close() {
        line.close();
        try {
            Runtime.getRuntime().removeShutdownHook(told);
        } catch (IllegalStateException e) {
            console.flush(); // the JVM is ending, and the hook has run
        }
    }
}
