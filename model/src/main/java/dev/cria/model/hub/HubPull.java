package dev.cria.model.hub;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Brings a model from a hub into the cache. What was complete stays, whatever interrupts it; the same request goes on from there. */
public final class HubPull {
    private final HubSettings settings;
    private final TransferOptions options;
    private final Map<String, String> environment;
    private final HubCache cache;

    /** @param environment where the proxies are named */
    public HubPull(HubSettings settings, TransferOptions options, Map<String, String> environment) {
        this.settings = settings;
        this.options = options;
        this.environment = Map.copyOf(environment);
        this.cache = new HubCache(settings.cache());
    }

    /**
     * Downloads what is not here yet.
     *
     * @throws UserError if the hub refuses, the request makes no sense, or the disk is too small
     * @throws IOException if the cache cannot be written
     */
    public PullResult run(PullRequest request, PullListener listener) throws IOException, InterruptedException {
        RepositoryPaths.problem(request.revision()).ifPresent(problem -> {
            throw new UserError("the revision " + problem, "give a branch, tag or commit");
        });
        if (settings.offline()) {
            return offline(request, listener);
        }
        PullProgress progress = new PullProgress(listener);
        try (HubClient client = new HubClient(settings, options, environment)) {
            Repository repository = new Repository(client, request, options, progress::notice);
            RepositoryListing listing = repository.list();
            List<HubFile> chosen =
                    describe(repository, FileSelection.choose(listing.files(), request), listing.commit());
            try (RepositoryLock lock = RepositoryLock.take(cache.lock(request.name()), progress::notice)) {
                return new Work(request, client, repository, listing.commit(), chosen, progress).run();
            }
        }
    }

    private static List<HubFile> describe(Repository repository, List<HubFile> files, String commit)
            throws InterruptedException {
        List<HubFile> described = new ArrayList<>();
        for (HubFile file : files) {
            described.add(repository.describe(file, commit));
        }
        return described;
    }

    private PullResult offline(PullRequest request, PullListener listener) {
        HubName name = request.name();
        Path snapshot = cache.commit(name, request.revision())
                .map(commit -> cache.snapshot(name, commit))
                .filter(Files::isDirectory)
                .orElseThrow(() -> new UserError(
                        name.model() + " is not in the cache, and HF_HUB_OFFLINE forbids the network",
                        "unset HF_HUB_OFFLINE, or point HF_HOME to where the model is"));
        Path path = HubCache.usable(snapshot, name)
                .orElseThrow(() -> new UserError(
                        name + " is in the cache only in part, and HF_HUB_OFFLINE forbids the network",
                        "unset HF_HUB_OFFLINE and pull it again"));
        listener.onNotice("HF_HUB_OFFLINE is set: this is what was pulled before");
        return new PullResult(path, snapshot, String.valueOf(snapshot.getFileName()), List.of(), 0, 0);
    }

    /** One pull, with the lock held. */
    private final class Work {
        private final PullRequest request;
        private final HubClient client;
        private final Repository repository;
        private final String commit;
        private final List<HubFile> files;
        private final PullProgress progress;

        Work(
                PullRequest request,
                HubClient client,
                Repository repository,
                String commit,
                List<HubFile> files,
                PullProgress progress) {
            this.request = request;
            this.client = client;
            this.repository = repository;
            this.commit = commit;
            this.files = files;
            this.progress = progress;
        }

        PullResult run() throws IOException, InterruptedException {
            HubName name = request.name();
            List<HubFile> missing = new ArrayList<>();
            long total = 0;
            long present = 0;
            long toCome = 0;
            for (HubFile file : files) {
                total += file.size();
                if (cache.holds(name, file, commit)) {
                    present += file.size();
                    cache.link(name, file, commit);
                } else {
                    missing.add(file);
                    long begun = begun(file);
                    present += begun;
                    toCome += file.size() - begun;
                }
            }
            requireSpace(toCome);
            progress.start(files.size(), total, present);
            List<HubFile> small = missing.stream()
                    .filter(file -> file.size() <= options.partBytes())
                    .toList();
            List<HubFile> large = missing.stream()
                    .filter(file -> file.size() > options.partBytes())
                    .toList();
            fetchTogether(small);
            for (HubFile file : large) {
                fetch(file); // its parts come together
            }
            Path snapshot = cache.snapshot(name, commit);
            if (!request.revision().equals(commit)) {
                Path reference = cache.reference(name, request.revision());
                Files.createDirectories(reference.toAbsolutePath().getParent());
                DurableFiles.write(reference, commit);
            }
            Path path = request.name().file().map(snapshot::resolve).orElseGet(() -> only(snapshot));
            List<String> paths = files.stream().map(HubFile::path).toList();
            return new PullResult(path, snapshot, commit, paths, total, toCome);
        }

        /** A model that is one GGUF file is meant by that file. */
        private Path only(Path snapshot) {
            List<HubFile> gguf = files.stream().filter(HubFile::isGguf).toList();
            return files.size() == 1 && gguf.size() == 1
                    ? snapshot.resolve(gguf.getFirst().path())
                    : snapshot;
        }

        private long begun(HubFile file) throws IOException {
            Path blob = cache.blob(request.name(), file);
            Path incomplete = blob.resolveSibling(blob.getFileName() + IncompleteBlob.SUFFIX);
            long size = Files.isRegularFile(incomplete) ? Files.size(incomplete) : 0;
            return size <= file.size() ? size : 0;
        }

        private void requireSpace(long bytes) throws IOException {
            Path folder = cache.repository(request.name());
            Files.createDirectories(folder);
            long free = Files.getFileStore(folder).getUsableSpace();
            if (bytes > free) {
                throw new UserError(
                        "not enough room: " + bytes + " bytes are to come, and " + free + " are free where "
                                + cache.root() + " is",
                        "make room, or set HF_HOME to a folder on a larger disk");
            }
        }

        private void fetch(HubFile file) throws IOException, InterruptedException {
            FileSource source = new FileSource(client, repository.errors(), file, repository.address(file, commit));
            new FileTransfer(file, source, options, progress::add, progress::notice)
                    .run(cache.blob(request.name(), file));
            cache.link(request.name(), file, commit);
            progress.file(file);
        }

        private void fetchTogether(List<HubFile> small) throws IOException, InterruptedException {
            ExecutorService threads = Executors.newFixedThreadPool(
                    options.connections(), Thread.ofVirtual().factory());
            try {
                CompletionService<HubFile> ended = new ExecutorCompletionService<>(threads);
                for (HubFile file : small) {
                    ended.submit(() -> {
                        fetch(file);
                        return file;
                    });
                }
                for (int i = 0; i < small.size(); i++) {
                    ended.take().get();
                }
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException io -> throw io;
                    case RuntimeException runtime -> throw runtime;
                    case Error error -> throw error;
                    case InterruptedException interrupted -> throw interrupted;
                    case null, default -> throw new IllegalStateException(e);
                }
            } finally {
                threads.shutdownNow();
                threads.close();
            }
        }
    }
}
