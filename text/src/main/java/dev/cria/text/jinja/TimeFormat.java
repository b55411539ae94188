package dev.cria.text.jinja;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** Python's strftime, in English. */
final class TimeFormat {
    private static final int MAX_FORMAT = 1000;

    private TimeFormat() {}

    static String format(LocalDateTime time, String format) {
        if (format.length() > MAX_FORMAT) {
            throw new JinjaException("strftime_now() with a format of more than " + MAX_FORMAT + " characters");
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            c = format.charAt(++i);
            boolean bare = c == '-' && i + 1 < format.length();
            c = bare ? format.charAt(++i) : c;
            String field = field(time, c);
            int from = 0;
            while (bare && from < field.length() - 1 && field.charAt(from) == '0') {
                from++;
            }
            out.append(field, from, field.length());
        }
        return out.toString();
    }

    private static String field(LocalDateTime time, char kind) {
        int hour12 = time.get(ChronoField.CLOCK_HOUR_OF_AMPM);
        return switch (kind) {
            case 'Y' -> digits(time.getYear(), 4);
            case 'y' -> digits(time.getYear() % 100, 2);
            case 'm' -> digits(time.getMonthValue(), 2);
            case 'd' -> digits(time.getDayOfMonth(), 2);
            case 'e' -> (time.getDayOfMonth() < 10 ? " " : "") + time.getDayOfMonth();
            case 'B' -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' ->
                time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH).substring(0, 3);
            case 'A' -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' ->
                time.getDayOfWeek()
                        .getDisplayName(TextStyle.FULL, Locale.ENGLISH)
                        .substring(0, 3);
            case 'H' -> digits(time.getHour(), 2);
            case 'I' -> digits(hour12, 2);
            case 'M' -> digits(time.getMinute(), 2);
            case 'S' -> digits(time.getSecond(), 2);
            case 'f' -> digits(time.getNano() / 1000, 6);
            case 'p' -> time.getHour() < 12 ? "AM" : "PM";
            case 'j' -> digits(time.getDayOfYear(), 3);
            case 'u' -> String.valueOf(time.getDayOfWeek().getValue());
            case 'w' -> String.valueOf(time.getDayOfWeek().getValue() % 7);
            case 'V' -> digits(time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'G' -> digits(time.get(IsoFields.WEEK_BASED_YEAR), 4);
            case 'F' -> field(time, 'Y') + "-" + field(time, 'm') + "-" + field(time, 'd');
            case 'T', 'X' -> field(time, 'H') + ":" + field(time, 'M') + ":" + field(time, 'S');
            case 'R' -> field(time, 'H') + ":" + field(time, 'M');
            case 'D', 'x' -> field(time, 'm') + "/" + field(time, 'd') + "/" + field(time, 'y');
            case 'c' ->
                field(time, 'a') + " " + field(time, 'b') + " " + field(time, 'e') + " " + field(time, 'T') + " "
                        + field(time, 'Y');
            case 'Z', 'z' -> ""; // the time has no zone, as Python's datetime.now() has none
            case 'n' -> "\n";
            case 't' -> "\t";
            case '%' -> "%";
            default -> throw new JinjaException("strftime_now() with the field %" + kind + ", which is not supported");
        };
    }

    private static String digits(int value, int width) {
        String text = String.valueOf(value);
        return "0".repeat(Math.max(0, width - text.length())) + text;
    }
}
