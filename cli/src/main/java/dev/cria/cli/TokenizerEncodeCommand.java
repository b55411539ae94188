package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import dev.cria.text.TokenBuffer;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code cria tokenizer encode}: JSON strings in, JSON arrays of ids out, line by line. */
@Command(
        name = "encode",
        header = "Turn text into ids.",
        description = {
            "Reads one JSON string a line from stdin and writes one JSON array of ids a line to stdout, as soon as no further line is waiting, so that it can serve another program line by line.",
            "Special tokens spelt in the text, such as </s>, become their ids unless --no-special is given."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  echo '\"Hello, world\"' | cria tokenizer encode --tokenizer DIR",
            "  jq -c .text corpus.jsonl | cria tokenizer encode --tokenizer DIR --add-bos > ids.jsonl"
        })
final class TokenizerEncodeCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private TokenizerOption tokenizer = new TokenizerOption();

    @Option(names = "--no-special", description = "Special tokens spelt in the text are plain text.")
    private boolean noSpecial;

    @Option(names = "--add-bos", description = "Begin every line's ids with the begin-of-sequence token.")
    private boolean addBos;

    TokenizerEncodeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer loaded = tokenizer.load();
        TokenBuffer ids = new TokenBuffer(1 << 12);
        StringBuilder line = new StringBuilder();
        try (JsonLines lines = new JsonLines(console.in(), "stdin")) {
            for (Optional<JsonNode> next = lines.next(); next.isPresent(); next = lines.next()) {
                if (!next.get().isString()) {
                    throw lines.refuse("is no JSON string");
                }
                ids.clear();
                if (addBos) {
                    ids.add(loaded.bosId());
                }
                if (noSpecial) {
                    loaded.encode(next.get().stringValue(), ids);
                } else {
                    loaded.encodeWithSpecial(next.get().stringValue(), ids);
                }
                write(ids, line);
                if (!lines.ready()) {
                    console.flush();
                }
            }
        }
        return 0;
    }

    private void write(TokenBuffer ids, StringBuilder line) {
        int[] all = ids.array();
        line.setLength(0);
        line.append('[');
        for (int i = 0; i < ids.size(); i++) {
            line.append(i == 0 ? "" : ",").append(all[i]);
        }
        console.print(line.append(']').toString());
    }
}
