package dev.cria.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the spellings of special tokens in a text: the leftmost, and of those that start there the longest. */
final class LiteralMatcher {
    private final Node root = new Node();

    LiteralMatcher(Map<String, Integer> idsByText) {
        idsByText.forEach((text, id) -> {
            if (text.isEmpty()) {
                throw new IllegalArgumentException("an empty text cannot be matched");
            }
            Node node = root;
            for (int i = 0; i < text.length(); i++) {
                node = node.children.computeIfAbsent(text.charAt(i), c -> new Node());
            }
            node.id = id;
        });
    }

    boolean isEmpty() {
        return root.children.isEmpty();
    }

    /** A token's id and the characters {@code [start, end)} it was found at. */
    record Match(int id, int start, int end) {}

    /** The longest token that starts at {@code at}, or null. */
    @Nullable
    Match matchAt(String text, int at) {
        Node node = root;
        int id = -1;
        int end = at;
        for (int i = at; i < text.length(); i++) {
            Node child = node.children.get(text.charAt(i));
            if (child == null) {
                break;
            }
            node = child;
            if (node.id >= 0) {
                id = node.id;
                end = i + 1;
            }
        }
        return id < 0 ? null : new Match(id, at, end);
    }

    /** All matches, from left to right, none overlapping another. */
    List<Match> findAll(String text) {
        return findAll(text, List.of());
    }

    /** All matches that touch none of the spans, which go from left to right. */
    List<Match> findAll(String text, List<TextSpan> except) {
        List<Match> matches = new ArrayList<>();
        int span = 0;
        for (int i = nextStart(text, 0); i < text.length(); ) {
            while (span < except.size() && except.get(span).end() <= i) {
                span++;
            }
            Match match = matchAt(text, i);
            if (match != null && span < except.size() && except.get(span).overlaps(match.start(), match.end())) {
                match = null;
            }
            if (match != null) {
                matches.add(match);
            }
            i = nextStart(text, match != null ? match.end() : i + 1);
        }
        return matches;
    }

    /** The next place where a token might start; where all start alike ('<') the library's search is much faster than looking at each character. */
    private int nextStart(String text, int from) {
        if (root.children.isEmpty()) {
            return text.length();
        }
        if (root.children.size() > 1) {
            return from;
        }
        int at = text.indexOf(root.children.keySet().iterator().next(), from);
        return at < 0 ? text.length() : at;
    }

    private static final class Node {
        final Map<Character, Node> children = new HashMap<>();
        int id = -1;
    }
}
