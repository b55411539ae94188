package dev.cria.cuda.compile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One of Cria's CUDA sources with every header {@code .cuh} that it includes, directly or through another.
 *
 * @param name without {@code .cu}
 * @param text the source
 * @param headers text by name, in the order in which they are met
 */
public record KernelSource(String name, String text, Map<String, String> headers) {
    private static final String FOLDER = "/dev/cria/cuda/";
    private static final Pattern INCLUDE = Pattern.compile("^\\s*#\\s*include\\s+\"(\\w+[.]cuh)\"", Pattern.MULTILINE);

    private static final Pattern DECLARATION =
            Pattern.compile("\\bKERNEL\\s+(?:__launch_bounds__\\s*\\([^)]*\\)\\s*)?(\\w+)\\s*\\(");

    /**
     * Reads a source among Cria's resources.
     *
     * @throws IllegalStateException if it or a header is not there
     */
    public static KernelSource of(String name) {
        return of(name, resource(name + ".cu"));
    }

    /** A source of one's own over Cria's headers. */
    public static KernelSource of(String name, String text) {
        Map<String, String> headers = new LinkedHashMap<>();
        Deque<String> texts = new ArrayDeque<>();
        texts.add(text);
        while (!texts.isEmpty()) {
            Matcher includes = INCLUDE.matcher(texts.remove());
            while (includes.find()) {
                String header = includes.group(1);
                if (!headers.containsKey(header)) {
                    headers.put(header, resource(header));
                    texts.add(headers.get(header));
                }
            }
        }
        return new KernelSource(name, text, headers);
    }

    /**
     * The same with one kernel: the others become functions that nothing calls, which the compiler leaves out. Where a source has many large
     * kernels, of which a program needs one or two, this is several times faster.
     */
    public KernelSource only(String kernel) {
        String rest = DECLARATION
                .matcher(text)
                .replaceAll(match -> Matcher.quoteReplacement(
                        match.group(1).equals(kernel)
                                ? match.group()
                                : "static __device__ void " + match.group(1) + "("));
        return new KernelSource(name + "." + kernel, rest, headers);
    }

    private static String resource(String file) {
        try (InputStream in = KernelSource.class.getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException("there is no source " + file + " among Cria's resources");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("reading the source " + file, e);
        }
    }
}
