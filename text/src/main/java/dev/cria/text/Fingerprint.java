package dev.cria.text;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * SHA-256 over everything that decides the ids of a text, in a form that does not depend on the file it came from: a tokenizer.model and
 * the tokenizer.json that the usual converter makes from it have the same fingerprint: merges are put in its order. Pairs that make the same piece and follow each other in rank are a group, whose
 * inner order does not count: tokenizer.model does not have one, and it matters only where two of them overlap, as in a, aa, a.
 */
final class Fingerprint {
    private final MessageDigest digest;

    private Fingerprint() {
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static int length(Vocabulary vocabulary, int symbol) {
        if (symbol >= vocabulary.size()) {
            return 1;
        }
        String piece = vocabulary.piece(symbol);
        return piece.codePointCount(0, piece.length());
    }

    /**
     * @param normalizer what happens to the text before merging, in words
     * @param added tokens that are looked for in every text
     */
    static String of(Vocabulary vocabulary, BpeModel model, String normalizer, Collection<String> added) {
        Fingerprint print = new Fingerprint();
        print.text("cria tokenizer 1");
        print.text(normalizer);
        print.text(model.unknownPolicy());
        print.number(vocabulary.size());
        vocabulary.pieces().forEach(print::text);
        added.stream().sorted().forEach(print::text);
        print.merges(vocabulary, model);
        return HexFormat.of().formatHex(print.digest.digest());
    }

    /** SHA-256 of bytes, in hex. */
    static String of(byte[] bytes) {
        return HexFormat.of().formatHex(new Fingerprint().digest.digest(bytes));
    }

    private void merges(Vocabulary vocabulary, BpeModel model) {
        List<Merge> merges = new ArrayList<>(model.pairs().size());
        model.pairs().forEach((left, right, rank, merged) -> merges.add(new Merge(left, right, rank, merged)));
        merges.sort(Merge.order(symbol -> length(vocabulary, symbol)));
        number(merges.size());
        for (int from = 0; from < merges.size(); ) {
            int to = from + 1;
            while (to < merges.size()
                    && merges.get(to).merged() == merges.get(from).merged()) {
                to++;
            }
            List<Merge> group = new ArrayList<>(merges.subList(from, to));
            group.sort(Comparator.comparingInt(Merge::left).thenComparingInt(Merge::right));
            for (Merge merge : group) {
                number(merge.left());
                number(merge.right());
                number(merge.merged());
            }
            from = to;
        }
    }

    private void text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        number(bytes.length);
        digest.update(bytes);
    }

    private void number(int value) {
        digest.update(ByteBuffer.allocate(4).putInt(0, value));
    }

    /** A fingerprint that is worked out when somebody asks: most users of a tokenizer never do. */
    static final class Lazy {
        private final Supplier<String> source;
        private volatile @Nullable String value;

        Lazy(Supplier<String> source) {
            this.source = source;
        }

        String get() {
            String known = value;
            if (known == null) { // two threads may both do this, with the same result
                known = source.get();
                value = known;
            }
            return known;
        }
    }
}
