package dev.cria.data.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.MalformedFileException;
import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.data.chat.ConversationOptions.OnBad;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class PreferenceSetTest {
    private static final String GOOD = "{\"prompt\":\"hi\",\"chosen\":\"hello\",\"rejected\":\"go away\"}";

    @TempDir
    Path folder;

    private static Tokenizer tokenizer() {
        return Tokenizers.load(ReferenceData.require("golden/stories260k-hf"));
    }

    private static ChatEncoder encoder() {
        Tokenizer tokenizer = tokenizer();
        return new ChatEncoder(ChatTemplate.named("zephyr", tokenizer).orElseThrow(), tokenizer, false);
    }

    private static ConversationOptions options(OnBad onBad, OnLong onLong, int context) {
        return new ConversationOptions(false, onBad, onLong, context);
    }

    private static ConversationOptions skipping() {
        return options(OnBad.SKIP, OnLong.CUT, 400);
    }

    private PreferenceSet read(ConversationOptions options, String... lines) throws Exception {
        Path file = Files.writeString(folder.resolve("pairs.jsonl"), String.join("\n", lines));
        return PreferenceSet.read(List.of(file), encoder(), options);
    }

    static Stream<String> layouts() {
        String user = "{\"role\":\"user\",\"content\":\"hi\"}";
        String chosen = "{\"role\":\"assistant\",\"content\":\"hello\"}";
        String rejected = "{\"role\":\"assistant\",\"content\":\"go away\"}";
        return Stream.of(
                GOOD,
                "{\"prompt\":[%s],\"chosen\":[%s],\"rejected\":[%s]}".formatted(user, chosen, rejected),
                "{\"prompt\":[%s],\"chosen\":\"hello\",\"rejected\":\"go away\"}".formatted(user),
                "{\"prompt\":\"hi\",\"chosen\":[%s],\"rejected\":[%s]}".formatted(chosen, rejected),
                "{\"prompt\":\"hi\",\"chosen\":[%s,%s],\"rejected\":[%s,%s]}".formatted(user, chosen, user, rejected),
                "{\"chosen\":[%s,%s],\"rejected\":[%s,%s]}".formatted(user, chosen, user, rejected),
                "{\"messages\":[%s],\"chosen\":%s,\"rejected\":%s}".formatted(user, chosen, rejected),
                "{\"conversations\":[{\"from\":\"human\",\"value\":\"hi\"}],\"chosen\":{\"from\":\"gpt\",\"value\":\"hello\"},"
                        + "\"rejected\":{\"from\":\"gpt\",\"value\":\"go away\"}}",
                "{\"question\":\"hi\",\"chosen\":\"hello\",\"rejected\":\"go away\"}",
                "{\"instruction\":\"hi\",\"input\":\"\",\"chosen\":\"hello\",\"rejected\":\"go away\"}",
                "{\"chosen\":\"\\n\\nHuman: hi\\n\\nAssistant: hello\",\"rejected\":\"\\n\\nHuman: hi\\n\\nAssistant: go away\"}",
                "{\"prompt\":\"\\n\\nHuman: hi\\n\\nAssistant:\",\"chosen\":\"hello\",\"rejected\":\"go away\"}");
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void theLayoutsThatPeopleHaveGiveTheSamePair(String line) throws Exception {
        PreferenceSet set = read(skipping(), line);
        assertThat(set.first())
                .containsExactly(new PreferencePair(
                        List.of(new ChatMessage("user", "hi")),
                        List.of(new ChatMessage("assistant", "hello")),
                        List.of(new ChatMessage("assistant", "go away")),
                        folder.resolve("pairs.jsonl") + ":1"));
        assertThat(set.notices()).isEmpty();
    }

    @Test
    void earlierTurnsAndSystemMessagesBelongToThePrompt() throws Exception {
        PreferencePair pair = read(
                        skipping(),
                        "{\"system\":\"be kind\",\"prompt\":\"\\n\\nHuman: a\\n\\nAssistant: b\\n\\nHuman: c\","
                                + "\"chosen\":\"d\",\"rejected\":\"e\"}")
                .first()
                .getFirst();
        assertThat(pair.prompt().stream().map(ChatMessage::content)).containsExactly("be kind", "a", "b", "c");
        assertThat(pair.chosen()).containsExactly(new ChatMessage("assistant", "d"));
    }

    @Test
    void onlyTheAnswerWithItsEndIsScored() throws Exception {
        String turns = "{\"role\":\"user\",\"content\":\"a </s> b\"},{\"role\":\"assistant\",\"content\":\"earlier\"},"
                + "{\"role\":\"user\",\"content\":\"more\"},";
        PreferenceSet set = read(
                skipping(),
                "{\"chosen\":[%s{\"role\":\"assistant\",\"content\":\"hello\"}],\"rejected\":[%s{\"role\":\"assistant\",\"content\":\"no\"}]}"
                        .formatted(turns, turns));
        EncodedPair pair = set.pairs().getFirst();
        Tokenizer tokenizer = tokenizer();
        for (EncodedConversation side : List.of(pair.chosen(), pair.rejected())) {
            int first = side.trained().nextSetBit(0);
            assertThat(side.trained().cardinality()).isEqualTo(side.ids().length - first);
            assertThat(side.ids()[side.ids().length - 1]).isEqualTo(tokenizer.eosId());
            long ends = Arrays.stream(side.ids())
                    .filter(id -> id == tokenizer.eosId())
                    .count();
            assertThat(ends).as("one for each turn, none for the user's").isEqualTo(4);
            assertThat(Arrays.copyOf(pair.chosen().ids(), first)).isEqualTo(Arrays.copyOf(side.ids(), first));
        }
        assertThat(tokenizer.decode(Arrays.copyOfRange(
                        pair.rejected().ids(),
                        pair.rejected().trained().nextSetBit(0),
                        pair.rejected().ids().length)))
                .contains("no")
                .doesNotContain("more");
        assertThat(set.scoredTokens()).isEqualTo(pair.scored());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"prompt":"a","chosen":"same","rejected":"same"} | EQUAL_ANSWERS
            {"prompt":"a","chosen":"b"} | UNKNOWN_LAYOUT
            {"chosen":"b","rejected":"c"} | UNKNOWN_LAYOUT
            {"prompt":5,"chosen":"b","rejected":"c"} | UNKNOWN_LAYOUT
            {"prompt":"a","chosen":"","rejected":"c"} | EMPTY_MESSAGE
            {"prompt":"a","chosen":"b","rejected":null} | EMPTY_MESSAGE
            {"prompt":" ","chosen":"b","rejected":"c"} | EMPTY_MESSAGE
            {"prompt":[{"role":"user","content":"a"},{"role":"user","content":"b"}],"chosen":"b","rejected":"c"} | ROLES
            {"chosen":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"rejected":[{"role":"user","content":"x"},{"role":"assistant","content":"c"}]} | DIFFERENT_PROMPTS
            {"chosen":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"rejected":[{"role":"user","content":"a"}]} | DIFFERENT_PROMPTS
            {"prompt":"a","chosen":[],"rejected":[]} | EQUAL_ANSWERS
            """)
    void badPairsAreCountedOrRefusedByTheirLine(String line, Fault fault) throws Exception {
        PreferenceSet set = read(skipping(), GOOD, line);
        assertThat(set.pairs()).hasSize(1);
        assertThat(set.faults()).isEqualTo(Map.of(fault, 1L));
        assertThat(set.notices()).containsExactly("1 " + fault.counted() + " left out");
        assertThatThrownBy(() -> read(options(OnBad.STOP, OnLong.CUT, 400), GOOD, line))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("the pair at")
                .hasMessageContaining("pairs.jsonl:2 " + fault.sentence());
        assertThatThrownBy(() -> read(skipping(), line))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("no preference pair")
                .hasMessageContaining(fault.counted());
    }

    @Test
    void longPairsLoseTheirFirstExchangesOrAreLeftOutOrRefused() throws Exception {
        String early = "yes ".repeat(60);
        String longer = ("{\"prompt\":[{\"role\":\"system\",\"content\":\"s\"},{\"role\":\"user\",\"content\":\"a\"},"
                        + "{\"role\":\"assistant\",\"content\":\"%s\"},{\"role\":\"user\",\"content\":\"hi\"}],"
                        + "\"chosen\":\"hello\",\"rejected\":\"go away\"}")
                .formatted(early);
        PreferenceSet cut = read(options(OnBad.SKIP, OnLong.CUT, 80), GOOD, longer);
        assertThat(cut.cut()).isEqualTo(1);
        assertThat(cut.first().get(1).prompt().stream().map(ChatMessage::content))
                .containsExactly("s", "hi");
        PreferenceSet skipped = read(options(OnBad.STOP, OnLong.SKIP, 80), GOOD, longer);
        assertThat(skipped.faults()).isEqualTo(Map.of(Fault.TOO_LONG, 1L));
        assertThatThrownBy(() -> read(options(OnBad.SKIP, OnLong.STOP, 80), GOOD, longer))
                .hasMessageContaining("longer than the context of 80 tokens");
        assertThatThrownBy(() -> read(options(OnBad.SKIP, OnLong.CUT, 10), GOOD))
                .hasMessageContaining("1 longer than the context left out");
    }

    @Test
    void oneQuestionIsNeverOnBothSidesOfASplit() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 300; i++) {
            lines.append(
                    "{\"prompt\":\"question %d\",\"chosen\":\"yes %d\",\"rejected\":\"no\"}%n".formatted(i % 60, i));
        }
        Path file = Files.writeString(folder.resolve("pairs.jsonl"), lines);
        PreferenceSet.Split split = PreferenceSet.read(List.of(file), encoder(), skipping(), 0.2, ReadingListener.NONE);
        assertThat(split.train().pairs().size() + split.heldOut().pairs().size())
                .isEqualTo(300);
        assertThat(split.heldOut().pairs().size() % 5).isZero();
        assertThat(split.heldOut().pairs()).hasSizeBetween(10, 150);
        PreferenceSet.Split two =
                PreferenceSet.read(List.of(write(GOOD, GOOD)), encoder(), skipping(), 0.5, ReadingListener.NONE);
        assertThat(two.train().pairs()).hasSize(1);
        assertThat(two.heldOut().first()).hasSize(1);
        PreferenceSet.Split one =
                PreferenceSet.read(List.of(write(GOOD)), encoder(), skipping(), 0.9, ReadingListener.NONE);
        assertThat(one.train().first()).hasSize(1);
        assertThat(one.heldOut().pairs()).isEmpty();
    }

    private Path write(String... lines) throws Exception {
        return Files.writeString(folder.resolve("few.jsonl"), String.join("\n", lines));
    }

    @Test
    void parquetFilesAreReadAsUltraFeedbackIsPublished() throws Exception {
        Path file = folder.resolve("train_prefs.parquet");
        try (InputStream in = PreferenceSetTest.class.getResourceAsStream("/parquet/preferences.parquet")) {
            Files.copy(in, file);
        }
        PreferenceSet set = PreferenceSet.read(List.of(folder), encoder(), options(OnBad.STOP, OnLong.STOP, 400));
        assertThat(set.first()).hasSize(3);
        assertThat(set.first().get(2))
                .isEqualTo(new PreferencePair(
                        List.of(new ChatMessage("user", "question 2")),
                        List.of(new ChatMessage("assistant", "a good answer 2")),
                        List.of(new ChatMessage("assistant", "a bad answer 2")),
                        file + ": row 3"));
    }

    @Test
    void theFingerprintIsOfIdsAndLabels() throws Exception {
        assertThat(read(skipping(), GOOD).fingerprint())
                .isEqualTo(read(skipping(), GOOD, "{}").fingerprint())
                .isNotEqualTo(read(skipping(), GOOD.replace("hello", "hullo")).fingerprint())
                .isNotEqualTo(read(skipping(), GOOD, GOOD).fingerprint());
    }

    @Test
    void brokenFilesAreRefusedByTheirLine() {
        assertThatThrownBy(() -> read(skipping(), GOOD, "{\"prompt\": "))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> PreferenceSet.read(List.of(folder.resolve("none")), encoder(), skipping()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void theCorpusIsReadWithNothingLeftOut() {
        Path file = ReferenceData.require("corpus/preferences/validation.jsonl.zst");
        PreferenceSet set = PreferenceSet.read(List.of(file), encoder(), options(OnBad.STOP, OnLong.STOP, 100_000));
        assertThat(set.pairs()).hasSize(122);
    }
}
