package dev.cria.eval.task;

import java.util.Optional;

/**
 * Where a task's rows come from.
 *
 * @param hub the name on a hub, such as `allenai/ai2_arc`
 * @param configuration the data set's configuration there, such as `ARC-Easy`
 * @param files its name among local files, such as `arc_easy` or `mmlu/anatomy`
 * @param split the split that is asked
 * @param fewshotSplit the split that examples come from
 */
public record Dataset(
        String hub, Optional<String> configuration, String files, String split, Optional<String> fewshotSplit) {}
