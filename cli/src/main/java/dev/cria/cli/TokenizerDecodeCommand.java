package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code cria tokenizer decode}: JSON arrays of ids in, JSON strings out, line by line. */
@Command(
        name = "decode",
        header = "Turn ids into text.",
        description = {
            "Reads one JSON array of ids a line from stdin and writes one JSON string a line to stdout. Special tokens are left out unless --keep-special is given."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo '[15043,29892,3186]' | cria tokenizer decode --tokenizer DIR",
        })
final class TokenizerDecodeCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private TokenizerOption tokenizer = new TokenizerOption();

    @Option(names = "--keep-special", description = "Spell special tokens, such as </s>, in the text.")
    private boolean keepSpecial;

    TokenizerDecodeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer loaded = tokenizer.load();
        try (JsonLines lines = new JsonLines(console.in(), "stdin")) {
            for (Optional<JsonNode> next = lines.next(); next.isPresent(); next = lines.next()) {
                int[] ids = ids(next.get(), lines, loaded.vocabularySize());
                console.print(Json.line(keepSpecial ? loaded.decodeWithSpecial(ids) : loaded.decode(ids)));
                if (!lines.ready()) {
                    console.flush();
                }
            }
        }
        return 0;
    }

    private static int[] ids(JsonNode node, JsonLines lines, int vocabulary) {
        if (!node.isArray()) {
            throw lines.refuse("is no JSON array of ids");
        }
        int[] ids = new int[node.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = node.get(i);
            if (!id.isIntegralNumber() || !id.canConvertToInt() || id.intValue() < 0 || id.intValue() >= vocabulary) {
                throw lines.refuse("item " + i + " is " + id + ", no id between 0 and " + (vocabulary - 1));
            }
            ids[i] = id.intValue();
        }
        return ids;
    }
}
