package dev.cria.model.adapter;

import dev.cria.base.UserError;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An adapter that someone asks for.
 *
 * @param directory where it is
 * @param weight how much of it; 1 is as it was trained
 */
public record AdapterChoice(Path directory, double weight) {
    private static final Pattern WITH_WEIGHT = Pattern.compile("(.+)=([-+.0-9eE]+)");

    /** @throws UserError if the weight is not finite */
    public AdapterChoice {
        if (!Double.isFinite(weight)) {
            throw new UserError("an adapter's weight is " + weight, "give a finite number, such as 0.5");
        }
    }

    public AdapterChoice(Path directory) {
        this(directory, 1);
    }

    /**
     * Reads {@code DIR} or {@code DIR=WEIGHT}.
     *
     * @throws UserError if it is neither
     */
    public static AdapterChoice parse(String text) {
        Matcher matcher = WITH_WEIGHT.matcher(text);
        try {
            return matcher.matches()
                    ? new AdapterChoice(Path.of(matcher.group(1)), Double.parseDouble(matcher.group(2)))
                    : new AdapterChoice(Path.of(text));
        } catch (NumberFormatException | InvalidPathException e) {
            throw new UserError(
                    "'" + text + "' names no adapter", "write the adapter's folder, or FOLDER=WEIGHT as in lora=0.5");
        }
    }
}
