package dev.cria.text.jinja;

import java.util.AbstractList;

/** Python's range; as in Jinja's sandbox, a large one is refused. */
final class Range extends AbstractList<Object> {
    static final int MAX_SIZE = 100_000;

    private final long start;
    private final long stop;
    private final long step;
    private final int size;

    Range(long start, long stop, long step) {
        if (step == 0) {
            throw new JinjaException("range() needs a step that is not 0");
        }
        boolean empty = step > 0 ? start >= stop : start <= stop;
        // In floating point, because the difference of two numbers may not fit.
        double count = empty ? 0 : Math.ceil(((double) stop - (double) start) / (double) step);
        if (count > MAX_SIZE) {
            throw new JinjaException("range() of more than " + MAX_SIZE + " numbers");
        }
        this.start = start;
        this.stop = stop;
        this.step = step;
        size = (int) count;
    }

    @Override
    public Object get(int index) {
        return start + step * index;
    }

    @Override
    public int size() {
        return size;
    }

    String text() {
        return "range(" + start + ", " + stop + (step == 1 ? ")" : ", " + step + ")");
    }
}
