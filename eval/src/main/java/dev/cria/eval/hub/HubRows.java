package dev.cria.eval.hub;

import dev.cria.base.UserError;
import dev.cria.eval.task.Dataset;
import dev.cria.eval.task.TaskData;
import dev.cria.model.hub.HubCache;
import dev.cria.model.hub.HubName;
import dev.cria.model.hub.HubPull;
import dev.cria.model.hub.HubSettings;
import dev.cria.model.hub.PullListener;
import dev.cria.model.hub.PullRequest;
import dev.cria.model.hub.TransferOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The rows of data sets from a hub. What the cache has is taken from there without a word to the network; the rest is fetched into it, each file
 * checked against its hash. One split is fetched, never the whole repository.
 */
public final class HubRows implements TaskData.RowSource {
    /** Little patience where nothing comes at all: most often there is no network. */
    private static final int ATTEMPTS = 3;

    private final HubSettings settings;
    private final HubPull pull;
    private final HubCache cache;
    private final PullListener listener;

    /**
     * @param environment where the proxies are named
     * @param listener hears of everything that is fetched
     */
    public HubRows(HubSettings settings, Map<String, String> environment, PullListener listener) {
        this(settings, environment, listener, Duration.ofSeconds(1));
    }

    HubRows(HubSettings settings, Map<String, String> environment, PullListener listener, Duration firstPause) {
        TransferOptions usual = TransferOptions.defaults();
        this.settings = settings;
        this.pull = new HubPull(
                settings,
                new TransferOptions(usual.connections(), usual.partBytes(), ATTEMPTS, firstPause, usual.stall()),
                environment);
        this.cache = new HubCache(settings.cache());
        this.listener = listener;
    }

    /**
     * The files of a split.
     *
     * @throws UserError if the hub has no such data set or split, or cannot be reached; exit code 1 where trying again may help
     */
    @Override
    public synchronized List<Path> files(Dataset dataset, String split) {
        HubName name = HubName.dataset(dataset.hub());
        for (HubLayout layout : HubLayout.values()) {
            List<Path> files = cached(name, layout, dataset, split);
            if (!files.isEmpty()) {
                return files;
            }
        }
        String what = "the " + split + " rows of " + dataset.hub()
                + dataset.configuration().map(config -> " (" + config + ")").orElse("");
        if (settings.offline()) {
            throw new UserError(
                    what + " are not in the cache, and HF_HUB_OFFLINE forbids the network",
                    "unset HF_HUB_OFFLINE, or name a folder that has them with --data");
        }
        listener.onNotice("fetching " + what);
        return fetched(name, what, dataset, split);
    }

    private List<Path> cached(HubName name, HubLayout layout, Dataset dataset, String split) {
        Optional<Path> snapshot = cache.pulled(name, layout.revision());
        try {
            return snapshot.map(folder -> layout.find(folder, dataset, split)).orElse(List.of());
        } catch (UserError e) {
            return List.of(); // a part is missing: it is fetched
        }
    }

    private List<Path> fetched(HubName name, String what, Dataset dataset, String split) {
        Optional<UserError> refused = Optional.empty();
        for (HubLayout layout : HubLayout.values()) {
            PullRequest request = new PullRequest(name, layout.revision(), layout.patterns(dataset, split), List.of());
            try {
                Path snapshot = pull.run(request, listener).snapshot();
                List<Path> files = layout.find(snapshot, dataset, split);
                if (!files.isEmpty()) {
                    return files;
                }
            } catch (UserError e) {
                if (e.exitCode() == UserError.FAILED) {
                    throw UserError.failed(
                            what + " cannot be fetched: " + e.what(),
                            "check the connection, or name a folder that has them with --data");
                }
                refused = refused.or(() -> Optional.of(e));
            } catch (IOException e) {
                throw UserError.failed(
                        what + " cannot be kept in " + settings.cache() + ": " + e.getMessage(),
                        "check its permissions, or set HF_HOME to another folder");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw UserError.failed("interrupted while fetching " + what, "run the same command again");
            }
        }
        throw new UserError(
                what + " are not to be had: "
                        + refused.map(UserError::what).orElse("its files have names that no task expects"),
                "fetch them by other means, and name their folder with --data");
    }
}
