package dev.cria.data;

import dev.cria.base.UserError;
import java.util.Locale;

/** How bytes of input are taken apart into documents. */
public enum InputFormat {
    /** By the file's name: see {@link #of}. */
    AUTO,
    /** A file is one document. */
    TEXT,
    /** A line is a JSON object with the text in one field. */
    JSONL,
    /** A row is a document; the text is in one column. */
    PARQUET,
    /** An entry is a file. */
    ZIP;

    /**
     * The format of a file by its name, {@code .gz} and {@code .zst} at the end ignored: {@code .jsonl}, {@code .ndjson}; {@code .parquet};
     * {@code .zip}, {@code .jar}; everything else is text.
     */
    static InputFormat of(String name) {
        String plain = Compression.withoutSuffix(name.toLowerCase(Locale.ROOT));
        if (plain.endsWith(".jsonl") || plain.endsWith(".ndjson")) {
            return JSONL;
        }
        if (plain.endsWith(".parquet")) {
            return PARQUET;
        }
        return plain.endsWith(".zip") || plain.endsWith(".jar") ? ZIP : TEXT;
    }

    /** The format with this name in lower case, as the command line spells it. */
    public static InputFormat parse(String name) {
        for (InputFormat format : values()) {
            if (format.name().toLowerCase(Locale.ROOT).equals(name)) {
                return format;
            }
        }
        throw new UserError("unknown input format \"" + name + "\"", "choose one of: auto, text, jsonl, parquet, zip");
    }
}
