package dev.cria.eval.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import dev.cria.eval.sandbox.Verdict.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** HumanEval's own solutions pass its tests, and stop passing when they are damaged. */
class ReferenceSolutionsTest {
    private static final SandboxLimits LIMITS = SandboxLimits.defaults().withWall(Duration.ofMinutes(3));

    private record Problem(String id, String prompt, String solution, String test) {
        String program(String completion) {
            return prompt + completion + "\n" + test;
        }
    }

    private static List<Problem> problems() throws IOException {
        List<Problem> problems = new ArrayList<>();
        for (String line : Files.readAllLines(ReferenceData.require("eval-data/humaneval.jsonl"))) {
            JsonNode row = JsonMapper.shared().readTree(line);
            problems.add(new Problem(
                    row.path("task_id").stringValue(),
                    row.path("prompt").stringValue(),
                    row.path("canonical_solution").stringValue(),
                    row.path("test").stringValue() + "\ncheck("
                            + row.path("entry_point").stringValue() + ")"));
        }
        return problems;
    }

    private static List<Verdict> run(List<String> programs) throws Exception {
        PythonSandbox sandbox = Pythons.sandbox(LIMITS);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<Verdict>> running = programs.stream()
                    .map(program -> threads.submit(() -> sandbox.run(program)))
                    .toList();
            List<Verdict> verdicts = new ArrayList<>();
            for (Future<Verdict> one : running) {
                verdicts.add(one.get());
            }
            return verdicts;
        }
    }

    @Test
    void allPass() throws Exception {
        List<Problem> problems = problems();
        assertThat(problems).hasSize(164);
        long start = System.nanoTime();
        List<Verdict> verdicts =
                run(problems.stream().map(p -> p.program(p.solution())).toList());
        double seconds = (System.nanoTime() - start) / 1e9;
        for (int i = 0; i < problems.size(); i++) {
            assertThat(verdicts.get(i).outcome())
                    .as(problems.get(i).id() + " " + verdicts.get(i))
                    .isEqualTo(Outcome.PASSED);
        }
        System.out.printf("164 reference solutions: %.1f s, %.0f ms each%n", seconds, 1e3 * seconds / 164);
    }

    @Test
    void damagedOnesFail() throws Exception {
        List<Problem> problems = problems();
        List<String> programs = new ArrayList<>();
        for (int i = 0; i < problems.size(); i += 14) {
            programs.add(problems.get(i).program("    return None\n"));
        }
        assertThat(run(programs))
                .hasSize(12)
                .allSatisfy(verdict -> assertThat(verdict.outcome()).isEqualTo(Outcome.FAILED));
    }
}
