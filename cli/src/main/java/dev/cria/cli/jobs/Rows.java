package dev.cria.cli.jobs;

import dev.cria.base.UserError;
import dev.cria.cli.terminal.Units;
import dev.cria.eval.hub.HubRows;
import dev.cria.eval.task.TaskData;
import dev.cria.model.hub.HubSettings;
import dev.cria.model.hub.PullListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Where the rows of tasks are taken from: a folder, a hub, or the hub for what the folder lacks. */
public final class Rows {
    private Rows() {}

    /**
     * The rows of a folder, or of a hub where no folder is named.
     *
     * @param fetch whether the hub is asked for what the folder lacks
     * @param option what messages call the folder's name
     * @param say hears of what is fetched
     */
    public static TaskData of(Optional<Path> folder, boolean fetch, String option, Consumer<String> say) {
        if (folder.isPresent() && !Files.isDirectory(folder.get())) {
            throw new UserError("the data folder " + folder.get() + " does not exist", "check " + option);
        }
        if (folder.isPresent() && !fetch) {
            return TaskData.in(folder.get());
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
        return folder.map(path -> TaskData.in(path).orElse(hub)).orElseGet(() -> TaskData.from(hub));
    }
}
