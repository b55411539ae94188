package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code for target in items if condition} ... {@code else} ... {@code endfor}. Each turn has variables of its own.
 *
 * @param otherwise what is done where there is no turn
 */
record ForLoop(
        int line, Target target, Expression items, Optional<Expression> condition, Body body, Optional<Body> otherwise)
        implements Statement {
    @Override
    public Flow execute(Frame frame, StringBuilder out) {
        List<Object> elements = Values.items(frame.run(), frame.evaluate(items));
        if (condition.isPresent()) {
            elements = filtered(frame, elements, condition.get());
        }
        LoopState loop = new LoopState(elements);
        while (loop.next()) {
            Frame turn = frame.inner();
            turn.set("loop", loop);
            target.assign(turn, loop.element());
            frame.run().work(1);
            if (body.execute(turn, out) == Flow.BREAK) {
                return Flow.NEXT;
            }
        }
        if (elements.isEmpty() && otherwise.isPresent()) {
            return otherwise.get().execute(frame.inner(), out);
        }
        return Flow.NEXT;
    }

    private List<Object> filtered(Frame frame, List<Object> elements, Expression wanted) {
        List<Object> kept = new ArrayList<>();
        for (Object element : elements) {
            Frame inner = frame.inner();
            target.assign(inner, element);
            if (Values.isTrue(inner.evaluate(wanted))) {
                kept.add(element);
            }
        }
        return kept;
    }
}
