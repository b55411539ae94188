package dev.cria.eval.run;

/** Hears how an evaluation goes. Calls come one at a time, not always from the same thread. */
@FunctionalInterface
public interface EvaluationListener {
    /**
     * Where an evaluation is.
     *
     * @param task the task at hand
     * @param taskNumber its number among the tasks, from 1
     * @param tasks all tasks
     * @param documents finished documents of all tasks, those from the log included
     * @param fromLog documents that were in the log already
     * @param total documents of all tasks
     * @param seconds since the first document was begun
     */
    record Progress(String task, int taskNumber, int tasks, long documents, long fromLog, long total, double seconds) {}

    /** After each document, and at the beginning of each task. */
    void progressed(Progress progress);

    /** Hears nothing. */
    static EvaluationListener none() {
        return progress -> {};
    }
}
