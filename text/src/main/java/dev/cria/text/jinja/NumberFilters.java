package dev.cria.text.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/** Filters that make numbers, and {@code default}. */
final class NumberFilters {
    private static final int MAX_DIGITS = 400;

    private NumberFilters() {}

    /** The filter's result, or null where it is not one of these. */
    static @Nullable Object apply(Run run, String name, Object value, Arguments arguments) {
        return switch (name) {
            case "default", "d" -> {
                Arguments.Bound bound = arguments.bind("default", "default_value", "boolean");
                boolean missing = value instanceof Undefined || (bound.flag(1, false) && !Values.isTrue(value));
                yield missing ? bound.value(0, "") : value;
            }
            case "length", "count" -> length(run, value);
            case "int" -> {
                Arguments.Bound bound = arguments.bind("int", "default", "base");
                yield integer(value, bound.value(0, 0L), bound.integer(1, 10));
            }
            case "float" -> {
                Object otherwise = arguments.bind("float", "default").value(0, 0.0);
                Double parsed = real(value);
                yield parsed == null ? otherwise : parsed;
            }
            case "abs" -> {
                Object zero = Arithmetic.sign(value, false);
                yield zero instanceof Double number
                        ? (Object) Math.abs(number)
                        : Arithmetic.sign(zero, (Long) zero < 0);
            }
            case "round" -> round(value, arguments.bind("round", "precision", "method"));
            default -> null;
        };
    }

    private static long length(Run run, Object value) {
        if (value instanceof Undefined) {
            return 0;
        }
        if (value instanceof String text) {
            run.read(text.length());
            return Strings.length(text);
        }
        if (value instanceof java.util.Map<?, ?> map) {
            return map.size();
        }
        if (value instanceof java.util.List<?> list) {
            return list.size();
        }
        throw new JinjaException("a '" + Values.typeName(value) + "' has no length");
    }

    private static Object integer(Object value, Object otherwise, long base) {
        if (value instanceof String text) {
            Long parsed = parse(text, base);
            if (parsed != null) {
                return parsed;
            }
        } else if (Comparison.isNumber(value) && !(value instanceof Double)) {
            return Values.integer(value, "");
        }
        Double number = real(value);
        if (number == null || Double.isNaN(number) || Double.isInfinite(number)) {
            return otherwise;
        }
        if (Math.abs(number) >= 0x1p63) {
            throw new JinjaException("a number does not fit into 64 bits");
        }
        return number.longValue();
    }

    private static @Nullable Long parse(String text, long base) {
        String digits = StringMethods.strip(text, true, true, "").replace("_", "");
        if (base < 2 || base > 36 || digits.length() > 80) {
            return null;
        }
        int sign = digits.startsWith("-") || digits.startsWith("+") ? 1 : 0;
        String prefix = base == 16 ? "0x" : base == 8 ? "0o" : base == 2 ? "0b" : " ";
        boolean prefixed = digits.regionMatches(true, sign, prefix, 0, 2);
        try {
            return Long.parseLong(digits.substring(0, sign) + digits.substring(prefixed ? sign + 2 : sign), (int) base);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The number a value says, or null where it says none. */
    private static @Nullable Double real(Object value) {
        if (Comparison.isNumber(value)) {
            return Arithmetic.real(value);
        }
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!(value instanceof String text)) {
            return null;
        }
        String digits = StringMethods.strip(text, true, true, "").replace("_", "");
        char last = digits.isEmpty() ? ' ' : digits.charAt(digits.length() - 1);
        String unsigned = digits.startsWith("-") || digits.startsWith("+") ? digits.substring(1) : digits;
        if (unsigned.equalsIgnoreCase("inf") || unsigned.equalsIgnoreCase("infinity")) {
            return digits.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        if (unsigned.equalsIgnoreCase("nan")) {
            return Double.NaN;
        }
        boolean decimal = !unsigned.isEmpty()
                && ((last >= '0' && last <= '9') || last == '.')
                && unsigned.indexOf('x') < 0
                && unsigned.indexOf('X') < 0
                && unsigned.length() < 1000;
        try {
            return decimal ? Double.parseDouble(digits) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Object round(Object value, Arguments.Bound bound) {
        long digits = bound.integer(0, 0);
        String method = bound.text(1, "common");
        if (Math.abs(digits) > MAX_DIGITS) {
            throw new JinjaException("round: a precision of " + digits);
        }
        RoundingMode mode = switch (method) {
            case "common" -> RoundingMode.HALF_EVEN;
            case "ceil" -> RoundingMode.CEILING;
            case "floor" -> RoundingMode.FLOOR;
            default -> throw new JinjaException("round: the method must be common, ceil or floor");
        };
        Object number = Arithmetic.sign(value, false);
        if (number instanceof Long whole && method.equals("common")) {
            return digits >= 0
                    ? whole
                    : new BigDecimal(whole).setScale((int) digits, mode).longValue();
        }
        double real = Arithmetic.real(number);
        if (Double.isNaN(real) || Double.isInfinite(real)) {
            return real;
        }
        if (method.equals("common")) {
            double rounded = new BigDecimal(real).setScale((int) digits, mode).doubleValue();
            return rounded == 0 && 1 / real < 0 ? -0.0 : rounded;
        }
        double scale = Math.pow(10, digits);
        double scaled = method.equals("ceil") ? Math.ceil(real * scale) : Math.floor(real * scale);
        return scaled / scale;
    }
}
