package dev.cria.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** Python's {@code format % values}, for %s, %r, %d, %i, %f, %x, %X, %o, %c and %%. */
final class PercentFormat {
    private static final int MAX_WIDTH = 10_000;

    private final Run run;
    private final String format;
    private final Object values;
    private final StringBuilder out = new StringBuilder();
    private int at;
    private int used;

    private PercentFormat(Run run, String format, Object values) {
        this.run = run;
        this.format = format;
        this.values = values;
    }

    static String format(Run run, String format, Object values) {
        return new PercentFormat(run, format, values).run();
    }

    private String run() {
        int from = 0;
        for (at = format.indexOf('%'); at >= 0; at = format.indexOf('%', from)) {
            run.make(at - from);
            out.append(format, from, at++);
            field();
            from = at;
        }
        // Python takes lists for mappings here, whose values need not all be used.
        int given =
                values instanceof Tuple tuple ? tuple.size() : values instanceof Map || values instanceof List ? 0 : 1;
        if (used < given) {
            throw new JinjaException("a format has fewer fields than values");
        }
        run.make(format.length() - (long) from);
        return out.append(format, from, format.length()).toString();
    }

    private char next() {
        if (at >= format.length()) {
            throw new JinjaException("a format ends inside of a field");
        }
        return format.charAt(at++);
    }

    private void field() {
        Object value = null;
        char c = next();
        if (c == '(') {
            int end = format.indexOf(')', at);
            if (end < 0 || !(values instanceof Map<?, ?> map)) {
                throw new JinjaException("a format names a value, but there are no names");
            }
            value = map.get(format.substring(at, end));
            if (value == null) {
                throw new JinjaException(
                        "a format names the value '" + format.substring(at, end) + "', which is not there");
            }
            at = end + 1;
            c = next();
        }
        StringBuilder flags = new StringBuilder();
        for (; "#0- +".indexOf(c) >= 0; c = next()) {
            flags.append(c);
        }
        int width = 0;
        for (; c >= '0' && c <= '9'; c = next()) {
            width = limited(10 * width + c - '0');
        }
        int precision = -1;
        if (c == '.') {
            precision = 0;
            for (c = next(); c >= '0' && c <= '9'; c = next()) {
                precision = limited(10 * precision + c - '0');
            }
        }
        if (c == '%') {
            out.append('%');
            return;
        }
        pad(convert(c, value != null ? value : nextValue(), flags.toString(), precision), flags.toString(), width, c);
    }

    private static int limited(int width) {
        if (width > MAX_WIDTH) {
            throw new JinjaException("a field of a format is wider than " + MAX_WIDTH);
        }
        return width;
    }

    private Object nextValue() {
        int index = used++;
        if (values instanceof Tuple tuple) {
            if (index < tuple.size()) {
                return tuple.get(index);
            }
        } else if (index == 0) {
            return values;
        }
        throw new JinjaException("a format has more fields than values");
    }

    private String convert(char kind, Object value, String flags, int precision) {
        return switch (kind) {
            case 's', 'r', 'a' -> {
                String text = kind == 's' ? PythonText.str(run, value) : PythonText.repr(run, value);
                yield precision < 0 || precision >= Strings.length(text)
                        ? text
                        : text.substring(0, text.offsetByCodePoints(0, precision));
            }
            case 'c' ->
                value instanceof Long code && code >= 0 && code <= Character.MAX_CODE_POINT
                        ? Character.toString(code.intValue())
                        : PythonText.str(run, value);
            case 'd', 'i', 'u' -> signed(Long.toString(integer(value)), flags);
            case 'x' -> signed(Long.toString(integer(value), 16), flags);
            case 'X' -> signed(Long.toString(integer(value), 16).toUpperCase(java.util.Locale.ROOT), flags);
            case 'o' -> signed(Long.toString(integer(value), 8), flags);
            case 'f', 'F' -> signed(fixed(Arithmetic.real(number(value)), precision < 0 ? 6 : precision), flags);
            default -> throw new JinjaException("a format has the field %" + kind + ", which is not supported");
        };
    }

    private static Object number(Object value) {
        if (!Comparison.isNumber(value)) {
            throw new JinjaException("a format needs a number, not '" + Values.typeName(value) + "'");
        }
        return value;
    }

    private static long integer(Object value) {
        if (value instanceof Double real && !real.isNaN() && Math.abs(real) < 9e18) {
            return real.longValue();
        }
        return Values.integer(number(value), "a value of a format");
    }

    /** A number with so many digits behind the point, rounded as Python rounds. */
    static String fixed(double value, int digits) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return PythonText.number(value);
        }
        String text =
                new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
        return text.charAt(0) != '-' && 1 / value < 0 ? "-" + text : text;
    }

    private static String signed(String number, String flags) {
        if (number.charAt(0) == '-') {
            return number;
        }
        return flags.indexOf('+') >= 0 ? "+" + number : flags.indexOf(' ') >= 0 ? " " + number : number;
    }

    private void pad(String text, String flags, int width, char kind) {
        int missing = width - Strings.length(text);
        run.make(text.length() + (long) Math.max(0, missing));
        if (missing <= 0) {
            out.append(text);
        } else if (flags.indexOf('-') >= 0) {
            out.append(text).repeat(' ', missing);
        } else if (flags.indexOf('0') >= 0 && "srac".indexOf(kind) < 0) {
            int sign = "+- ".indexOf(text.charAt(0)) >= 0 ? 1 : 0;
            out.append(text, 0, sign).repeat('0', missing).append(text, sign, text.length());
        } else {
            out.repeat(' ', missing).append(text);
        }
    }

    /** The values of a format filter: those of a list in order, or those of a map by name. */
    static Object values(List<Object> positional, Map<String, Object> named) {
        return named.isEmpty() ? new Tuple(positional) : Map.copyOf(named);
    }
}
