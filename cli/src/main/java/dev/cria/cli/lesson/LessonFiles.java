package dev.cria.cli.lesson;

import dev.cria.base.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The lesson's data, made by a seed and written as files that a user can look at: conversations, most of them chatty; pairs of answers of
 * which the plain one is preferred; and questions that are in neither. No method is in two of them.
 */
final class LessonFiles {
    static final String CONVERSATIONS = "conversations.jsonl";
    static final String PAIRS = "pairs.jsonl";
    static final String QUESTIONS = "held-out.jsonl";

    private static final JsonMapper JSON = JsonMapper.shared();

    /** One conversation of so many is plain: too few for a model to prefer that, enough to know it. */
    private static final int PLAIN_ONE_IN = 6;

    private final Path folder;
    private final List<Exchange> conversations;
    private final List<Exchange> pairs;
    private final List<Exchange> heldOut;

    /** @param size of each set */
    LessonFiles(Path folder, LessonSize size, long seed) {
        this.folder = folder;
        Random words = new Random(seed);
        List<Exchange> all = Signature.all(size.total(), seed).stream()
                .map(signature -> Exchange.of(signature, words))
                .toList();
        heldOut = all.subList(0, size.questions());
        pairs = all.subList(size.questions(), size.questions() + size.pairs());
        conversations = all.subList(size.questions() + size.pairs(), size.total());
    }

    /** Questions that are asked before and after, in neither file that is learnt from. */
    List<Exchange> heldOut() {
        return heldOut;
    }

    /** Writes the files anew. */
    void write() throws IOException {
        Files.createDirectories(folder);
        Random random = new Random(conversations.size());
        write(
                CONVERSATIONS,
                conversations.stream()
                        .map(each ->
                                conversation(each, random.nextInt(PLAIN_ONE_IN) == 0 ? each.plain() : each.chatty()))
                        .toList());
        write(PAIRS, pairs.stream().map(LessonFiles::pair).toList());
        write(
                QUESTIONS,
                heldOut.stream().map(each -> conversation(each, each.plain())).toList());
    }

    private void write(String name, List<ObjectNode> rows) throws IOException {
        String text =
                rows.stream().map(row -> JSON.writeValueAsString(row) + "\n").collect(Collectors.joining());
        DurableFiles.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectNode conversation(Exchange exchange, String answer) {
        ObjectNode row = JSON.createObjectNode();
        exchange(row.putArray("messages"), exchange.question(), answer);
        return row;
    }

    private static ObjectNode pair(Exchange exchange) {
        ObjectNode row = JSON.createObjectNode().put("prompt", exchange.question());
        exchange(row.putArray("chosen"), exchange.question(), exchange.plain());
        exchange(row.putArray("rejected"), exchange.question(), exchange.chatty());
        return row;
    }

    private static void exchange(ArrayNode messages, String question, String answer) {
        messages.addObject().put("role", "user").put("content", question);
        messages.addObject().put("role", "assistant").put("content", answer);
    }
}
