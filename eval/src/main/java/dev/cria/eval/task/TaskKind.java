package dev.cria.eval.task;

/** How a task asks. */
public enum TaskKind {
    /** {@link MultipleChoiceRequest}: log-likelihoods of choices. */
    MULTIPLE_CHOICE,
    /** {@link GenerationRequest}: text. */
    GENERATION,
    /** {@link GenerationRequest} whose answers are programs that must be run to be scored. */
    PROGRAM
}
