package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a model on a hub, such as {@code TinyLlama/TinyLlama-1.1B-Chat-v1.0}, and of one file in it where that is meant:
 * {@code ORG/NAME/FILE.gguf} or {@code ORG/NAME:FILE.gguf}.
 *
 * @param organisation who published it
 * @param repository the model
 * @param file a file in it
 */
public record HubName(String organisation, String repository, Optional<String> file) {
    private static final String WORD = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
    private static final Pattern SHAPE = Pattern.compile("(" + WORD + ")/(" + WORD + ")(?:[:/](.+))?");

    /** The name that {@code text} spells, if it has the shape of one. */
    public static Optional<HubName> parse(String text) {
        Matcher matcher = SHAPE.matcher(text);
        if (!matcher.matches() || !plain(matcher.group(1)) || !plain(matcher.group(2))) {
            return Optional.empty();
        }
        Optional<String> file = Optional.ofNullable(matcher.group(3));
        if (file.isPresent() && RepositoryPaths.problem(file.get()).isPresent()) {
            return Optional.empty();
        }
        return Optional.of(new HubName(matcher.group(1), matcher.group(2), file));
    }

    /** As {@link #parse}. @throws UserError if it is no name */
    public static HubName require(String text) {
        return parse(text)
                .orElseThrow(() -> new UserError(
                        "'" + RepositoryPaths.printable(text) + "' is no name of a model on a hub",
                        "give ORG/NAME as its page shows it, such as TinyLlama/TinyLlama-1.1B-Chat-v1.0"));
    }

    /** Two dashes separate the words of a cache folder's name, and two dots would climb out of it. */
    private static boolean plain(String word) {
        return !word.contains("--")
                && !word.contains("..")
                && !word.endsWith("-")
                && !word.endsWith(".")
                && !word.endsWith(".git");
    }

    /** Organisation and model, without a file. */
    public String model() {
        return organisation + "/" + repository;
    }

    /** The name of the model's folder in the cache. */
    String folder() {
        return "models--" + organisation + "--" + repository;
    }

    @Override
    public String toString() {
        return model() + file.map(name -> "/" + name).orElse("");
    }
}
