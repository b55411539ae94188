package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TextOutputTest {
    private Tokenizer tokenizer;

    @BeforeEach
    void load() {
        tokenizer = Tokenizers.load(ReferenceData.require("golden/llama2-tokenizer"));
    }

    private int id(String piece) {
        return tokenizer.id(piece).orElseThrow();
    }

    private String answer(int[] prompt, int... ids) {
        TextOutput output = new TextOutput(Optional.of(tokenizer), List.of(), prompt);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(output.accept(id));
        }
        text.append(output.finish());
        assertThat(output).hasToString(text.toString());
        return text.toString();
    }

    @Test
    void theNewlineBeforeAnAnswerIsNotPartOfIt() {
        int[] prompt = tokenizer.encodeWithSpecial("<|user|>\nHi</s>\n<|assistant|>\n");
        assertThat(prompt[prompt.length - 1]).isEqualTo(id("<0x0A>"));
        assertThat(answer(prompt, id("Hello"), id("!"))).isEqualTo("Hello!");
        assertThat(answer(prompt, id("\u2581Hello"))).isEqualTo(" Hello");
        assertThat(answer(prompt, id("<0x0A>"), id("Hello"))).isEqualTo("\nHello");
        assertThat(answer(prompt)).isEmpty();
    }

    @Test
    void aCharacterThatTheAnswerCompletesIsItsOwn() {
        int[] prompt = {id("a"), id("<0xC3>")};
        assertThat(answer(prompt, id("<0xA9>"), id("t"))).isEqualTo("ét");
    }
}
