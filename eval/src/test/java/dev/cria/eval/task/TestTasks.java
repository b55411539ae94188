package dev.cria.eval.task;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/** Made-up rows in a folder, asked by built-in tasks. */
record TestTasks(Path folder) {
    private static final TaskRegistry REGISTRY = TaskRegistry.builtIn();

    static final String ARC_ROW = """
            {"id":"1","question":"What burns?","choices":{"text":["ice","wood","sand"],"label":["A","B","C"]},"answerKey":"B"}""";

    TestTasks write(String file, String... lines) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, String.join("\n", lines) + "\n");
        return this;
    }

    List<Request> ask(String task, int shots) {
        return REGISTRY.find(task).requests(TaskData.in(folder), shots, OptionalInt.empty());
    }

    List<MultipleChoiceRequest> choices(String task, int shots) {
        return ask(task, shots).stream()
                .map(request -> (MultipleChoiceRequest) request)
                .toList();
    }
}
