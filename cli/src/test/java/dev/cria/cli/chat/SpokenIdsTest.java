package dev.cria.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.text.ChatMessage;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SpokenIdsTest {
    private Tokenizer tokenizer;
    private ConversationTemplate template;
    private final List<ChatMessage> messages = new ArrayList<>();

    @BeforeEach
    void load() {
        tokenizer = Tokenizers.load(ReferenceData.require("golden/llama2-tokenizer"));
        template = ConversationTemplate.named("zephyr", tokenizer);
    }

    private int[] encode(boolean answerDue) {
        return template.encode(messages, answerDue, tokenizer);
    }

    private int id(String piece) {
        return tokenizer.id(piece).orElseThrow();
    }

    private static int[] concat(int[]... parts) {
        return Stream.of(parts).flatMapToInt(IntStream::of).toArray();
    }

    @Test
    void anAnswerInUnusualPiecesIsKept() {
        messages.add(new ChatMessage("user", "Say hello"));
        int[] prompt = encode(true);
        int[] answer = {id("H"), id("ello"), id("!")};
        int[] usual = tokenizer.encode("Hello!");
        assertThat(usual).isNotEqualTo(answer);
        messages.add(new ChatMessage("assistant", "Hello!"));
        SpokenIds spoken = new SpokenIds(tokenizer);
        spoken.spoke(prompt, prompt, List.of(answer[0], answer[1], answer[2], tokenizer.eosId()), encode(false));
        int[] encoded = encode(false);
        messages.add(new ChatMessage("user", "Again"));
        int[] next = encode(true);
        int[] tail = java.util.Arrays.copyOfRange(next, encoded.length, next.length);
        int[] expected = concat(prompt, answer, new int[] {tokenizer.eosId()}, after(encoded), tail);
        assertThat(spoken.of(next)).isEqualTo(expected);
        assertThat(tokenizer.decode(spoken.of(next))).isEqualTo(tokenizer.decode(next));
        // Another conversation is none of its business.
        messages.set(0, new ChatMessage("user", "Say goodbye"));
        assertThat(spoken.of(encode(true))).isEqualTo(encode(true));
    }

    /** What follows the last end-of-sequence token. */
    private int[] after(int[] ids) {
        int end = ids.length - 1;
        while (ids[end] != tokenizer.eosId()) {
            end--;
        }
        return java.util.Arrays.copyOfRange(ids, end + 1, ids.length);
    }

    @Test
    void anAnswerThatWasChangedIsReadAsItStands() {
        messages.add(new ChatMessage("user", "Say hello"));
        int[] prompt = encode(true);
        messages.add(new ChatMessage("assistant", "Hello"));
        SpokenIds spoken = new SpokenIds(tokenizer);
        spoken.spoke(prompt, prompt, List.of(id("H"), id("ello"), id("!")), encode(false));
        assertThat(spoken.of(encode(false))).isEqualTo(encode(false));
    }
}
