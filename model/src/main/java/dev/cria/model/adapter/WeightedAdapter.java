package dev.cria.model.adapter;

/**
 * An adapter, and how much of it.
 *
 * @param weight what it is multiplied with; 1 is as it was trained
 */
public record WeightedAdapter(AdapterWeights adapter, double weight) {}
