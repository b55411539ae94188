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
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConversationSetTest {
    private static final String GOOD =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":\"hello\"}]}";

    @TempDir
    Path folder;

    private static ChatEncoder encoder() {
        Tokenizer tokenizer = Tokenizers.load(ReferenceData.require("golden/stories260k-hf"));
        return new ChatEncoder(ChatTemplate.named("zephyr", tokenizer).orElseThrow(), tokenizer, false);
    }

    private static ConversationOptions options(OnBad onBad, OnLong onLong, int context) {
        return new ConversationOptions(false, onBad, onLong, context);
    }

    private ConversationSet read(ConversationOptions options, String... lines) throws Exception {
        Path file = Files.writeString(folder.resolve("chat.jsonl"), String.join("\n", lines));
        return ConversationSet.read(List.of(file), encoder(), options);
    }

    private static ConversationOptions skipping() {
        return options(OnBad.SKIP, OnLong.CUT, 200);
    }

    @Test
    void theLayoutsThatPeopleHaveGiveTheSameConversation() throws Exception {
        ConversationSet set = read(
                skipping(),
                GOOD,
                "",
                "{\"conversations\":[{\"from\":\"human\",\"value\":\"hi\"},{\"from\":\"gpt\",\"value\":\"hello\"}],\"id\":7}",
                "{\"instruction\":\"hi\",\"input\":\"\",\"output\":\"hello\"}",
                "{\"text\":\"### Human: hi### Assistant: hello\"}",
                "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"assistant\",\"content\":\"hello\"}]}");
        assertThat(set.first())
                .hasSize(5)
                .allSatisfy(c -> assertThat(c.messages())
                        .containsExactly(new ChatMessage("user", "hi"), new ChatMessage("assistant", "hello")));
        assertThat(set.notices()).isEmpty();
    }

    @Test
    void alpacaInputsAndSystemMessagesAndHistoriesAreTaken() throws Exception {
        ConversationSet set = read(
                skipping(),
                "{\"instruction\":\"add\",\"input\":\"1 2\",\"output\":\"3\",\"system\":\"sums\",\"history\":[[\"a\",\"b\"]]}");
        assertThat(set.first().getFirst().messages())
                .containsExactly(
                        new ChatMessage("system", "sums"),
                        new ChatMessage("user", "a"),
                        new ChatMessage("assistant", "b"),
                        new ChatMessage("user", "add\n\n1 2"),
                        new ChatMessage("assistant", "3"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"messages":[{"role":"user","content":"hi"}]} | NO_ANSWER
            {"messages":[]} | NO_ANSWER
            {"messages":[{"role":"assistant","content":"hi"},{"role":"user","content":"x"}]} | ROLES
            {"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"}]} | ROLES
            {"messages":[{"role":"user","content":"a"},{"role":"tool","content":"b"},{"role":"assistant","content":"c"}]} | ROLES
            {"messages":[{"role":"user","content":" "},{"role":"assistant","content":"c"}]} | EMPTY_MESSAGE
            {"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null}]} | EMPTY_MESSAGE
            {"messages":[{"role":"user","content":5}]} | UNKNOWN_LAYOUT
            {"text":"just text"} | UNKNOWN_LAYOUT
            """)
    void badConversationsAreCountedOrRefusedByTheirLine(String line, Fault fault) throws Exception {
        ConversationSet set = read(skipping(), GOOD, line);
        assertThat(set.conversations()).hasSize(1);
        assertThat(set.faults()).isEqualTo(Map.of(fault, 1L));
        assertThat(set.notices()).containsExactly("1 " + fault.counted() + " left out");
        assertThatThrownBy(() -> read(options(OnBad.STOP, OnLong.CUT, 200), GOOD, line))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("chat.jsonl:2 " + fault.sentence());
        assertThatThrownBy(() -> read(skipping(), line))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(fault.counted());
    }

    @Test
    void longConversationsLoseTheirLastTurnsOrAreLeftOutOrRefused() throws Exception {
        String longer = GOOD.replace(
                "]}",
                ",{\"role\":\"user\",\"content\":\"again and again\"}," + "{\"role\":\"assistant\",\"content\":\""
                        + "yes ".repeat(40) + "\"}]}");
        ConversationSet cut = read(options(OnBad.SKIP, OnLong.CUT, 60), GOOD, longer);
        assertThat(cut.conversations().get(1).ids())
                .isEqualTo(cut.conversations().get(0).ids());
        assertThat(cut.cut()).isEqualTo(1);
        assertThat(cut.notices()).containsExactly("1 cut to the turns that fit the context");
        ConversationSet skipped = read(options(OnBad.STOP, OnLong.SKIP, 60), GOOD, longer);
        assertThat(skipped.faults()).isEqualTo(Map.of(Fault.TOO_LONG, 1L));
        assertThatThrownBy(() -> read(options(OnBad.SKIP, OnLong.STOP, 60), GOOD, longer))
                .hasMessageContaining("longer than the context of 60 tokens");
        assertThatThrownBy(() -> read(options(OnBad.SKIP, OnLong.CUT, 10), GOOD))
                .hasMessageContaining("1 longer than the context left out");
    }

    @Test
    void brokenFilesAreRefusedByTheirLine() {
        assertThatThrownBy(() -> read(skipping(), GOOD, "{\"messages\": ["))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("line 2");
        assertThatThrownBy(() -> read(skipping(), "[1]")).hasMessageContaining("no JSON object");
        assertThatThrownBy(() -> ConversationSet.read(List.of(folder.resolve("none.jsonl")), encoder(), skipping()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
    }

    @Test
    void packedFilesListsAndFoldersAreRead() throws Exception {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("a.jsonl.gz")))) {
            out.write((GOOD + "\n" + GOOD).getBytes(StandardCharsets.UTF_8));
        }
        Files.writeString(folder.resolve("b.json"), "[" + GOOD + ",\n" + GOOD + "]");
        Files.writeString(folder.resolve("notes.txt"), "not a conversation");
        ConversationSet set = ConversationSet.read(List.of(folder), encoder(), skipping());
        assertThat(set.conversations()).hasSize(4);
    }

    private static List<EncodedConversation> conversations(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    BitSet trained = new BitSet();
                    trained.set(1);
                    int[] ids = new int[2 + i * 7 % 29];
                    ids[0] = i;
                    return new EncodedConversation(ids, trained);
                })
                .toList();
    }

    @Test
    void everyEpochHasEveryConversationOnceInFullRows() {
        List<EncodedConversation> all = conversations(500);
        PackedConversations packed = new PackedConversations(all, 64, 3);
        for (int epoch = 0; epoch < 3; epoch++) {
            List<List<EncodedConversation>> rows = LongStream.range(packed.rows(epoch), packed.rows(epoch + 1))
                    .mapToObj(packed::row)
                    .toList();
            assertThat(rows.stream().flatMap(List::stream).map(c -> c.ids()[0]))
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 500).boxed().toList());
            assertThat(rows)
                    .allSatisfy(row -> assertThat(row.stream()
                                    .mapToInt(EncodedConversation::length)
                                    .sum())
                            .isLessThanOrEqualTo(64));
            long tokens = all.stream().mapToLong(EncodedConversation::length).sum();
            assertThat((double) tokens / (64.0 * rows.size())).isGreaterThan(0.95);
        }
    }

    @Test
    void aRowIsAFunctionOfItsNumberAlone() {
        PackedConversations forward = new PackedConversations(conversations(100), 64, 3);
        PackedConversations jumping = new PackedConversations(conversations(100), 64, 3);
        List<Integer> firsts = LongStream.range(0, 60)
                .mapToObj(i -> forward.row(i).getFirst().ids()[0])
                .toList();
        for (int i = 59; i >= 0; i--) {
            assertThat(jumping.row(i).getFirst().ids()[0]).isEqualTo(firsts.get(i));
        }
        assertThat(new PackedConversations(conversations(100), 64, 4)
                        .row(0)
                        .getFirst()
                        .ids()[0])
                .isNotEqualTo(firsts.getFirst());
    }

    @Test
    void aPartIsHeldOutByItsIdsAloneWhateverElseThereIs() throws Exception {
        String[] lines = IntStream.range(0, 200)
                .mapToObj(i -> GOOD.replace("\"hi\"", "\"hi " + i + "\""))
                .toArray(String[]::new);
        Path all = Files.writeString(folder.resolve("all.jsonl"), String.join("\n", lines));
        Path half = Files.writeString(
                folder.resolve("half.jsonl"), String.join("\n", List.of(lines).subList(0, 100)));
        ConversationSet.Split whole = split(all, 0.3);
        ConversationSet.Split part = split(half, 0.3);
        assertThat(whole.train().conversations().size()
                        + whole.heldOut().conversations().size())
                .isEqualTo(200);
        assertThat(whole.heldOut().conversations().size()).isBetween(30, 90);
        assertThat(questions(whole.heldOut())).containsAll(questions(part.heldOut()));
        assertThat(questions(whole.train())).containsAll(questions(part.train()));
        ConversationSet.Split least = split(half, 1e-9);
        assertThat(questions(least.heldOut())).containsExactly("hi 99");
        assertThat(least.train().conversations()).hasSize(99);
        assertThat(split(half, 0).heldOut().conversations()).isEmpty();
    }

    private ConversationSet.Split split(Path file, double fraction) {
        return ConversationSet.read(List.of(file), encoder(), skipping(), fraction, ReadingListener.NONE);
    }

    private static List<String> questions(ConversationSet set) {
        return set.first().stream()
                .map(each -> each.messages().getFirst().content())
                .toList();
    }

    @Test
    void tellsHowFarItIsInFilesOfBothKinds() throws Exception {
        Files.writeString(folder.resolve("a.jsonl"), (GOOD + "\n").repeat(5000));
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("b.jsonl.gz")))) {
            out.write((GOOD + "\n").repeat(5000).getBytes(StandardCharsets.UTF_8));
        }
        List<Long> rows = new ArrayList<>();
        List<Double> shares = new ArrayList<>();
        ConversationSet.read(List.of(folder), encoder(), skipping(), 0, (count, share) -> {
            rows.add(count);
            shares.add(share);
        });
        assertThat(rows).hasSize(9).isSorted().startsWith(1024L).endsWith(9216L);
        assertThat(shares).isSorted().allSatisfy(share -> assertThat(share).isBetween(0.1, 1.0));
    }
}
