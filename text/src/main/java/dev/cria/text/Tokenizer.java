package dev.cria.text;

import java.util.List;
import java.util.OptionalInt;

/** Text to ids and back. Implementations are immutable and safe for use by many threads. */
public interface Tokenizer {
    /** Number of ids: every id is in 0..vocabularySize()-1. */
    int vocabularySize();

    /** Begin of sequence. */
    int bosId();

    /** End of sequence. */
    int eosId();

    OptionalInt padId();

    /** Whether the tokenizer's files ask for BOS in front of every text. The encode methods never add it; the caller does. */
    default boolean addsBos() {
        return true;
    }

    /** Whether the tokenizer's files ask for EOS behind every text. The encode methods never add it, and few models want it. */
    default boolean addsEos() {
        return false;
    }

    /** Whether the id is a control token ({@code <s>}, {@code </s>}, {@code <unk>}, added special tokens) rather than text. */
    boolean isSpecial(int id);

    /** The vocabulary entry of an id, as the file has it (with U+2581 for a space, {@code <0x0A>} for a byte). */
    String piece(int id);

    /** The id of a vocabulary entry, if there is one. */
    OptionalInt id(String piece);

    /** Ids of plain text: no BOS or EOS, and special tokens spelt in the text stay text. Time is linear in the text's length. */
    default int[] encode(String text) {
        TokenBuffer out = TokenBuffer.forText(text);
        encode(text, out);
        return out.toArray();
    }

    /** Appends the ids of plain text, as {@link #encode(String)} gives them, without garbage: for bulk work. */
    void encode(String text, TokenBuffer out);

    /** Ids of text in which special tokens ({@code </s>}) are control tokens: what a rendered chat template needs. No BOS is added. */
    default int[] encodeWithSpecial(String text) {
        TokenBuffer out = TokenBuffer.forText(text);
        encodeWithSpecial(text, out);
        return out.toArray();
    }

    /** Appends the ids of text in which special tokens are control tokens. */
    void encodeWithSpecial(String text, TokenBuffer out);

    /**
     * The same, but a special token that touches one of the {@code plain} spans, which do not overlap and go from left to right, stays text:
     * for text that somebody else typed.
     */
    default void encodeWithSpecial(String text, List<TextSpan> plain, TokenBuffer out) {
        int from = 0;
        for (TextSpan span : plain) {
            encodeWithSpecial(text.substring(from, span.start()), out);
            encode(text.substring(span.start(), span.end()), out);
            from = span.end();
        }
        encodeWithSpecial(text.substring(from), out);
    }

    /** Text of ids; special tokens are left out, broken UTF-8 becomes U+FFFD. */
    String decode(int[] ids);

    /** Text of ids with special tokens spelt out. */
    String decodeWithSpecial(int[] ids);

    /** A decoder that is fed one id at a time and holds back incomplete UTF-8. */
    StreamingDecoder streamingDecoder();

    /** SHA-256, in hex, of everything that decides the ids of a text; shards carry it, so that a changed tokenizer is noticed. */
    String fingerprint();
}
