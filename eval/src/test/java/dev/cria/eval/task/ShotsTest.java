package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.eval.rows.Row;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ShotsTest {
    private static List<Document> letters(String letters) {
        List<Document> documents = new ArrayList<>();
        for (String letter : letters.split("")) {
            documents.add(new Document(
                    documents.size(),
                    new Row(Map.of("v", letter), Path.of("letters.jsonl"), "line " + documents.size())));
        }
        return documents;
    }

    private static Shots shots(Shots.Choice choice, boolean other, String apart) {
        return new Shots(
                3, choice, 1234, other, Optional.empty(), Optional.of(apart).filter(field -> !field.isEmpty()));
    }

    private static List<String> words(Shots.Chosen chosen) {
        return chosen.examples().stream().map(ShotsTest::word).toList();
    }

    private static String word(List<Document> documents) {
        return documents.stream().map(document -> document.row().text("v")).collect(Collectors.joining());
    }

    /** The harness drew these; the pool is full of copies, so that it must draw again. */
    @Test
    void theAskedRowIsNoExampleOfItself() {
        Shots shots = shots(Shots.Choice.DRAWN, true, "");
        assertThat(words(shots.choose(letters("bcbdabce"), letters("aabbbcccddde"), 3, 100, "t")))
                .containsExactly("caa", "daa", "cad", "acc", "dcb", "aad", "bad", "cad");
        assertThat(words(shots(Shots.Choice.DRAWN, false, "")
                        .choose(letters("bcb"), letters("aabbbcccddde"), 3, 100, "t")))
                .containsExactly("caa", "ada", "dae");
        assertThatThrownBy(() -> shots.choose(letters("a"), letters("aabbaa"), 3, 100, "t"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("3 examples are wanted, and its data has 2");
    }

    @Property(tries = 100)
    void aLimitChangesNoExample(@ForAll @IntRange(min = 1, max = 8) int limit) {
        Shots shots = shots(Shots.Choice.DRAWN, true, "");
        List<String> all = words(shots.choose(letters("bcbdabce"), letters("aabbbcccddde"), 3, 100, "t"));
        assertThat(words(shots.choose(letters("bcbdabce"), letters("aabbbcccddde"), 3, limit, "t")))
                .isEqualTo(all.subList(0, limit));
    }

    @Test
    void theFirstRowsAreExamplesAndNotAsked() {
        Shots.Chosen chosen =
                shots(Shots.Choice.FIRST_ASKED, false, "").choose(letters("abcdefg"), List.of(), 3, 2, "t");
        assertThat(word(chosen.asked())).isEqualTo("de");
        assertThat(words(chosen)).containsExactly("abc", "abc");
        assertThat(chosen.asked().getFirst().number()).isEqualTo(3);
        assertThat(word(shots(Shots.Choice.FIRST_ASKED, false, "")
                        .choose(letters("abc"), List.of(), 0, 9, "t")
                        .asked()))
                .isEqualTo("abc");
    }

    @Test
    void rowsThatShareAFieldWithAnExampleAreNotAsked() {
        Shots.Chosen chosen =
                shots(Shots.Choice.DRAWN_ASKED, false, "v").choose(letters("abcabcdefg"), List.of(), 3, 100, "t");
        String examples = words(chosen).getFirst();
        assertThat(word(chosen.asked()).chars().noneMatch(c -> examples.indexOf(c) >= 0))
                .isTrue();
        assertThat(chosen.asked()).isNotEmpty();
        assertThatThrownBy(() ->
                        shots(Shots.Choice.DRAWN_ASKED, false, "v").choose(letters("aaaa"), List.of(), 3, 100, "t"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no row is left to ask");
    }
}
