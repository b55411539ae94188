package dev.cria.model.hub;

/**
 * A file of a repository.
 *
 * @param path its path in the repository, with slashes; safe by {@link RepositoryPaths}
 * @param size its bytes; -1 where the hub has not said so yet
 * @param blob the name of its content in the cache: a hash as a rule; empty where the hub has not said so yet
 */
public record HubFile(String path, long size, String blob) {
    static final long UNKNOWN = -1;

    /** Whether the listing said all there is to know. */
    boolean described() {
        return size >= 0 && !blob.isEmpty();
    }

    Checksum checksum() {
        return Checksum.ofBlobName(blob);
    }

    /** The last part of the path. */
    String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    boolean isAtTop() {
        return path.indexOf('/') < 0;
    }

    boolean isGguf() {
        return path.endsWith(".gguf");
    }
}
