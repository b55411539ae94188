package dev.cria.text;

import java.util.List;

/**
 * A conversation as a template writes it.
 *
 * @param text all of it
 * @param contents where what was said stands in the text, from left to right; what a template leaves out is not there
 */
public record RenderedChat(String text, List<Content> contents) {
    /**
     * What one message says.
     *
     * @param message index of the message
     * @param span its place in the text, without the spaces around it where the template drops them
     */
    public record Content(int message, TextSpan span) {}

    public RenderedChat {
        contents = List.copyOf(contents);
    }

    /** The places alone: text that somebody typed, in which no special token is one. */
    public List<TextSpan> typed() {
        return contents.stream().map(Content::span).toList();
    }

    /** The ids of the text, without BOS in front. Special tokens of the template are control tokens, typed ones stay text. */
    public int[] encode(Tokenizer tokenizer) {
        TokenBuffer out = TokenBuffer.forText(text);
        tokenizer.encodeWithSpecial(text, typed(), out);
        return out.toArray();
    }
}
