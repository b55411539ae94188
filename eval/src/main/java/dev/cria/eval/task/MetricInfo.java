package dev.cria.eval.task;

/**
 * A metric of a task.
 *
 * @param name `acc`, `acc_norm`, `exact_match`, `em`, `f1`, `pass@1`
 * @param filter the name of the filter its answers went through, `none` where there is none; results name a metric `name,filter`
 * @param main whether the task's published score is this one
 */
public record MetricInfo(String name, String filter, boolean main) {}
