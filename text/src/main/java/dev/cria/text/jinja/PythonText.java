package dev.cria.text.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Values as text: Python's str() and repr(). */
final class PythonText {
    private static final int MAX_DEPTH = 100;

    private PythonText() {}

    /** What {@code {{ value }}} prints. */
    static String str(Run run, Object value) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof Undefined undefined) {
            return run.nothing(undefined);
        }
        return repr(run, value);
    }

    static String repr(Run run, Object value) {
        StringBuilder out = new StringBuilder();
        repr(run, value, out, 0);
        return out.toString();
    }

    private static void repr(Run run, Object value, StringBuilder out, int depth) {
        if (depth > MAX_DEPTH) {
            throw new JinjaException("a value is nested more than " + MAX_DEPTH + " deep");
        }
        run.work(1);
        if (value instanceof String text) {
            quote(run, text, out);
        } else if (value instanceof Range range) {
            out.append(range.text());
        } else if (value instanceof List<?> list) {
            boolean tuple = value instanceof Tuple;
            out.append(tuple ? '(' : '[');
            for (int i = 0; i < list.size(); i++) {
                out.append(i == 0 ? "" : ", ");
                repr(run, list.get(i), out, depth + 1);
            }
            out.append(tuple ? list.size() == 1 ? ",)" : ")" : "]");
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            String separator = "";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                repr(run, entry.getKey(), out, depth + 1);
                repr(run, entry.getValue(), out.append(": "), depth + 1);
                separator = ", ";
            }
            out.append('}');
        } else {
            out.append(scalar(value));
        }
    }

    private static String scalar(Object value) {
        if (value instanceof Boolean bool) {
            return bool ? "True" : "False";
        }
        if (value instanceof None) {
            return "None";
        }
        if (value instanceof Double number) {
            return number(number);
        }
        if (value instanceof Long) {
            return value.toString();
        }
        return value instanceof Undefined ? "Undefined" : "<" + Values.typeName(value) + ">";
    }

    /** The shortest digits that mean the number, in Python's notation. */
    static String number(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= -4 && exponent < 16) {
            String plain = decimal.toPlainString();
            return plain.indexOf('.') < 0 ? plain + ".0" : plain;
        }
        String digits = decimal.unscaledValue().abs().toString();
        String power = String.valueOf(Math.abs(exponent));
        return (value < 0 ? "-" : "")
                + digits.charAt(0)
                + (digits.length() > 1 ? "." + digits.substring(1) : "")
                + (exponent < 0 ? "e-" : "e+")
                + (power.length() < 2 ? "0" + power : power);
    }

    private static void quote(Run run, String text, StringBuilder out) {
        run.make(text.length() + 2L);
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (c == quote || c == '\\') {
                out.append('\\').append((char) c);
            } else if (c == '\n' || c == '\r' || c == '\t') {
                out.append(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
            } else if (isPrintable(c)) {
                out.appendCodePoint(c);
            } else {
                run.make(10);
                String hex = Integer.toHexString(c);
                int digits = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
                out.append(c < 0x100 ? "\\x" : c < 0x10000 ? "\\u" : "\\U")
                        .append("0".repeat(digits - hex.length()))
                        .append(hex);
            }
        }
        out.append(quote);
    }

    private static boolean isPrintable(int c) {
        if (c >= ' ' && c < 0x7F) {
            return true;
        }
        int type = Character.getType(c);
        return type != Character.CONTROL
                && type != Character.FORMAT
                && type != Character.SURROGATE
                && type != Character.PRIVATE_USE
                && type != Character.UNASSIGNED
                && type != Character.LINE_SEPARATOR
                && type != Character.PARAGRAPH_SEPARATOR
                && type != Character.SPACE_SEPARATOR;
    }
}
