package dev.cria.eval.task;

import java.util.List;

/** What a generated answer is measured by. */
public sealed interface Gold {
    /** One right text. */
    record Text(String text) implements Gold {}

    /** Accepted answers, each of one or more spans (DROP). */
    record Answers(List<List<String>> answers) implements Gold {
        public Answers {
            answers = answers.stream().map(List::copyOf).toList();
        }
    }

    /**
     * Tests that a completed program must pass (HumanEval).
     *
     * @param prompt the beginning of the program, which the completion follows
     * @param test what is run after the program, ending with the call that checks it
     */
    record Program(String prompt, String test) implements Gold {
        /** The program to run: the answer as the task filtered it (prompt and completion), a newline, and the tests. */
        public String whole(String filtered) {
            return filtered + "\n" + test;
        }
    }
}
