package dev.cria.eval.task;

import dev.cria.base.JsonFiles;
import dev.cria.base.UserError;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes down the requests of tasks, one JSON object a line, for another program to compare: {@code tools/check_eval_requests.py} compares
 * them with those of lm-evaluation-harness itself.
 */
public final class RequestExport {
    private RequestExport() {}

    /** Arguments: DATA OUTPUT.jsonl TASK=SHOTS.... */
    public static void main(String[] args) throws IOException {
        TaskRegistry registry = TaskRegistry.builtIn();
        TaskData data = TaskData.in(Path.of(args[0]));
        try (BufferedWriter out = Files.newBufferedWriter(Path.of(args[1]))) {
            for (int i = 2; i < args.length; i++) {
                String name = args[i].substring(0, args[i].indexOf('='));
                int shots = Integer.parseInt(args[i].substring(name.length() + 1));
                for (Request request : registry.find(name).requests(data, shots, OptionalInt.empty())) {
                    ObjectNode line = JsonFiles.newObject()
                            .put("task", name)
                            .put("shots", shots)
                            .put("doc", request.doc());
                    describe(request, line);
                    out.write(line + "\n");
                }
            }
        } catch (UserError e) {
            System.err.println(e.render());
            System.exit(e.exitCode());
        }
    }

    private static void describe(Request request, ObjectNode line) {
        switch (request) {
            case MultipleChoiceRequest choices -> {
                choices.contexts().forEach(line.putArray("contexts")::add);
                choices.continuations().forEach(line.putArray("continuations")::add);
                line.put("gold", choices.gold());
                ArrayNode lengths = line.putArray("lengths");
                for (int length : choices.choiceLengths()) {
                    lengths.add(length);
                }
            }
            case GenerationRequest generation -> {
                line.put("context", generation.context());
                generation.until().forEach(line.putArray("until")::add);
                switch (generation.gold()) {
                    case Gold.Text text -> line.put("target", text.text());
                    case Gold.Program program -> line.put("target", program.test());
                    case Gold.Answers answers -> {
                        ArrayNode accepted = line.putArray("answers");
                        answers.answers().forEach(answer -> answer.forEach(accepted.addArray()::add));
                    }
                }
            }
        }
    }
}
