package dev.cria.cli;

import dev.cria.cli.terminal.Console;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.Initializer;
import dev.cria.model.LlamaConfig;
import dev.cria.model.ParameterSet;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Not a command: the build runs it once, so that the JVM can record which classes the short commands need (see {@code
 * tools/start-cache.sh}). Everything happens in a folder that it is given.
 */
public final class StartRecorder {
    private StartRecorder() {}

    /** @param args an empty folder to work in */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Path text = Files.writeString(folder.resolve("text.txt"), "The llama walks up the mountain.\n".repeat(50));
        Path lines = Files.writeString(
                folder.resolve("in.jsonl"), "{\"context\": \"The llama\", \"continuation\": \" walks\"}\n");
        Path model = folder.resolve("model");
        run("", "--version");
        run("", "--help");
        run("", "doctor", "--json");
        run("", "tokenizer", "train", "--input", text, "--vocab-size", "300", "--output", model);
        model(model);
        run("\"The llama\"\n", "tokenizer", "encode", "--tokenizer", model);
        run("[300]\n", "tokenizer", "decode", "--tokenizer", model);
        run("", "data", "prepare", "--input", text, "--tokenizer", model, "--output", folder.resolve("data"));
        run("", "data", "inspect", folder.resolve("data"));
        run("", "info", model);
        run("", "generate", "--model", model, "--prompt", "The", "--max-tokens", "4", "--json");
        Path gguf = folder.resolve("model.gguf");
        run("", "convert", "--model", model, "--output", gguf, "--dtype", "q4_0");
        run("", "info", gguf);
        run("", "generate", "--model", gguf, "--prompt", "The", "--max-tokens", "4");
        run("The\n/stats\n", "chat", "--model", model, "--template", "zephyr", "--max-tokens", "4");
        run("", "score", "--model", model, "--input", lines, "--output", folder.resolve("out.jsonl"));
        String choices = "\"choices\": {\"text\": [\"up\", \"down\"], \"label\": [\"A\", \"B\"]}";
        Files.writeString(
                folder.resolve("arc_easy.jsonl"),
                "{\"question\": \"Where does it walk?\", " + choices + ", \"answerKey\": \"A\"}\n");
        run(
                "",
                "eval",
                "--model",
                model,
                "--tasks",
                "arc_easy",
                "--data",
                folder,
                "--output",
                folder.resolve("r.json"));
        run("", "info", folder.resolve("nothing"));
    }

    private static void model(Path directory) {
        LlamaConfig config = LlamaConfig.preset("tiny").withVocabSize(300);
        try (Device device = CpuDevice.open(CpuOptions.defaults());
                Workspace workspace = device.workspace()) {
            ParameterSet parameters = ParameterSet.allocate(workspace, config);
            Initializer.tinyLlama(parameters, 1, device);
            HuggingFaceDirectory.write(directory, parameters, device, DType.F32);
        }
    }

    private static void run(String input, Object... words) {
        String[] arguments = new String[words.length];
        for (int i = 0; i < words.length; i++) {
            arguments[i] = words[i].toString();
        }
        Console console = new Console(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                Writer.nullWriter(),
                new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                false,
                80);
        CommandLines.run(console, arguments);
    }
}
