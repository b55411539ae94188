package dev.cria.tensor.cpu;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Whether this JVM turns the Vector API into vector instructions. HotSpot's C2 does; interpreted, or compiled by C1 alone, every operation is a
 * chain of calls on objects, a hundred times slower than scalar code.
 *
 * @param refusal why it does not, and what would mend that; empty where it does
 */
record VectorCompiler(Optional<String> refusal) {
    private static final String INTERPRETED =
            "this JVM interprets and compiles nothing (-Xint, or -XX:TieredStopAtLevel=0); start java without that option to use them";
    private static final String FIRST_COMPILER =
            "this JVM compiles with C1 only (-XX:TieredStopAtLevel below 4, or -client), which knows no vectors; start java without that option to use them";
    private static final String SWITCHED_OFF =
            "vector instructions are switched off in this JVM (-XX:-EnableVectorSupport); start java without that option to use them";

    /** Looks at this JVM. It takes no time worth mentioning unless an option names one of the flags that properties do not show. */
    static VectorCompiler detect() {
        UnaryOperator<String> flags =
                isMentioned("TieredStopAtLevel", "EnableVectorSupport") ? VectorCompiler::flag : name -> "";
        return of(System.getProperty("java.vm.name", ""), System.getProperty("java.vm.info", ""), flags);
    }

    /**
     * Decides.
     *
     * @param name of the JVM, such as {@code OpenJDK 64-Bit Server VM}
     * @param info its mode, such as {@code mixed mode, sharing}
     * @param flags the value of one of its flags; empty where unknown
     */
    static VectorCompiler of(String name, String info, UnaryOperator<String> flags) {
        if (!name.endsWith("Server VM")) {
            return refused("this JVM (" + (name.isBlank() ? "without a name" : name)
                    + ") is not HotSpot with its C2 compiler, the one that is known to make vector instructions of them;"
                    + " start with an OpenJDK build of HotSpot, such as Temurin 25, to use them");
        }
        if (info.contains("interpreted mode")
                || flags.apply("TieredStopAtLevel").equals("0")) {
            return refused(INTERPRETED);
        }
        if (info.contains("emulated-client") || flags.apply("TieredStopAtLevel").matches("[123]")) {
            return refused(FIRST_COMPILER);
        }
        if (flags.apply("EnableVectorSupport").equals("false")) {
            return refused(SWITCHED_OFF);
        }
        return new VectorCompiler(Optional.empty());
    }

    private static VectorCompiler refused(String reason) {
        return new VectorCompiler(Optional.of(reason));
    }

    /** Whether the command line, or a variable that adds to it, names one of these; where the command line cannot be seen, true. */
    private static boolean isMentioned(String... flags) {
        String options = System.getenv().getOrDefault("JAVA_TOOL_OPTIONS", "")
                + System.getenv().getOrDefault("JDK_JAVA_OPTIONS", "")
                + System.getenv().getOrDefault("_JAVA_OPTIONS", "");
        try {
            options += Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return true;
        }
        for (String flag : flags) {
            if (options.contains(flag)) {
                return true;
            }
        }
        return false;
    }

    /** A flag of HotSpot; empty where it has none of that name, or no way to ask. */
    private static String flag(String name) {
        try {
            HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            return bean == null ? "" : bean.getVMOption(name).getValue();
        } catch (IllegalArgumentException | LinkageError e) {
            return "";
        }
    }
}
