package dev.cria.model.hub;

import java.util.List;

/**
 * What to pull.
 *
 * @param name the model, and the one file of it where only that is wanted
 * @param revision a branch, tag or commit
 * @param include patterns of files; empty for what a model needs
 * @param exclude patterns of files to leave out
 */
public record PullRequest(HubName name, String revision, List<String> include, List<String> exclude) {
    /** The branch that is meant where nothing is said. */
    public static final String MAIN = "main";

    public PullRequest {
        include = List.copyOf(include);
        exclude = List.copyOf(exclude);
    }

    /** What a model needs, from its main branch. */
    public static PullRequest of(HubName name) {
        return new PullRequest(name, MAIN, List.of(), List.of());
    }
}
