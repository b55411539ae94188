package dev.cria.model.generation;

import dev.cria.text.StreamingDecoder;
import dev.cria.text.Tokenizer;
import java.util.List;
import java.util.Optional;

/** The text of a generation as it grows: partial UTF-8 and possible stop strings are held back. */
final class TextOutput {
    private final Optional<StreamingDecoder> decoder;
    private final StopStrings stops;
    private final StringBuilder text = new StringBuilder();
    private String heldOfPrompt;

    /** @param prompt its text is left out, but decides whether a space goes before the first word */
    TextOutput(Optional<Tokenizer> tokenizer, List<String> stopStrings, int[] prompt) {
        this.decoder = tokenizer.map(Tokenizer::streamingDecoder);
        this.stops = new StopStrings(stopStrings);
        for (int id : prompt) {
            decoder.ifPresent(d -> d.accept(id));
        }
        this.heldOfPrompt = tokenizer.map(known -> held(known, prompt)).orElse("");
    }

    /** What a decoder holds back of a prompt, such as a last newline that is a byte token: it belongs to no answer. */
    private static String held(Tokenizer tokenizer, int[] prompt) {
        StreamingDecoder decoder = tokenizer.streamingDecoder();
        for (int id : prompt) {
            decoder.accept(id);
        }
        return decoder.finish();
    }

    /** Adds a token; returns the text that is now certain. */
    String accept(int id) {
        return keep(stops.accept(ofAnswer(decoder.map(d -> d.accept(id)).orElse(""))));
    }

    /** Ends the text; returns what was held back. */
    String finish() {
        return keep(stops.accept(ofAnswer(decoder.map(StreamingDecoder::finish).orElse(""))) + stops.finish());
    }

    /** Text less what was held back of the prompt; a character that only the answer completes is the answer's. */
    private String ofAnswer(String decoded) {
        if (decoded.isEmpty() || heldOfPrompt.isEmpty()) {
            return decoded;
        }
        String held = heldOfPrompt;
        heldOfPrompt = "";
        return decoded.startsWith(held) && held.indexOf('\ufffd') < 0 ? decoded.substring(held.length()) : decoded;
    }

    private String keep(String certain) {
        text.append(certain);
        return certain;
    }

    /** Whether a stop string has appeared. */
    boolean stopped() {
        return stops.found();
    }

    /** All of it so far. */
    @Override
    public String toString() {
        return text.toString();
    }
}
