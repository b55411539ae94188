package dev.cria.cli.jobs;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Units;
import dev.cria.eval.hub.HubRows;
import dev.cria.eval.task.TaskData;
import dev.cria.model.hub.HubSettings;
import dev.cria.model.hub.PullListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Where the rows of tasks are taken from: folders, a hub, or the hub for what the folders lack. */
public final class Rows {
    private Rows() {}

    /**
     * The rows of folders, or of a hub where no folder is named.
     *
     * @param folders the first that has a split gives it
     * @param fetch whether the hub is asked for what the folders lack
     * @param option what messages call the folders' names
     * @param say hears of what is fetched
     */
    public static TaskData of(List<Path> folders, boolean fetch, String option, Consumer<String> say) {
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) {
                throw new UserError("the data folder " + folder + " does not exist", "check " + option);
            }
        }
        if (!folders.isEmpty() && !fetch) {
            return TaskData.in(folders);
        }
        HubRows hub = new HubRows(HubSettings.ofProcess(), System.getenv(), new PullListener() {
            @Override
            public void onStart(int files, long totalBytes, long presentBytes) {
                if (totalBytes > presentBytes) {
                    say.accept(Units.bytes(totalBytes - presentBytes) + " are to come");
                }
            }

            @Override
            public void onNotice(String sentence) {
                say.accept(sentence);
            }
        });
        return folders.isEmpty() ? TaskData.from(hub) : TaskData.in(folders).orElse(hub);
    }
}
