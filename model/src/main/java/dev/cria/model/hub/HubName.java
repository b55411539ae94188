package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a model or data set on a hub, such as {@code TinyLlama/TinyLlama-1.1B-Chat-v1.0}, and of one file in it where that is meant:
 * {@code ORG/NAME/FILE.gguf} or {@code ORG/NAME:FILE.gguf}.
 *
 * @param kind what it names
 * @param organisation who published it
 * @param repository the model or data set
 * @param file a file in it
 */
public record HubName(Kind kind, String organisation, String repository, Optional<String> file) {
    /** What a hub keeps; the two have folders and addresses of their own. */
    public enum Kind {
        MODEL("model", ""),
        DATASET("data set", "datasets/");

        private final String noun;
        private final String address;

        Kind(String noun, String address) {
            this.noun = noun;
            this.address = address;
        }

        /** What messages call it. */
        String noun() {
            return noun;
        }

        /** What stands before the name in the address of a file. */
        String address() {
            return address;
        }

        /** What it is called in a hub's interface and in the cache. */
        String plural() {
            return this == MODEL ? "models" : "datasets";
        }
    }

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
        return Optional.of(new HubName(Kind.MODEL, matcher.group(1), matcher.group(2), file));
    }

    /** As {@link #parse}. @throws UserError if it is no name */
    public static HubName require(String text) {
        return parse(text)
                .orElseThrow(() -> new UserError(
                        "'" + RepositoryPaths.printable(text) + "' is no name of a model on a hub",
                        "give ORG/NAME as its page shows it, such as TinyLlama/TinyLlama-1.1B-Chat-v1.0"));
    }

    /** The data set that {@code text} names as {@code ORG/NAME}. @throws UserError if it is no such name */
    public static HubName dataset(String text) {
        return parse(text)
                .filter(name -> name.file().isEmpty())
                .map(name -> new HubName(Kind.DATASET, name.organisation, name.repository, Optional.empty()))
                .orElseThrow(() -> new UserError(
                        "'" + RepositoryPaths.printable(text) + "' is no name of a data set on a hub",
                        "give ORG/NAME as its page shows it, such as allenai/ai2_arc"));
    }

    /** Two dashes separate the words of a cache folder's name, and two dots would climb out of it. */
    private static boolean plain(String word) {
        return !word.contains("--")
                && !word.contains("..")
                && !word.endsWith("-")
                && !word.endsWith(".")
                && !word.endsWith(".git");
    }

    /** Organisation and repository, without a file. */
    public String model() {
        return organisation + "/" + repository;
    }

    /** The name of its folder in the cache. */
    String folder() {
        return kind.plural() + "--" + organisation + "--" + repository;
    }

    @Override
    public String toString() {
        return model() + file.map(name -> "/" + name).orElse("");
    }
}
