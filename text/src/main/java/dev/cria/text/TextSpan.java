package dev.cria.text;

/** Characters {@code [start, end)} of a text. */
public record TextSpan(int start, int end) {
    /** @throws IllegalArgumentException where the end is before the start */
    public TextSpan {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("no span: " + start + " to " + end);
        }
    }

    /** Whether the two have a character in common. */
    boolean overlaps(int otherStart, int otherEnd) {
        return start < otherEnd && otherStart < end;
    }
}
