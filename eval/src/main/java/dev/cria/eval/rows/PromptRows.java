package dev.cria.eval.rows;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The worked examples of BIG-Bench Hard (Suzgun et al., 2022, arXiv 2210.09261) as its authors publish them, {@code cot-prompts/TASK.txt}:
 * a line of dashes, the task's description, then for each example a question, a chain of thought and the answer at its end. Rows have
 * {@code input}, {@code chain} and {@code answer}.
 */
final class PromptRows {
    private static final String BEGIN = "\n-----\n";
    private static final String QUESTION = "\n\nQ: ";
    private static final String THINK = "\nA: Let's think step by step.";
    private static final Pattern ANSWER = Pattern.compile("(?<=answer is )(.*)(?=.)", Pattern.UNIX_LINES);
    private static final String HINT = "restore the file as the authors of BIG-Bench Hard publish it";

    private PromptRows() {}

    /**
     * @throws UserError where the file cannot be read
     * @throws MalformedFileException where it has another form
     */
    static List<Row> read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(file, -1, "is no UTF-8 text", HINT);
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e.getMessage(), "check the path and its permissions", e);
        }
        int begin = text.lastIndexOf(BEGIN);
        String[] parts = text.substring(begin < 0 ? 0 : begin + BEGIN.length()).split(QUESTION, -1);
        List<Row> rows = new ArrayList<>();
        for (int i = 1; i < parts.length; i++) {
            rows.add(row(parts[i], file, "example " + i));
        }
        if (rows.isEmpty()) {
            throw new MalformedFileException(file, -1, "holds no example that begins with \"Q: \"", HINT);
        }
        return rows;
    }

    private static Row row(String part, Path file, String place) {
        int think = part.indexOf(THINK);
        String chain = think < 0 ? "" : part.substring(think + THINK.length());
        Matcher answer = ANSWER.matcher(chain);
        if (chain.isEmpty() || !Character.isWhitespace(chain.charAt(0)) || !answer.find()) {
            throw new MalformedFileException(
                    file, -1, place + " is not a question, \"Let's think step by step.\", and \"the answer is\"", HINT);
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("input", part.substring(0, think));
        values.put("chain", chain.substring(1));
        values.put("answer", answer.group());
        return new Row(values, file, place);
    }
}
