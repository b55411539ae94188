package dev.cria.eval.task;

import java.nio.file.Path;

/** The folder that holds the rows of tasks. */
public final class TaskData {
    private final Path folder;

    private TaskData(Path folder) {
        this.folder = folder;
    }

    /** The data under {@code folder}; nothing is read yet. */
    public static TaskData in(Path folder) {
        return new TaskData(folder);
    }

    public Path folder() {
        return folder;
    }
}
