package dev.cria.cli.terminal;

import java.time.Duration;
import java.util.Locale;

/** Numbers as a person reads them: three figures and a unit. */
public final class Units {
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    private static final String[] DECIMAL = {"", "k", "M", "G", "T", "P"};

    private Units() {}

    /** A number of bytes, such as {@code 1.53 GiB}. */
    public static String bytes(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < BINARY.length - 1) {
            value /= 1024;
            unit++;
        }
        return (unit == 0 ? Long.toString(bytes) : figures(value)) + " " + BINARY[unit];
    }

    /** A number of things, such as {@code 15.2M}; below 10,000 in full. */
    public static String count(double count) {
        if (count < 10_000) {
            return count == Math.rint(count) ? String.format(Locale.ROOT, "%.0f", count) : figures(count);
        }
        double value = count;
        int unit = 0;
        while (value >= 999.5 && unit < DECIMAL.length - 1) {
            value /= 1000;
            unit++;
        }
        return figures(value) + DECIMAL[unit];
    }

    /** A span of time, such as {@code 3m 12s}, {@code 2h 05m} or {@code 4d 03h}. */
    public static String duration(Duration duration) {
        long seconds = Math.max(0, duration.plusMillis(500).toSeconds());
        if (seconds < 60) {
            return seconds + "s";
        }
        if (seconds < 3600) {
            return String.format(Locale.ROOT, "%dm %02ds", seconds / 60, seconds % 60);
        }
        if (seconds < 86_400) {
            return String.format(Locale.ROOT, "%dh %02dm", seconds / 3600, seconds / 60 % 60);
        }
        return String.format(Locale.ROOT, "%dd %02dh", seconds / 86_400, seconds / 3600 % 24);
    }

    /** A span of time of so many seconds; what is not finite or beyond a century is unknown. */
    public static String seconds(double seconds) {
        return seconds >= 0 && seconds < 3.2e9 ? duration(Duration.ofMillis((long) (seconds * 1000))) : "?";
    }

    private static String figures(double value) {
        return String.format(Locale.ROOT, value >= 99.95 ? "%.0f" : value >= 9.995 ? "%.1f" : "%.2f", value);
    }
}
