package dev.cria.eval.task;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a task's rows come from. {@link TaskData} says which files that means.
 *
 * @param hub the name on a hub, such as `allenai/ai2_arc`
 * @param configuration the data set's configuration there, such as `ARC-Easy`
 * @param files its name among local files, such as `arc_easy` or `mmlu/anatomy`
 * @param split the split that is asked, such as `test`
 * @param fewshotSplit the split that examples come from; empty where they are rows of the asked split
 * @param otherNames by split: what its file may be called instead
 * @param prompts a file of worked examples, such as `cot-prompts/navigate.txt`, where there is no split of examples
 */
public record Dataset(
        String hub,
        Optional<String> configuration,
        String files,
        String split,
        Optional<String> fewshotSplit,
        Map<String, List<String>> otherNames,
        Optional<String> prompts) {
    public Dataset {
        otherNames = Map.copyOf(otherNames);
    }

    /** A data set whose splits have no other names. */
    public Dataset(
            String hub, Optional<String> configuration, String files, String split, Optional<String> fewshotSplit) {
        this(hub, configuration, files, split, fewshotSplit, Map.of(), Optional.empty());
    }
}
