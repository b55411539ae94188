package dev.cria.train.align;

import java.util.Locale;

/**
 * How preferences are learnt.
 *
 * @param beta β: how dear it is to leave the reference; over 0
 * @param labelSmoothing ε: share of the preferences taken to be wrong, 0 to below 0.5
 * @param lengthNormalised whether an answer's log-probability is its mean over its tokens, in place of the sum
 */
public record PreferenceSettings(PreferenceLoss loss, double beta, double labelSmoothing, boolean lengthNormalised) {
    /** @throws IllegalArgumentException if a number is out of its range */
    public PreferenceSettings {
        if (!(beta > 0) || !(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
            throw new IllegalArgumentException("beta " + beta + ", label smoothing " + labelSmoothing);
        }
    }

    /** In a few words, such as {@code sigmoid, beta 0.1}. */
    public String describe() {
        return loss.name().toLowerCase(Locale.ROOT) + ", beta " + beta
                + (labelSmoothing > 0 ? ", label smoothing " + labelSmoothing : "")
                + (lengthNormalised ? ", means over each answer's tokens" : "");
    }
}
