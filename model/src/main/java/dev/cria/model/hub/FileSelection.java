package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Which files of a repository to take: what a model needs, or what the user's patterns say. */
final class FileSelection {
    /** Configuration, tokenizer, template, and what the publisher says of it all; each at the top of the repository. */
    private static final Set<String> COMPANIONS = Set.of(
            "config.json",
            "adapter_config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer.model",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "chat_template.jinja",
            "chat_template.json",
            "model.safetensors.index.json");

    private static final Set<String> DOCUMENTS = Set.of("readme", "license", "licence", "notice", "use_policy");
    private static final int LISTED = 12;

    private FileSelection() {}

    /**
     * The files to take.
     *
     * @throws UserError if there are none, or it is not clear which
     */
    static List<HubFile> choose(List<HubFile> files, PullRequest request) {
        Predicate<HubFile> excluded = anyOf(request.exclude());
        List<HubFile> left = files.stream().filter(excluded.negate()).toList();
        String model = request.name().model();
        if (request.name().file().isPresent()) {
            return List.of(single(files, request.name().file().get(), model));
        }
        if (!request.include().isEmpty()) {
            List<HubFile> chosen =
                    left.stream().filter(anyOf(request.include())).toList();
            if (chosen.isEmpty()) {
                throw new UserError(
                        "no file of " + model + " matches " + String.join(", ", request.include()),
                        "there are: " + list(left));
            }
            return chosen;
        }
        return whatAModelNeeds(left, model);
    }

    private static HubFile single(List<HubFile> files, String path, String model) {
        return files.stream()
                .filter(file -> file.path().equals(path))
                .findFirst()
                .orElseThrow(() -> {
                    List<HubFile> gguf = files.stream().filter(HubFile::isGguf).toList();
                    return new UserError(
                            model + " has no file '" + RepositoryPaths.printable(path) + "'",
                            "there are: " + list(gguf.isEmpty() ? files : gguf));
                });
    }

    private static List<HubFile> whatAModelNeeds(List<HubFile> files, String model) {
        List<HubFile> weights = weights(files);
        if (weights.isEmpty()) {
            return List.of(onlyGguf(files, model));
        }
        return files.stream()
                .filter(file -> weights.contains(file) || file.isAtTop() && isCompanion(file))
                .toList();
    }

    /** The safetensors files; {@code model*.safetensors} where there are such, since others repeat them in another layout. */
    private static List<HubFile> weights(List<HubFile> files) {
        List<HubFile> all = files.stream()
                .filter(file -> file.isAtTop() && file.path().endsWith(".safetensors"))
                .toList();
        List<HubFile> named = all.stream()
                .filter(file -> file.path().matches("model(-\\d+-of-\\d+)?\\.safetensors"))
                .toList();
        return named.isEmpty() ? all : named;
    }

    private static boolean isCompanion(HubFile file) {
        String stem = file.name().toLowerCase(Locale.ROOT).replaceFirst("\\.(md|txt)$", "");
        return COMPANIONS.contains(file.name()) || DOCUMENTS.contains(stem);
    }

    private static HubFile onlyGguf(List<HubFile> files, String model) {
        List<HubFile> gguf = files.stream().filter(HubFile::isGguf).toList();
        if (gguf.size() == 1) {
            return gguf.getFirst();
        }
        if (gguf.size() > 1) {
            throw new UserError(
                    model + " has " + gguf.size() + " GGUF files: " + list(gguf),
                    "say which: `cria pull " + model + " --file "
                            + preferred(gguf).path() + "`");
        }
        boolean pickled = files.stream().anyMatch(file -> file.path().matches(".*\\.(bin|pth|pt)"));
        throw new UserError(
                model + " has no safetensors and no GGUF file"
                        + (pickled ? ", only weights in PyTorch's own format" : ""),
                pickled
                        ? "look for a newer revision or a conversion of it; Cria does not run what is inside .bin files"
                        : "check that it is a model; --include takes files of any kind");
    }

    /** Four bits in the K format is what most people want. */
    private static HubFile preferred(List<HubFile> gguf) {
        Optional<HubFile> usual = gguf.stream()
                .filter(file -> file.path().toLowerCase(Locale.ROOT).contains("q4_k_m"))
                .findFirst();
        return usual.orElse(gguf.getFirst());
    }

    private static Predicate<HubFile> anyOf(List<String> patterns) {
        List<Glob> globs = patterns.stream().map(Glob::new).toList();
        return file -> globs.stream().anyMatch(glob -> glob.matches(file.path()));
    }

    private static String list(List<HubFile> files) {
        String names = files.stream().limit(LISTED).map(HubFile::path).collect(Collectors.joining(", "));
        return files.size() > LISTED ? names + " and " + (files.size() - LISTED) + " more" : names;
    }
}
