package dev.cria.data;

import dev.cria.base.UserError;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Which control tokens stand around a document in the token stream. The choice is written into every shard and into the manifest; nothing
 * is added later on.
 */
public enum Separators {
    /** Documents follow each other without a mark. */
    NONE(false, false),
    /** BOS before each document. */
    BOS(true, false),
    /** EOS after each document. */
    EOS(false, true),
    /** BOS before and EOS after each document: the default; the model learns both to begin and to stop. */
    BOTH(true, true);

    private final boolean bos;
    private final boolean eos;

    Separators(boolean bos, boolean eos) {
        this.bos = bos;
        this.eos = eos;
    }

    /** Whether BOS is put before each document. */
    public boolean bos() {
        return bos;
    }

    /** Whether EOS is put after each document. */
    public boolean eos() {
        return eos;
    }

    /** The name used on the command line and in files: {@code none}, {@code bos}, {@code eos}, {@code both}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The policy with this {@link #label}.
     *
     * @throws UserError where there is none
     */
    public static Separators parse(String label) {
        for (Separators separators : values()) {
            if (separators.label().equals(label)) {
                return separators;
            }
        }
        String known = Arrays.stream(values()).map(Separators::label).collect(Collectors.joining(", "));
        throw new UserError("unknown document separators \"" + label + "\"", "choose one of: " + known);
    }

    /** Number of control tokens that the policy adds to a document. */
    int perDocument() {
        return (bos ? 1 : 0) + (eos ? 1 : 0);
    }
}
