package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/** JSON Lines: each line an object, the document's text in one of its fields. Blank lines are passed over. */
final class JsonLinesDocuments implements DocumentSource {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(ReadOptions.MAXIMUM_RECORD_BYTES)
                    .build())
            .build();

    private final InputStream in;
    private final LineReader lines;
    private final Path file;
    private final String source;
    private final ReadOptions options;
    private final ReadCounts counts;

    /** @param file for messages about damage; {@code source} names it to the user */
    JsonLinesDocuments(InputStream in, Path file, String source, ReadOptions options, ReadCounts counts) {
        this.in = in;
        this.lines = new LineReader(in, ReadOptions.MAXIMUM_RECORD_BYTES);
        this.file = file;
        this.source = source;
        this.options = options;
        this.counts = counts;
    }

    @Override
    public @Nullable Document next() throws IOException {
        while (nextLine()) {
            if (isBlank()) {
                continue;
            }
            try {
                String text = Utf8Text.withoutLoneSurrogates(parse(), counts);
                return new Document(text, source + ":" + lines.number());
            } catch (MalformedFileException e) {
                if (!options.skipDamaged()) {
                    throw e;
                }
                counts.damaged++;
            }
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    private boolean nextLine() throws IOException {
        try {
            return lines.next();
        } catch (LineReader.LineTooLongException e) {
            throw damaged("has over " + ReadOptions.MAXIMUM_RECORD_BYTES + " bytes", "is the file really JSON Lines?");
        }
    }

    private boolean isBlank() {
        for (int i = lines.start(); i < lines.end(); i++) {
            byte c = lines.buffer()[i];
            if (c != ' ' && c != '\t' && c != '\r') {
                return false;
            }
        }
        return true;
    }

    private String parse() {
        byte[] bytes = lines.buffer();
        int start = lines.number() == 1 ? lines.startWithoutMark() : lines.start();
        int length = lines.end() - start;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes, start, length)) {
            return text(parser);
        } catch (JacksonException first) {
            // Either broken JSON or broken UTF-8; with the latter repaired, the former speaks for itself.
            long before = counts.invalidUtf8;
            String repaired = Utf8Text.decode(bytes, start, length, counts);
            if (counts.invalidUtf8 > before) {
                try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), repaired)) {
                    return text(parser);
                } catch (JacksonException second) {
                    throw broken(second);
                }
            }
            throw broken(first);
        }
    }

    private MalformedFileException broken(JacksonException e) {
        int column = e.getLocation() == null ? -1 : e.getLocation().getColumnNr();
        String where = column > 0 ? " (column " + column + ")" : "";
        String why = e instanceof StreamReadException ? "broken JSON" : "JSON that is refused";
        return damaged(
                "is " + why + where + ": " + firstSentence(e),
                "mend or delete the line, or skip such lines with --skip-damaged");
    }

    private static String firstSentence(JacksonException e) {
        String message = String.valueOf(e.getOriginalMessage());
        int end = message.indexOf('\n');
        message = end < 0 ? message : message.substring(0, end);
        return message.length() <= 200 ? message : message.substring(0, 200) + "...";
    }

    private String text(JsonParser parser) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw damaged("is no JSON object", "JSON Lines has one object like {\"text\": ...} on each line");
        }
        String text = null;
        List<String> names = new ArrayList<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals(options.textField()) && text == null) {
                if (value != JsonToken.VALUE_STRING && value != JsonToken.VALUE_NULL) {
                    throw damaged(
                            "has a field \"" + name + "\" that is no string",
                            "name the field of the text with --text-field");
                }
                text = value == JsonToken.VALUE_STRING ? parser.getString() : "";
            } else {
                parser.skipChildren();
                if (names.size() < 8) {
                    names.add(name);
                }
            }
        }
        if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
            throw damaged("goes on after its JSON object", "JSON Lines has one object on each line");
        }
        if (text != null) {
            return text;
        }
        if (names.contains("messages")) {
            throw new UserError(
                    source + " line " + lines.number() + " is a conversation (\"messages\"), not plain text",
                    "conversations are for fine-tuning; pretraining reads files with a text field");
        }
        throw damaged(
                "has no field \"" + options.textField() + "\"",
                "its fields are " + names + "; name the one with the text by --text-field");
    }

    private MalformedFileException damaged(String what, String hint) {
        return new MalformedFileException(file, lines.offset(), "line " + lines.number() + " " + what, hint);
    }
}
