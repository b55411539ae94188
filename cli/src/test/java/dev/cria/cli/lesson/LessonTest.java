package dev.cria.cli.lesson;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.cli.quickstart.Quickstart;
import dev.cria.cli.quickstart.QuickstartOptions;
import dev.cria.cli.terminal.Console;
import dev.cria.train.RunOptions.Start;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small model is raised on made-up Java, then taught: fine-tuned to answer in a format, aligned to a style. */
class LessonTest {
    private static final long SEED = 1;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final StringWriter out = new StringWriter();

    @Test
    @Tag("slow")
    void fineTuningBringsTheFormatAndAlignmentTheStyle() throws IOException {
        LessonSize size = new LessonSize(1000, 300, 60);
        Path output = raise(
                size,
                "training.steps=400",
                "model.hidden_size=128",
                "model.intermediate_size=344",
                "model.layers=4",
                "model.heads=4",
                "model.key_value_heads=2");
        Lesson.Report report = new Lesson(console(), output, size, List.of(), List.of("schedule.peak=2.2e-5"))
                .run(SEED)
                .orElseThrow();
        assertThat(report.before().format()).isLessThan(0.05);
        assertThat(report.before().plain()).isLessThan(0.05);
        assertThat(report.tuned().format()).as(out.toString()).isGreaterThan(0.95);
        assertThat(report.tuned().plain()).isLessThan(0.05);
        assertThat(report.aligned().format()).as(out.toString()).isGreaterThan(0.95);
        assertThat(report.aligned().plain()).as(out.toString()).isGreaterThan(0.95);
    }

    @Test
    void leavesFilesToLookAtGoesOnWhereItWasAndShowsAFinishedOneAgain() throws IOException {
        LessonSize size = new LessonSize(24, 12, 3);
        Path output = raise(
                size,
                "training.steps=2",
                "training.batch_sequences=1",
                "model.layers=1",
                "model.hidden_size=64",
                "model.intermediate_size=128");
        List<String> small = List.of("training.threads=1", "training.precision=f32", "chat.epochs=1");
        assertThat(new Lesson(console(), output, size, small, small).run(SEED)).isPresent();
        Path chat = output.resolve("chat");
        assertThat(Files.readAllLines(chat.resolve("conversations.jsonl"))).hasSize(24);
        assertThat(Files.readAllLines(chat.resolve("pairs.jsonl"))).hasSize(12);
        assertThat(Files.readAllLines(chat.resolve("held-out.jsonl"))).hasSize(3);
        assertThat(chat.resolve("sft/curves.svg")).isNotEmptyFile();
        assertThat(chat.resolve("dpo/curves.svg")).isNotEmptyFile();
        assertThat(chat.resolve("quickstart-sft.yaml"))
                .content()
                .contains("'" + chat.resolve("conversations.jsonl").toString().replace("'", "''") + "'");
        assertThat(out.toString())
                .contains("base model  ")
                .contains("after fine-tuning  ")
                .contains("after alignment  ")
                .contains("cria chat --model " + chat.resolve("dpo"));
        byte[] metrics = Files.readAllBytes(chat.resolve("dpo/metrics.jsonl"));
        err.reset();
        assertThat(new Lesson(console(), output, size, small, small).run(SEED)).isPresent();
        assertThat(err.toString(StandardCharsets.UTF_8)).doesNotContain("checkpoint ");
        assertThat(Files.readAllBytes(chat.resolve("dpo/metrics.jsonl"))).isEqualTo(metrics);
    }

    /** A base model in the way that quickstart raises one, on declarations of methods that the lesson does not ask about. */
    private Path raise(LessonSize size, String... settings) throws IOException {
        Path corpus = Files.createDirectories(directory.resolve("corpus"));
        List<Signature> others = Signature.all(Signature.most(), SEED).subList(size.total(), Signature.most());
        for (int i = 0; i < others.size(); i += 10) {
            StringBuilder text = new StringBuilder();
            others.subList(i, Math.min(i + 10, others.size())).forEach(each -> text.append(java(each)));
            Files.writeString(corpus.resolve("C" + i + ".java"), text);
        }
        Path output = directory.resolve("q's \"model\"");
        QuickstartOptions options = new QuickstartOptions(
                output,
                List.of(corpus),
                Optional.of(0.001),
                Optional.of(SEED),
                new ArrayList<>(List.of(settings)),
                Start.NEW);
        assertThat(new Quickstart(console(), options).run()).isTrue();
        return output;
    }

    private static String java(Signature signature) {
        return "    /**\n     * Calls " + signature.name() + " and returns " + signature.returns()
                + ".\n     */\n    public "
                + signature.java() + " {\n        log(\"" + signature.name() + "\", "
                + signature.parameters().size()
                + ");\n        return " + signature.name() + "(" + String.join(", ", signature.parameters())
                + ");\n    }\n\n";
    }

    private Console console() {
        return new Console(
                new ByteArrayInputStream(new byte[0]),
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                100);
    }
}
