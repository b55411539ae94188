package dev.cria.train.metrics;

/** Somewhere to draw; x grows to the right and y downwards, in pixels. Colours are {@code 0xRRGGBB}. */
interface Canvas {
    /** Where a text stands relative to its point. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    void rectangle(double x, double y, double width, double height, int color);

    /** A line through points; {@code opacity} 0 to 1. */
    void polyline(double[] xs, double[] ys, int color, double width, double opacity);

    void circle(double x, double y, double radius, int color);

    /** A text with its baseline at y. */
    void text(double x, double y, String text, double size, Anchor anchor, int color);
}
