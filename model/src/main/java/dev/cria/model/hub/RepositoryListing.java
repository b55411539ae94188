package dev.cria.model.hub;

import dev.cria.base.JsonFiles;
import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What a repository holds at one commit.
 *
 * @param commit the commit's hash
 * @param files its files
 */
record RepositoryListing(String commit, List<HubFile> files) {
    /** Longest answer that is read. */
    static final int MAXIMUM_BYTES = 16 << 20;

    /** A model has tens of files; some data sets have millions. */
    static final int MAXIMUM_FILES = 20_000;

    /** 16 TiB: no file of a model is as large, and sums of sizes stay far from overflow. */
    private static final long MAXIMUM_SIZE = 1L << 44;

    RepositoryListing {
        files = List.copyOf(files);
    }

    /**
     * Reads a hub's answer about a model.
     *
     * @throws UserError if it makes no sense, is too large, or names files that must not be written
     */
    static RepositoryListing parse(byte[] json, String model) {
        JsonNode root;
        try {
            root = JsonFiles.parseObject(json, Path.of("answer"));
        } catch (MalformedFileException e) {
            throw notUnderstood(model, e.what());
        }
        String commit = root.path("sha").asString("");
        if (!commit.matches("[0-9a-f]{40}|[0-9a-f]{64}")) {
            throw notUnderstood(model, "it names no commit");
        }
        JsonNode siblings = root.path("siblings");
        if (!siblings.isArray()) {
            throw notUnderstood(model, "it lists no files");
        }
        if (siblings.size() > MAXIMUM_FILES) {
            throw tooLarge(model, siblings.size() + " files; at most " + MAXIMUM_FILES + " make sense for a model");
        }
        List<HubFile> files = new ArrayList<>();
        Set<String> paths = new HashSet<>();
        for (JsonNode sibling : siblings) {
            HubFile file = file(sibling, model);
            if (!paths.add(file.path())) {
                throw notUnderstood(model, "it lists '" + file.path() + "' twice");
            }
            files.add(file);
        }
        return new RepositoryListing(commit, files);
    }

    private static HubFile file(JsonNode sibling, String model) {
        String path = sibling.path("rfilename").asString("");
        RepositoryPaths.problem(path).ifPresent(problem -> {
            throw new UserError(
                    model + " lists a file whose name " + problem + ": '" + RepositoryPaths.printable(path) + "'",
                    "do not use this repository: such a name may be meant to write outside its folder");
        });
        JsonNode large = sibling.path("lfs");
        long size = size(sibling.path("size"), size(large.path("size"), HubFile.UNKNOWN, path, model), path, model);
        String blob = large.path("sha256").asString(large.path("oid").asString(""));
        if (blob.isEmpty() && !large.isObject()) {
            blob = sibling.path("blobId").asString("");
        }
        if (!blob.isEmpty() && !blob.matches("[0-9a-f]{40}|[0-9a-f]{64}")) {
            throw notUnderstood(model, "the hash of '" + path + "' is none");
        }
        return new HubFile(path, size, blob);
    }

    private static long size(JsonNode node, long otherwise, String path, String model) {
        if (node.isMissingNode() || node.isNull()) {
            return otherwise;
        }
        if (!node.isIntegralNumber()
                || !node.canConvertToLong()
                || node.longValue() < 0
                || node.longValue() > MAXIMUM_SIZE) {
            throw notUnderstood(model, "the size of '" + path + "' is none");
        }
        return node.longValue();
    }

    static UserError tooLarge(String model, String what) {
        return new UserError(model + " is too large a repository to list: " + what, "check that it is a model");
    }

    private static UserError notUnderstood(String model, String why) {
        return UserError.failed(
                "the hub's answer about " + model + " is not understood: " + why,
                "check the endpoint; it must speak as Hugging Face's hub does");
    }
}
