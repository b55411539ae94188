package dev.cria.text.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Python's ==, &lt; and {@code in}. */
final class Comparison {
    private static final int MAX_DEPTH = 100;

    private Comparison() {}

    static boolean equal(Run run, Object a, Object b) {
        return equal(run, a, b, 0);
    }

    private static boolean equal(Run run, Object a, Object b, int depth) {
        if (depth > MAX_DEPTH) {
            throw new JinjaException("a value is nested more than " + MAX_DEPTH + " deep");
        }
        run.work(1);
        if (a instanceof String x) {
            if (!(b instanceof String y) || x.length() != y.length()) {
                return false;
            }
            run.read(x.length());
            return x.equals(y);
        }
        if (isNumber(a) && isNumber(b)) {
            return compareNumbers(a, b) == 0 && !isNaN(a) && !isNaN(b);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            if (x.size() != y.size()
                    || a instanceof Tuple != b instanceof Tuple
                    || a instanceof Range != b instanceof Range) {
                return false;
            }
            for (int i = 0; i < x.size(); i++) {
                if (!equal(run, x.get(i), y.get(i), depth + 1)) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            if (x.size() != y.size()) {
                return false;
            }
            for (Map.Entry<?, ?> entry : x.entrySet()) {
                Object other = y.get(entry.getKey());
                if (other == null || !equal(run, entry.getValue(), other, depth + 1)) {
                    return false;
                }
            }
            return true;
        }
        return a == b || (a instanceof Undefined && b instanceof Undefined);
    }

    /** Negative, zero or positive; where the two cannot be compared, an error that names the operator. */
    static int compare(Run run, Object a, Object b, String operator) {
        return compare(run, a, b, operator, 0);
    }

    private static int compare(Run run, Object a, Object b, String operator, int depth) {
        run.work(1);
        if (depth > MAX_DEPTH) {
            throw new JinjaException("a value is nested more than " + MAX_DEPTH + " deep");
        }
        if (a instanceof String x && b instanceof String y) {
            return Strings.compare(run, x, y);
        }
        if (isNumber(a) && isNumber(b)) {
            return compareNumbers(a, b);
        }
        if (a instanceof List<?> x && b instanceof List<?> y && a instanceof Tuple == b instanceof Tuple) {
            for (int i = 0; i < x.size() && i < y.size(); i++) {
                if (!equal(run, x.get(i), y.get(i), depth + 1)) {
                    return compare(run, x.get(i), y.get(i), operator, depth + 1);
                }
            }
            return Integer.compare(x.size(), y.size());
        }
        throw incomparable(a, b, operator);
    }

    private static JinjaException incomparable(Object a, Object b, String operator) {
        if (a instanceof Undefined undefined) {
            return undefined.error();
        }
        if (b instanceof Undefined undefined) {
            return undefined.error();
        }
        return new JinjaException("'" + operator + "' is not supported between '" + Values.typeName(a) + "' and '"
                + Values.typeName(b) + "'");
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static boolean isNaN(Object value) {
        return value instanceof Double number && number.isNaN();
    }

    private static int compareNumbers(Object a, Object b) {
        if (!(a instanceof Double) && !(b instanceof Double)) {
            return Long.compare(Values.integer(a, ""), Values.integer(b, ""));
        }
        double x = Arithmetic.real(a);
        double y = Arithmetic.real(b);
        if (x != y || a instanceof Double == b instanceof Double || Double.isInfinite(x)) {
            return x < y ? -1 : x > y ? 1 : 0;
        }
        return exact(a).compareTo(exact(b)); // a whole number of more than 53 bits
    }

    private static BigDecimal exact(Object number) {
        return number instanceof Double real ? new BigDecimal(real) : BigDecimal.valueOf(Values.integer(number, ""));
    }

    /** Whether {@code container} holds {@code item}. */
    static boolean contains(Run run, Object container, Object item) {
        if (container instanceof String text) {
            if (item instanceof Undefined undefined) {
                throw undefined.error();
            }
            if (!(item instanceof String part)) {
                throw new JinjaException("'in <string>' needs a string, not '" + Values.typeName(item) + "'");
            }
            return Strings.indexOf(run, text, part, 0) >= 0;
        }
        if (container instanceof Map<?, ?> map) {
            return !(item instanceof Undefined) && !(item instanceof Tuple) && map.containsKey(Values.key(run, item));
        }
        if (container instanceof List || container instanceof Generator || container instanceof Undefined) {
            for (Object element : Values.items(run, container)) {
                if (equal(run, element, item)) {
                    return true;
                }
            }
            return false;
        }
        throw new JinjaException("a '" + Values.typeName(container) + "' holds nothing that 'in' could look for");
    }
}
