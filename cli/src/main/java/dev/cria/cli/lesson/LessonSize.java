package dev.cria.cli.lesson;

/**
 * How much the lesson is made of.
 *
 * @param conversations to fine-tune on
 * @param pairs to align by
 * @param questions to ask before and after
 */
public record LessonSize(int conversations, int pairs, int questions) {
    /** What a few million parameters learn in two minutes on two cores. */
    public static final LessonSize USUAL = new LessonSize(1600, 400, 100);

    /** @throws IllegalArgumentException if there are not so many methods */
    public LessonSize {
        if (Math.min(conversations, Math.min(pairs, questions)) < 1
                || conversations + pairs + questions > Signature.most()) {
            throw new IllegalArgumentException("between 1 and " + Signature.most() + " methods in all");
        }
    }

    int total() {
        return conversations + pairs + questions;
    }
}
