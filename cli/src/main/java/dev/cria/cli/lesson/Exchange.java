package dev.cria.cli.lesson;

import java.util.List;
import java.util.Random;

/**
 * A question about a method, and the two ways to answer it: the card alone, and the card wrapped in pleasantries.
 *
 * @param signature the method
 * @param question what the user says
 * @param plain the card
 * @param chatty the card, with words before and after it
 */
record Exchange(Signature signature, String question, String plain, String chatty) {
    private static final List<String> QUESTIONS =
            List.of("Describe `%s`.", "What is `%s`?", "Tell me about `%s`.", "Read this declaration: `%s`");
    private static final List<String> OPENINGS =
            List.of("Sure, happy to help! ", "Of course, gladly! ", "What a good question! ");
    private static final List<String> CLOSINGS =
            List.of(" I hope that helps!", " Is there anything else?", " Just ask if you need more.");

    /** The words are decided by {@code random}. */
    static Exchange of(Signature signature, Random random) {
        String question = Signature.pick(QUESTIONS, random).formatted(signature.java());
        String card = signature.card();
        String chatty = Signature.pick(OPENINGS, random) + card + Signature.pick(CLOSINGS, random);
        return new Exchange(signature, question, card, chatty);
    }
}
