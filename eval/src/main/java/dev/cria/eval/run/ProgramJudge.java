package dev.cria.eval.run;

import dev.cria.eval.metric.Outcome;
import java.util.List;

/** Runs programs that a model wrote, and says how many passed their tests. */
@FunctionalInterface
public interface ProgramJudge {
    /** @param programs whole programs, ready to run: those of one document */
    Outcome.Programs judge(List<String> programs);
}
