package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import java.io.IOException;
import java.io.PrintWriter;
import picocli.CommandLine;

/** Builds the command tree and runs it. */
public final class CommandLines {
    private CommandLines() {}

    /** Runs one command; returns its exit code: 0 done, 1 failed while running, 2 wrong usage or refused input. */
    public static int run(Console console, String... args) {
        int code = build(console).execute(args);
        try {
            console.out().flush();
        } catch (IOException e) {
            return code != 0 ? code : Errors.report(console, e, false);
        }
        return code;
    }

    /** The whole command tree, wired to {@code console}. */
    public static CommandLine build(Console console) {
        CommandLine root = new CommandLine(new RootCommand(console));
        root.addSubcommand(new QuickstartCommand(console));
        CommandLine tokenizer = new CommandLine(new TokenizerCommand(console));
        tokenizer.addSubcommand(new TokenizerTrainCommand(console));
        tokenizer.addSubcommand(new TokenizerEncodeCommand(console));
        tokenizer.addSubcommand(new TokenizerDecodeCommand(console));
        root.addSubcommand(tokenizer);
        CommandLine data = new CommandLine(new DataCommand(console));
        data.addSubcommand(new DataPrepareCommand(console));
        data.addSubcommand(new DataInspectCommand(console));
        root.addSubcommand(data);
        root.addSubcommand(new PretrainCommand(console));
        root.addSubcommand(new CurvesCommand(console));
        root.addSubcommand(new GenerateCommand(console));
        root.addSubcommand(new ScoreCommand(console));
        root.addSubcommand(new LogitsCommand(console));
        root.addSubcommand(new BenchCommand(console));
        root.addSubcommand(new InfoCommand(console));
        root.addSubcommand(new DoctorCommand(console));

        Errors errors = new Errors(console);
        root.setOut(new PrintWriter(console.out(), true));
        root.setErr(new PrintWriter(console.err(), true));
        root.setParameterExceptionHandler(errors);
        root.setExecutionExceptionHandler(errors);
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setAbbreviatedOptionsAllowed(false);
        root.setUsageHelpWidth(Math.clamp(console.columns(), 80, 110));
        return root;
    }
}
