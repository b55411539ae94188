package dev.cria.cli.lesson;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LessonFilesTest {
    private static final Signature FIND = new Signature("findZone", "int", List.of("String key", "long offset"));

    @TempDir
    private Path folder;

    @Test
    void noMethodIsInTwoOfTheFiles() throws Exception {
        LessonFiles files = new LessonFiles(folder, LessonSize.USUAL, 3);
        files.write();
        Set<String> seen = new HashSet<>();
        int rows = 0;
        for (String name : List.of(LessonFiles.CONVERSATIONS, LessonFiles.PAIRS, LessonFiles.QUESTIONS)) {
            for (String line : Files.readAllLines(folder.resolve(name))) {
                Matcher card = Pattern.compile("name=(\\w+);").matcher(line);
                assertThat(card.find()).isTrue();
                seen.add(card.group(1));
                rows++;
            }
        }
        assertThat(seen).hasSize(rows);
        assertThat(rows).isEqualTo(LessonSize.USUAL.total());
    }

    @Test
    void theSameSeedWritesTheSameFilesAndMostConversationsAreChatty() throws Exception {
        new LessonFiles(folder.resolve("a"), LessonSize.USUAL, 3).write();
        new LessonFiles(folder.resolve("b"), LessonSize.USUAL, 3).write();
        List<String> lines = Files.readAllLines(folder.resolve("a").resolve(LessonFiles.CONVERSATIONS));
        assertThat(Files.readAllLines(folder.resolve("b").resolve(LessonFiles.CONVERSATIONS)))
                .isEqualTo(lines);
        long plain = lines.stream().filter(line -> line.contains("\"name=")).count();
        assertThat((double) plain / lines.size()).isBetween(0.11, 0.23);
    }

    @Test
    void anAnswerIsJudgedByWhatItSays() {
        Exchange exchange = Exchange.of(FIND, new Random(1));
        assertThat(exchange.question()).contains("`int findZone(String key, long offset)`");
        assertThat(Verdict.of(FIND, exchange.plain())).isEqualTo(new Verdict(true, true, true));
        assertThat(Verdict.of(FIND, exchange.chatty())).isEqualTo(new Verdict(true, true, false));
        assertThat(Verdict.of(FIND, "name=findZone; returns=int; takes=3")).isEqualTo(new Verdict(true, false, true));
        assertThat(Verdict.of(FIND, "It finds a zone.")).isEqualTo(new Verdict(false, false, false));
        assertThat(Verdict.of(FIND, "name=findZone; returns=")).isEqualTo(new Verdict(false, false, false));
    }

    @Test
    void sizesHaveBounds() {
        assertThatThrownBy(() -> new LessonSize(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LessonSize(Signature.most(), 1, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
