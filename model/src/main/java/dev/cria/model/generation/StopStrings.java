package dev.cria.model.generation;

import java.util.List;

/** Watches a growing text for stop strings; holds back what may yet become one. */
final class StopStrings {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean found;

    StopStrings(List<String> stops) {
        this.stops = stops;
    }

    /** Adds text; returns what is certain not to belong to a stop string. After one was {@link #found}, nothing more. */
    String accept(String text) {
        if (found) {
            return "";
        }
        held.append(text);
        int first = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            first = at >= 0 ? Math.min(first, at) : first;
        }
        found = first != Integer.MAX_VALUE;
        return release(found ? first : held.length() - possibleStart());
    }

    /** Ends the text; returns what was held back, unless a stop string was found. */
    String finish() {
        return found ? "" : release(held.length());
    }

    boolean found() {
        return found;
    }

    private String release(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    /** Length of the longest end of the text that begins a stop string. */
    private int possibleStart() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (held.indexOf(stop.substring(0, n), held.length() - n) >= 0) {
                    longest = n;
                }
            }
        }
        return longest;
    }
}
