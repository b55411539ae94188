package dev.cria.text.jinja;

import java.util.List;

/** Statements in their order. */
record Body(List<Statement> statements) {
    Body {
        statements = List.copyOf(statements);
    }

    /** Executes all, up to a {@code break} or {@code continue}. */
    Flow execute(Frame frame, StringBuilder out) {
        for (Statement statement : statements) {
            Flow flow = frame.run().execute(statement, frame, out);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    /** What the statements print, in a frame of their own. */
    String render(Frame frame) {
        StringBuilder out = new StringBuilder();
        execute(frame, out);
        frame.run().make(out.length());
        return out.toString();
    }
}
