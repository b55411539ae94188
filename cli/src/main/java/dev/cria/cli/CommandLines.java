package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.CommandLine;

/** Builds the command tree and runs it. */
public final class CommandLines {
    private CommandLines() {}

    /** Runs one command; returns its exit code: 0 done, 1 failed while running, 2 wrong usage or refused input. */
    public static int run(Console console, String... args) {
        int code = build(console, args).execute(args);
        try {
            console.out().flush();
        } catch (IOException e) {
            return code != 0 ? code : Errors.report(console, e, false);
        }
        return code;
    }

    /**
     * The command tree, wired to {@code console}. Where the first argument names a command, only that one is built, since looking at all of
     * their options takes longer than many a command itself.
     */
    private static CommandLine build(Console console, String... args) {
        CommandLine root = new CommandLine(new RootCommand(console));
        Map<String, Supplier<Object>> commands = commands(console);
        boolean versionOnly = args.length > 0 && List.of("-V", "--version").contains(args[0]);
        if (args.length > 0 && (versionOnly || commands.containsKey(args[0]))) {
            commands.keySet().retainAll(Set.of(args[0]));
        }
        commands.values().forEach(command -> root.addSubcommand(command.get()));

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

    /** All commands, in the order in which the help lists them. */
    private static Map<String, Supplier<Object>> commands(Console console) {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("quickstart", () -> new QuickstartCommand(console));
        commands.put(
                "tokenizer",
                () -> group(
                        new TokenizerCommand(console),
                        new TokenizerTrainCommand(console),
                        new TokenizerEncodeCommand(console),
                        new TokenizerDecodeCommand(console)));
        commands.put(
                "data",
                () -> group(
                        new DataCommand(console), new DataPrepareCommand(console), new DataInspectCommand(console)));
        commands.put("pretrain", () -> new PretrainCommand(console));
        commands.put("finetune", () -> new FinetuneCommand(console));
        commands.put("align", () -> new AlignCommand(console));
        commands.put("curves", () -> new CurvesCommand(console));
        commands.put("pull", () -> new PullCommand(console));
        commands.put("chat", () -> new ChatCommand(console));
        commands.put("generate", () -> new GenerateCommand(console));
        commands.put("score", () -> new ScoreCommand(console));
        commands.put("perplexity", () -> new PerplexityCommand(console));
        commands.put("eval", () -> new EvalCommand(console));
        commands.put("logits", () -> new LogitsCommand(console));
        commands.put("bench", () -> new BenchCommand(console));
        commands.put("convert", () -> new ConvertCommand(console));
        commands.put("info", () -> new InfoCommand(console));
        commands.put("doctor", () -> new DoctorCommand(console));
        return commands;
    }

    private static CommandLine group(Object command, Object... subcommands) {
        CommandLine line = new CommandLine(command);
        for (Object subcommand : subcommands) {
            line.addSubcommand(subcommand);
        }
        return line;
    }
}
