package dev.cria.model.adapter;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an adapter is: peft's {@code adapter_config.json}. A module's weight W [O, I] becomes W + scaling·B·A, with A [r, I] and B [O, r]
 * (arXiv 2106.09685).
 *
 * @param rank r, where no pattern says otherwise
 * @param alpha what scaling is reckoned from, where no pattern says otherwise
 * @param dropout share of inputs that training drops; of no concern to a model that runs
 * @param targets the modules it changes
 * @param excluded modules that it leaves alone all the same
 * @param layers indices of the blocks that it changes; empty for all. Only for targets that are names, as in peft
 * @param rankPattern ranks of modules whose last name parts a regular expression matches; the first that matches holds
 * @param alphaPattern alphas likewise
 * @param rankStabilised whether scaling is alpha/√r (arXiv 2312.03732) instead of alpha/r
 * @param base the name or path of the model that it belongs to, if it says so
 */
public record AdapterConfig(
        int rank,
        double alpha,
        double dropout,
        TargetModules targets,
        Optional<TargetModules> excluded,
        Set<Integer> layers,
        Map<String, Integer> rankPattern,
        Map<String, Double> alphaPattern,
        boolean rankStabilised,
        Optional<String> base) {
    /** The file in an adapter's directory. */
    public static final String FILE = "adapter_config.json";

    /** One for each projection of 142 layers: no Llama has as many, and each costs time with every layer. */
    private static final int MOST_PATTERNS = 1000;

    /** @throws UserError if a rank is below 1, a number is not finite, a pattern is no regular expression, or layers do not go with the targets */
    public AdapterConfig {
        layers = Set.copyOf(layers);
        rankPattern = Collections.unmodifiableMap(new LinkedHashMap<>(rankPattern));
        alphaPattern = Collections.unmodifiableMap(new LinkedHashMap<>(alphaPattern));
        requireRank("r", rank);
        requireFinite("lora_alpha", alpha);
        rankPattern.forEach((pattern, value) -> requireRank("rank_pattern '" + pattern + "'", value));
        alphaPattern.forEach((pattern, value) -> requireFinite("alpha_pattern '" + pattern + "'", value));
        requirePatterns("rank_pattern", rankPattern.keySet());
        requirePatterns("alpha_pattern", alphaPattern.keySet());
        if (!layers.isEmpty() && !(targets instanceof TargetModules.Names)) {
            throw new UserError(
                    "layers_to_transform stands beside target_modules that are no list of names",
                    "name the modules in a list, or the layers in the expression");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new UserError("lora_dropout is " + dropout, "give a share of at least 0 and less than 1");
        }
    }

    /** An adapter of one rank for modules of some names, such as {@code q_proj}. */
    public static AdapterConfig of(
            int rank, double alpha, double dropout, List<String> targets, Optional<String> base) {
        return new AdapterConfig(
                rank,
                alpha,
                dropout,
                new TargetModules.Names(targets),
                Optional.empty(),
                Set.of(),
                Map.of(),
                Map.of(),
                false,
                base);
    }

    private static void requireRank(String name, int value) {
        if (value < 1) {
            throw new UserError(name + " is " + value, "a rank is 1 or more");
        }
    }

    private static void requirePatterns(String name, Set<String> patterns) {
        if (patterns.size() > MOST_PATTERNS) {
            throw new UserError(name + " has " + patterns.size() + " entries", "say it in at most " + MOST_PATTERNS);
        }
        patterns.forEach(NamePattern::compileEnding);
    }

    private static void requireFinite(String name, double value) {
        if (!Double.isFinite(value)) {
            throw new UserError(name + " is " + value, "give a finite number");
        }
    }

    /**
     * Reads {@value #FILE}.
     *
     * @throws UserError if there is none, it is damaged, or it says something that Cria does not do, such as DoRA
     */
    public static AdapterConfig read(Path directory) {
        return AdapterConfigJson.read(directory.resolve(FILE));
    }

    /** Writes {@value #FILE}, as peft reads it; it is there wholly or not at all. */
    public void write(Path directory) throws IOException {
        DurableFiles.write(directory.resolve(FILE), AdapterConfigJson.render(this));
    }

    public AdapterConfig withBase(String value) {
        return new AdapterConfig(
                rank,
                alpha,
                dropout,
                targets,
                excluded,
                layers,
                rankPattern,
                alphaPattern,
                rankStabilised,
                Optional.of(value));
    }

    /** The modules of a model that it changes, in the model's order. */
    public List<AdaptedModule> modules(LlamaConfig config) {
        return AdaptedModule.all(config).stream().filter(this::changes).toList();
    }

    /** Whether it changes a module. */
    public boolean changes(AdaptedModule module) {
        return (layers.isEmpty() || layers.contains(module.layer()))
                && targets.matches(module.name())
                && excluded.filter(excludes -> excludes.matches(module.name())).isEmpty();
    }

    /** r of a module. */
    public int rank(AdaptedModule module) {
        return first(rankPattern, module).orElse(rank);
    }

    /** What B·A is multiplied with. */
    public double scaling(AdaptedModule module) {
        double r = rank(module);
        return first(alphaPattern, module).orElse(alpha) / (rankStabilised ? Math.sqrt(r) : r);
    }

    private static <T> Optional<T> first(Map<String, T> patterns, AdaptedModule module) {
        return patterns.entrySet().stream()
                .filter(entry -> NamePattern.compileEnding(entry.getKey()).matches(module.name()))
                .findFirst()
                .map(Map.Entry::getValue);
    }
}
