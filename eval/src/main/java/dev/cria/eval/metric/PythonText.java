package dev.cria.eval.metric;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.regex.Pattern;

/** Python's idea of white space, numbers and their spelling, on which the reference harness's answers rest. */
public final class PythonText {
    private static final Pattern NUMBER = Pattern.compile(
            "[+-]?([0-9]+(_[0-9]+)*\\.?|([0-9]+(_[0-9]+)*)?\\.[0-9]+(_[0-9]+)*)([eE][+-]?[0-9]+(_[0-9]+)*)?");
    private static final Pattern SPECIAL = Pattern.compile("([+-]?)(inf|infinity|nan)", Pattern.CASE_INSENSITIVE);

    private PythonText() {}

    /** {@code str.isspace} of one character: Unicode's spaces and separators, and the four ASCII separators. */
    public static boolean isSpace(int c) {
        return (c >= 9 && c <= 13)
                || (c >= 28 && c <= 32)
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200A)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }

    /** {@code str.lstrip()}. */
    public static String stripLeft(String text) {
        int from = 0;
        while (from < text.length() && isSpace(text.charAt(from))) {
            from++;
        }
        return text.substring(from);
    }

    /** {@code str.strip()}. */
    public static String strip(String text) {
        int to = text.length();
        while (to > 0 && isSpace(text.charAt(to - 1))) {
            to--;
        }
        return stripLeft(text.substring(0, to));
    }

    /** {@code str.split()}: the words between white space, without empty ones. */
    public static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int from = -1;
        for (int i = 0; i <= text.length(); i++) {
            boolean space = i == text.length() || isSpace(text.charAt(i));
            if (space && from >= 0) {
                words.add(text.substring(from, i));
                from = -1;
            } else if (!space && from < 0) {
                from = i;
            }
        }
        return words;
    }

    /** {@code float(text)}; empty where Python raises ValueError. */
    public static OptionalDouble number(String text) {
        String stripped = asciiDigits(strip(text));
        if (NUMBER.matcher(stripped).matches()) {
            return OptionalDouble.of(Double.parseDouble(stripped.replace("_", "")));
        }
        var special = SPECIAL.matcher(stripped);
        if (!special.matches()) {
            return OptionalDouble.empty();
        }
        if (special.group(2).toLowerCase(Locale.ROOT).equals("nan")) {
            return OptionalDouble.of(Double.NaN);
        }
        return OptionalDouble.of(special.group(1).equals("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
    }

    /** Decimal digits of any script as those of ASCII, which is how {@code float} takes them. */
    private static String asciiDigits(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().forEach(c -> {
            int digit =
                    c > 0x7F && Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER ? Character.digit(c, 10) : -1;
            out.appendCodePoint(digit >= 0 ? '0' + digit : c);
        });
        return out.toString();
    }

    /** {@code repr(value)} of a float: the shortest digits, an exponent below 1e-4 and from 1e16. */
    public static String repr(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal decimal = shortest(value);
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = decimal.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = decimal.unscaledValue().abs().toString();
        String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
        return (value < 0 ? "-" : "")
                + digits.charAt(0)
                + fraction
                + String.format(Locale.ROOT, "e%s%02d", exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    /** Java writes two digits where one would do: 4.9E-324. */
    private static BigDecimal shortest(double value) {
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        BigDecimal one = decimal.round(new MathContext(1));
        return decimal.precision() == 2 && one.doubleValue() == value ? one : decimal;
    }
}
