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
        List<Match> matches = new ArrayList<>();
        if (isEmpty()) {
            return matches;
        }
        if (root.children.size()
                == 1) { // all start alike ('<'): the library's search is much faster than looking at every character
            char first = root.children.keySet().iterator().next();
            for (int i = text.indexOf(first); i >= 0; ) {
                Match match = matchAt(text, i);
                if (match != null) {
                    matches.add(match);
                }
                i = text.indexOf(first, match != null ? match.end() : i + 1);
            }
            return matches;
        }
        for (int i = 0; i < text.length(); ) {
            Match match = matchAt(text, i);
            if (match != null) {
                matches.add(match);
            }
            i = match != null ? match.end() : i + 1;
        }
        return matches;
    }

    private static final class Node {
        final Map<Character, Node> children = new HashMap<>();
        int id = -1;
    }
}
