package dev.cria.cli.chat;

import dev.cria.text.Tokenizer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Remembers by which ids answers were really spoken. A model may spell a word in other pieces than the tokenizer would; encoded anew, the same
 * conversation would then differ from what the session holds, and the answer would have to be read though nothing in it is new.
 */
final class SpokenIds {
    /** Turns that can be taken back without reading more than needed. */
    private static final int KEPT = 64;

    /**
     * Two ways to write the beginning of a conversation, up to the end of an answer.
     *
     * @param encoded as the tokenizer writes it
     * @param spoken as it was spoken
     */
    @SuppressWarnings("ArrayRecordComponent") // a pair, never compared
    private record Beginning(int[] encoded, int[] spoken) {}

    private final Tokenizer tokenizer;
    private final Deque<Beginning> beginnings = new ArrayDeque<>();

    SpokenIds(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** The ids of a conversation with its answers as they were spoken, as far as that is known. */
    int[] of(int[] encoded) {
        for (Beginning known : beginnings) {
            if (startsWith(encoded, known.encoded())) {
                return concat(known.spoken(), Arrays.copyOfRange(encoded, known.encoded().length, encoded.length));
            }
        }
        return encoded;
    }

    /**
     * Takes note of an answer.
     *
     * @param encodedPrompt the prompt as the tokenizer writes it
     * @param spokenPrompt the prompt that was answered
     * @param answer the ids of the answer, an end-of-sequence token included where it came to its end
     * @param encoded the conversation with the answer, as the tokenizer writes it
     */
    void spoke(int[] encodedPrompt, int[] spokenPrompt, List<Integer> answer, int[] encoded) {
        int end = encoded.length - 1;
        while (end >= 0 && encoded[end] != tokenizer.eosId()) {
            end--;
        }
        if (end < encodedPrompt.length || !startsWith(encoded, encodedPrompt)) {
            return; // the template does something of its own with a finished conversation
        }
        int[] words = answer.stream()
                .mapToInt(Integer::intValue)
                .filter(id -> id != tokenizer.eosId())
                .toArray();
        String text = tokenizer.decode(Arrays.copyOfRange(encoded, encodedPrompt.length, end));
        if (!tokenizer.decode(words).equals(text)) {
            return; // the template, or a stop text, has changed the answer
        }
        int[] tail = Arrays.copyOfRange(encoded, end, encoded.length);
        beginnings.addFirst(new Beginning(encoded, concat(concat(spokenPrompt, words), tail)));
        if (beginnings.size() > KEPT) {
            beginnings.removeLast();
        }
    }

    private static boolean startsWith(int[] ids, int[] beginning) {
        return ids.length >= beginning.length
                && Arrays.equals(ids, 0, beginning.length, beginning, 0, beginning.length);
    }

    private static int[] concat(int[] first, int[] second) {
        int[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
