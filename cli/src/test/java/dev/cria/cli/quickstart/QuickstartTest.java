package dev.cria.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
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
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickstartTest {
    /** Steps small enough for a test; what is trained is not looked at here. */
    private static final List<String> SMALL = List.of(
            "training.batch_sequences=1",
            "training.micro_batch=1",
            "training.sequence_length=32",
            "training.threads=1",
            "training.precision=f32",
            "validation.tokens=64");

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final StringWriter out = new StringWriter();

    @Test
    void runsAllStagesOnceAndShowsAFinishedOneAgain() throws IOException {
        Path input = corpus();
        Path output = directory.resolve("q");
        assertThat(run(output, List.of(input), Optional.of(0.005), Start.NEW)).isTrue();
        assertThat(out.toString())
                .contains("validation loss")
                .contains("bits a byte")
                .contains("  | The ")
                .contains("cria generate --model " + output);
        assertThat(said()).contains("1/6").contains("6/6");
        assertThat(output.resolve("curves.svg")).isNotEmptyFile();
        assertThat(output.resolve("metrics.jsonl")).isNotEmptyFile();

        byte[] metrics = Files.readAllBytes(output.resolve("metrics.jsonl"));
        err.reset();
        assertThat(run(output, List.of(), Optional.empty(), Start.NEW)).isTrue();
        assertThat(said())
                .contains("is complete")
                .contains("--fresh")
                .doesNotContain("1/6")
                .contains("5/6");
        assertThat(Files.readAllBytes(output.resolve("metrics.jsonl"))).isEqualTo(metrics);

        assertThatThrownBy(() -> run(output, List.of(), Optional.of(3.0), Start.NEW))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("another --input, --minutes or --seed");
    }

    @Test
    void goesOnWhereItWasStopped() throws IOException {
        Path output = directory.resolve("q");
        run(output, List.of(corpus()), Optional.of(0.005), Start.NEW);
        Path checkpoints = output.resolve("checkpoints");
        // As a kill would have left it: the last checkpoint is missing, the next older one is there.
        Path newest;
        try (var all = Files.list(checkpoints)) {
            newest = all.filter(Files::isDirectory).sorted().toList().getLast();
        }
        OwnFiles.deleteTree(newest);
        err.reset();
        assertThat(run(output, List.of(), Optional.empty(), Start.RESUME)).isTrue();
        assertThat(said())
                .contains("is there already")
                .contains("are there already")
                .contains("going on from step");
        assertThat(newest).isDirectory();
    }

    @Test
    void beginsAnewButDeletesNothingOfOthers() throws IOException {
        Path output = directory.resolve("q");
        run(output, List.of(corpus()), Optional.of(0.005), Start.NEW);
        Path note = Files.writeString(output.resolve("note.txt"), "mine");
        err.reset();
        assertThat(run(output, List.of(corpus()), Optional.of(0.004), Start.ANEW))
                .isTrue();
        assertThat(said()).doesNotContain("already");
        assertThat(note).hasContent("mine");
    }

    @Test
    void refusesFoldersOfOthersAndMissingInput() throws IOException {
        Files.writeString(directory.resolve("thesis.tex"), "x");
        for (Start start : Start.values()) {
            assertThatThrownBy(() -> run(directory, List.of(), Optional.empty(), start))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("holds no quickstart");
        }
        Path output = directory.resolve("q");
        assertThatThrownBy(() -> run(output, List.of(directory.resolve("no")), Optional.empty(), Start.NEW))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("does not exist");
        assertThat(output).doesNotExist();
        assertThatThrownBy(() -> run(directory.resolve("p"), List.of(), Optional.of(-1.0), Start.NEW))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("--minutes");
        Files.createDirectories(directory.resolve("r"));
        Files.writeString(directory.resolve("r/quickstart.json"), "{\"steps\": -1}");
        assertThatThrownBy(() -> run(directory.resolve("r"), List.of(), Optional.empty(), Start.NEW))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("quickstart.json");
    }

    private Path corpus() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("corpus"));
        for (int i = 0; i < 60; i++) {
            StringBuilder text = new StringBuilder();
            for (int line = 0; line < 20; line++) {
                text.append("The llama number ").append(i * 31 + line * 7).append(" walks up the mountain.\n");
            }
            Files.writeString(folder.resolve(i + ".txt"), text);
        }
        return folder;
    }

    private boolean run(Path output, List<Path> inputs, Optional<Double> minutes, Start start) throws IOException {
        Console console = new Console(
                new ByteArrayInputStream(new byte[0]),
                out,
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                100);
        return new Quickstart(console, new QuickstartOptions(output, inputs, minutes, Optional.empty(), SMALL, start))
                .run();
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
