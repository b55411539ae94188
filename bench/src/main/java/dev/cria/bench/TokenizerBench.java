package dev.cria.bench;

import dev.cria.text.TokenBuffer;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Megabytes of text a second that one thread encodes: lines, 8 kB documents and 1 MB documents of a text file, cut as the peers' script cuts
 * them. Prints the median of several rounds after a warm-up, and the number of tokens, to be compared with the peers'.
 */
public final class TokenizerBench {
    private static final int ROUNDS = 7;
    private static final int MAX_CHARACTERS = 8_000_000;

    private TokenizerBench() {}

    /** Arguments: a text file, and a tokenizer (directory or file). */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: TokenizerBench TEXT_FILE TOKENIZER");
            System.exit(2);
        }
        String text = new String(Files.readAllBytes(Path.of(arguments[0])), StandardCharsets.UTF_8);
        text = text.substring(0, Math.min(text.length(), MAX_CHARACTERS));
        Tokenizer tokenizer = Tokenizers.load(Path.of(arguments[1]));
        measure("lines", tokenizer, List.of(text.split("\n", -1)));
        measure("8 kB documents", tokenizer, cut(text, 8192, text.length()));
        measure("1 MB documents", tokenizer, cut(text, 1_000_000, 2_000_000));
    }

    private static List<String> cut(String text, int size, int end) {
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < Math.min(end, text.length()); i += size) {
            documents.add(text.substring(i, Math.min(i + size, text.length())));
        }
        return documents;
    }

    private static void measure(String name, Tokenizer tokenizer, List<String> documents) {
        long bytes = documents.stream()
                .mapToLong(d -> d.getBytes(StandardCharsets.UTF_8).length)
                .sum();
        TokenBuffer ids = new TokenBuffer();
        double[] rates = new double[ROUNDS];
        long tokens = 0;
        long first = 0;
        for (int round = -2; round < ROUNDS; round++) { // two to warm up
            tokens = 0;
            long start = System.nanoTime();
            for (String document : documents) {
                ids.clear();
                tokenizer.encode(document, ids);
                tokens += ids.size();
            }
            long nanos = System.nanoTime() - start;
            if (round >= 0) {
                rates[round] = bytes * 1e3 / nanos;
            } else if (round == -2) {
                first = nanos;
            }
        }
        java.util.Arrays.sort(rates);
        System.out.printf(
                "%s: %.1f MB  cria %.1f MB/s (median of %d; slowest %.1f, first pass %.1f)  %d tokens%n",
                name, bytes / 1e6, rates[ROUNDS / 2], ROUNDS, rates[0], bytes * 1e3 / first, tokens);
    }
}
