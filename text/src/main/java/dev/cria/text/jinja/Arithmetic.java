package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic: whole numbers of 64 bits, real numbers, and what + and * do to texts and lists. */
final class Arithmetic {
    private Arithmetic() {}

    static Object apply(Run run, String operator, Object a, Object b) {
        if (Comparison.isNumber(a) && Comparison.isNumber(b)) {
            return a instanceof Double || b instanceof Double
                    ? ofReals(operator, real(a), real(b))
                    : ofIntegers(operator, Values.integer(a, ""), Values.integer(b, ""));
        }
        if (operator.equals("+")) {
            if (a instanceof String x && b instanceof String y) {
                run.make(x.length() + (long) y.length());
                return x.concat(y);
            }
            if (a instanceof List<?> x
                    && b instanceof List<?> y
                    && a instanceof Tuple == b instanceof Tuple
                    && !(a instanceof Range)
                    && !(b instanceof Range)) {
                run.work(x.size() + (long) y.size());
                List<Object> sum = new ArrayList<>(x.size() + y.size());
                sum.addAll(x);
                sum.addAll(y);
                return a instanceof Tuple ? new Tuple(sum) : sum;
            }
        } else if (operator.equals("*")) {
            boolean timesFirst = isWhole(a);
            Object repeated = timesFirst ? b : a;
            if (timesFirst || isWhole(b)) {
                long times = Values.integer(timesFirst ? a : b, "");
                if (repeated instanceof String text) {
                    return Strings.repeat(run, text, times);
                }
                if (repeated instanceof List<?> list && !(repeated instanceof Range)) {
                    return repeat(run, list, times);
                }
            }
        } else if (operator.equals("%") && a instanceof String format) {
            return PercentFormat.format(run, format, b);
        }
        throw unsupported(operator, a, b);
    }

    private static boolean isWhole(Object value) {
        return value instanceof Long || value instanceof Boolean;
    }

    private static Object repeat(Run run, List<?> list, long times) {
        long count = list.isEmpty() ? 0 : Math.max(0, times);
        run.work(count > Integer.MAX_VALUE ? Integer.MAX_VALUE : count * list.size());
        List<Object> product = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            product.addAll(list);
        }
        return list instanceof Tuple ? new Tuple(product) : product;
    }

    private static JinjaException unsupported(String operator, Object a, Object b) {
        if (a instanceof Undefined undefined) {
            return undefined.error();
        }
        if (b instanceof Undefined undefined) {
            return undefined.error();
        }
        return new JinjaException("'" + operator + "' is not supported for '" + Values.typeName(a) + "' and '"
                + Values.typeName(b) + "'");
    }

    static double real(Object number) {
        return number instanceof Double real ? real : (double) Values.integer(number, "a number");
    }

    private static Object ofIntegers(String operator, long a, long b) {
        try {
            return switch (operator) {
                case "+" -> Math.addExact(a, b);
                case "-" -> Math.subtractExact(a, b);
                case "*" -> Math.multiplyExact(a, b);
                case "/" -> (double) a / nonZero(b);
                case "//" -> Math.floorDivExact(a, nonZero(b));
                case "%" -> Math.floorMod(a, nonZero(b));
                default -> b < 0 ? (Object) Math.pow(a == 0 ? nonZero(a) : a, b) : power(a, b);
            };
        } catch (ArithmeticException e) {
            throw new JinjaException("a number does not fit into 64 bits");
        }
    }

    private static long power(long base, long exponent) {
        if (base == 0 || base == 1 || base == -1) {
            return exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? 1 : base;
        }
        if (exponent > 63) {
            throw new ArithmeticException("too large");
        }
        long result = 1;
        for (long i = 0; i < exponent; i++) {
            result = Math.multiplyExact(result, base);
        }
        return result;
    }

    private static long nonZero(long divisor) {
        if (divisor == 0) {
            throw new JinjaException("division by zero");
        }
        return divisor;
    }

    private static double nonZero(double divisor) {
        if (divisor == 0) {
            throw new JinjaException("division by zero");
        }
        return divisor;
    }

    private static Object ofReals(String operator, double a, double b) {
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / nonZero(b);
            case "//" -> Math.floor(a / nonZero(b));
            case "%" -> {
                double rest = a % nonZero(b);
                yield rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
            }
            default -> {
                double power = Math.pow(a, b);
                if (Double.isNaN(power) && !Double.isNaN(a) && !Double.isNaN(b)) {
                    throw new JinjaException("the power is a complex number");
                }
                yield power;
            }
        };
    }

    /** {@code -x} or {@code +x}. */
    static Object sign(Object value, boolean negative) {
        if (value instanceof Double number) {
            return negative ? -number : number;
        }
        if (Comparison.isNumber(value)) {
            long number = Values.integer(value, "");
            return negative ? ofIntegers("-", 0, number) : (Object) number;
        }
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        throw new JinjaException("a '" + Values.typeName(value) + "' has no sign");
    }
}
