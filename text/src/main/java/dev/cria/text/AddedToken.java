package dev.cria.text;

/**
 * A token that is looked for in the text before anything else happens.
 *
 * @param special whether it is a control token rather than text
 * @param normalized whether it is looked for in the normalised text
 * @param singleWord whether word characters beside it forbid it
 * @param leftStrip whether it swallows white space before it
 * @param rightStrip whether it swallows white space behind it
 */
record AddedToken(
        int id,
        String content,
        boolean special,
        boolean normalized,
        boolean singleWord,
        boolean leftStrip,
        boolean rightStrip) {}
