package dev.cria.cli.lesson;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an answer is worth.
 *
 * @param format whether it has the card's format, whatever stands around it
 * @param right whether what the card says is true of the method
 * @param plain whether it is the card and nothing else
 */
public record Verdict(boolean format, boolean right, boolean plain) {
    private static final Pattern CARD = Pattern.compile("name=\\w+; returns=\\w+; takes=\\d+");

    static Verdict of(Signature signature, String answer) {
        Matcher card = CARD.matcher(answer);
        boolean found = card.find();
        return new Verdict(
                found,
                found && card.group().equals(signature.card()),
                CARD.matcher(answer.strip()).matches());
    }
}
