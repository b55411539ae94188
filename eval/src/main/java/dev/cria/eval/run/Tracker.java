package dev.cria.eval.run;

/** Counts documents for the listener. */
final class Tracker {
    private final EvaluationListener listener;
    private final int tasks;
    private final long total;
    private final long began = System.nanoTime();
    private String task = "";
    private int taskNumber;
    private long documents;
    private long fromLog;

    /** @param total documents of all tasks */
    Tracker(int tasks, long total, EvaluationListener listener) {
        this.tasks = tasks;
        this.total = total;
        this.listener = listener;
    }

    void began(String next, int logged) {
        task = next;
        taskNumber++;
        documents += logged;
        fromLog += logged;
        tell();
    }

    void finished() {
        documents++;
        tell();
    }

    double seconds() {
        return (System.nanoTime() - began) * 1e-9;
    }

    private void tell() {
        listener.progressed(
                new EvaluationListener.Progress(task, taskNumber, tasks, documents, fromLog, total, seconds()));
    }
}
