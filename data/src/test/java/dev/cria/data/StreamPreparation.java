package dev.cria.data;

import java.nio.file.Path;
import java.util.List;

/** A program of its own for {@link StreamPreparationTest}: prepares what comes from the standard input, and prints what became of it. */
final class StreamPreparation {
    private StreamPreparation() {}

    public static void main(String[] arguments) {
        PrepareOptions options = PrepareOptions.of(
                        List.of(DocumentReaders.STANDARD_INPUT), Path.of(arguments[0]), Path.of(arguments[1]))
                .withRead(ReadOptions.defaults().withMaximumDocumentBytes(1 << 20))
                .withThreads(2);
        PrepareResult result = DataPreparation.run(options, new ToyTokenizer(), progress -> {});
        System.out.println(result.progress().bytes() + " bytes, "
                + result.manifest().splits().get(Manifest.VALIDATION).documents() + " held out");
    }
}
