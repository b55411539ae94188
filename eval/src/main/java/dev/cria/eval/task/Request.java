package dev.cria.eval.task;

/** What a task asks of a model for one document. */
public sealed interface Request permits MultipleChoiceRequest, GenerationRequest {
    /** The row of the document in its data file, from 0. */
    int doc();
}
