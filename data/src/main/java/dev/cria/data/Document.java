package dev.cria.data;

/**
 * One text that is trained on as a unit: the unit of separators, of duplicates, and of the split into train and validation.
 *
 * @param text the text, without a byte order mark
 * @param source where it is from, for messages: file, archive entry, line or row
 */
public record Document(String text, String source) {}
