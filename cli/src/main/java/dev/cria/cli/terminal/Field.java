package dev.cria.cli.terminal;

import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One item of a live line.
 *
 * @param text what it says, without control sequences
 * @param importance where the line is too long, the least important items go first
 * @param style SGR parameters such as {@code 2} (dim) or {@code 36} (cyan); empty for none
 * @param ornament whether it is a picture that only helps on a terminal, and is left out of logs
 */
public record Field(String text, int importance, String style, boolean ornament) {
    private static final String GAP = "  ";

    /** An item without colour. */
    public static Field plain(String text, int importance) {
        return new Field(text, importance, "", false);
    }

    /** An item in colour. */
    public static Field styled(String text, int importance, String style) {
        return new Field(text, importance, style, false);
    }

    /** A picture in colour, such as a bar. */
    public static Field ornament(String text, int importance, String style) {
        return new Field(text, importance, style, true);
    }

    /** The items in their order, as many as fit into {@code columns}; always at least the most important one, cut where it must be. */
    static List<Field> fit(List<Field> fields, int columns) {
        List<Field> byImportance = fields.stream()
                .sorted(Comparator.comparingInt(Field::importance).reversed())
                .toList();
        int used = 0;
        int kept = 0;
        for (Field field : byImportance) {
            int width = field.width() + (kept == 0 ? 0 : GAP.length());
            if (used + width > columns && kept > 0) {
                break;
            }
            used += width;
            kept++;
        }
        List<Field> chosen = byImportance.subList(0, kept);
        return fields.stream().filter(chosen::contains).toList();
    }

    /** The items as one line. */
    static String join(List<Field> fields, boolean styled, int columns) {
        if (fields.size() == 1 && fields.getFirst().width() > columns) {
            String text = fields.getFirst().text;
            return text.substring(0, text.offsetByCodePoints(0, columns));
        }
        return fields.stream().map(field -> field.render(styled)).collect(Collectors.joining(GAP));
    }

    private int width() {
        return text.codePointCount(0, text.length());
    }

    private String render(boolean styled) {
        return styled && !style.isEmpty() ? "\u001b[" + style + "m" + text + "\u001b[0m" : text;
    }
}
