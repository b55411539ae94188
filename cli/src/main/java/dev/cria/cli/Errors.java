package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The one place where an error becomes {@code cria: a sentence} and a hint on stderr, and an exit code. */
final class Errors implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private final Console console;

    Errors(Console console) {
        this.console = console;
    }

    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        String help = "`" + name + " --help` shows what it takes";
        if (e.getCause() instanceof UserError user) {
            return report(console, user, List.of(args).contains(CommonOptions.VERBOSE));
        }
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String first = unmatched.getUnmatched().getFirst();
            boolean option = first.startsWith("-");
            boolean commands = !command.getSubcommands().isEmpty();
            String kind = option ? "option" : commands ? "command" : "argument";
            List<String> near = unmatched.getSuggestions();
            String hint = near.isEmpty() ? help : "did you mean " + near.getFirst() + "? " + help;
            return print("unknown " + kind + " " + first + " for `" + name + "`", hint, UserError.REFUSED);
        }
        String what = e.getMessage() == null
                ? "wrong usage of `" + name + "`"
                : oneLine(e.getMessage()).replaceFirst("^Error: ", "");
        if (e instanceof MissingParameterException) {
            what = "`" + name + "`: " + what;
        }
        return print(what, help, UserError.REFUSED);
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult parsed) {
        return report(console, e, verbose(parsed));
    }

    private static boolean verbose(ParseResult parsed) {
        ParseResult deepest = parsed;
        while (true) {
            if (deepest.hasMatchedOption(CommonOptions.VERBOSE)) {
                return true;
            }
            if (!deepest.hasSubcommand()) {
                return false;
            }
            deepest = deepest.subcommand();
        }
    }

    /** Reports an error; returns the exit code that belongs to it. */
    static int report(Console console, Throwable thrown, boolean verbose) {
        Throwable error = thrown instanceof UncheckedIOException io && io.getCause() != null ? io.getCause() : thrown;
        if (error instanceof IOException && has(error, "Broken pipe")) {
            return UserError.FAILED; // who read our output has gone, and needs no explanation
        }
        Errors errors = new Errors(console);
        int code = errors.explain(error, verbose);
        if (verbose) {
            thrown.printStackTrace(console.err());
        }
        return code;
    }

    private int explain(Throwable error, boolean verbose) {
        String message = error.getMessage() == null ? error.getClass().getSimpleName() : oneLine(error.getMessage());
        return switch (error) {
            case UserError user -> print(user.what(), user.hint(), user.exitCode());
            case OutOfMemoryError memory ->
                print(
                        "out of memory: " + message,
                        "take a smaller micro-batch, sequence or model, or give the heap more by CRIA_JAVA_OPTS=-Xmx8g; `cria doctor` says what this machine has",
                        UserError.FAILED);
            case NoSuchFileException missing ->
                print("no such file or folder: " + missing.getFile(), "check the path", UserError.REFUSED);
            case AccessDeniedException denied ->
                print(
                        "not allowed to read or write " + denied.getFile(),
                        "check the permissions of the file and its folder",
                        UserError.REFUSED);
            case NotDirectoryException file ->
                print("not a folder: " + file.getFile(), "give a folder", UserError.REFUSED);
            case FileAlreadyExistsException there ->
                print(
                        "there is already something at " + there.getFile(),
                        "name another path, or move it away",
                        UserError.REFUSED);
            case IOException io
            when has(io, "No space left") || has(io, "Disk quota exceeded") ->
                print(
                        "the disk is full"
                                + (io instanceof FileSystemException f && f.getFile() != null
                                        ? ": " + f.getFile()
                                        : ""),
                        "make room and run the command again; what was complete before is kept",
                        UserError.FAILED);
            case IOException io
            when has(io, "Read-only file system") ->
                print(
                        "cannot write here, the file system is read-only: " + message,
                        "name another folder",
                        UserError.REFUSED);
            case ReadOnlyFileSystemException io ->
                print("cannot write here, the file system is read-only", "name another folder", UserError.REFUSED);
            case IOException io -> print("reading or writing failed: " + message, "", UserError.FAILED);
            default ->
                print(
                        "internal error: " + error.getClass().getSimpleName() + ": " + message,
                        verbose
                                ? "please report it with the stack trace below"
                                : "this is a fault in Cria; run again with --verbose and report the stack trace",
                        UserError.FAILED);
        };
    }

    private int print(String what, String hint, int code) {
        console.say("cria: " + what);
        if (!hint.isEmpty()) {
            console.say("HINT: " + hint);
        }
        return code;
    }

    private static boolean has(Throwable error, String text) {
        return error.getMessage() != null
                && error.getMessage().toLowerCase(Locale.ROOT).contains(text.toLowerCase(Locale.ROOT));
    }

    private static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", "; ");
    }
}
