package dev.cria.text.jinja;

import dev.cria.base.UserError;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A template, parsed once and rendered as often as one likes, by many threads. The language is Jinja 3 as transformers sets it up for chat templates
 * (trim_blocks, lstrip_blocks, loopcontrols, {@code generation}, {@code raise_exception}, {@code strftime_now}). Templates come from strangers: they
 * reach nothing but their variables, and what they may cost is bounded ({@link Run}).
 */
public final class JinjaTemplate {
    private final String name;
    private final Body body;
    private final Dialect dialect;

    private JinjaTemplate(String name, Body body, Dialect dialect) {
        this.name = name;
        this.body = body;
        this.dialect = dialect;
    }

    /**
     * Parses a template.
     *
     * @param name what errors call it
     * @throws UserError where it is broken, with the line
     */
    public static JinjaTemplate parse(String name, String source) {
        return parse(name, source, Dialect.CHAT);
    }

    /** The same for templates that are no chat templates. */
    public static JinjaTemplate parse(String name, String source, Dialect dialect) {
        try {
            return new JinjaTemplate(name, TemplateParser.parse(source, dialect), dialect);
        } catch (JinjaException e) {
            throw error(name, dialect, e.describe(), e);
        } catch (StackOverflowError e) { // a thread with a very small stack
            throw error(name, dialect, "it is nested too deeply", e);
        }
    }

    private static UserError error(String name, Dialect dialect, String what, Throwable cause) {
        return new UserError(name + ": " + dialect.kind() + ": " + what, dialect.hint(), cause);
    }

    /**
     * The template's text for these variables: maps, lists, strings, numbers, booleans; null is None.
     *
     * @throws UserError where the template fails, refuses, or asks for more than it may
     */
    public String render(Map<String, ? extends @Nullable Object> variables) {
        return render(variables, Optional.empty());
    }

    /** The same at a given time. */
    public String render(Map<String, ? extends @Nullable Object> variables, Optional<Clock> clock) {
        @Nullable Clock time = clock.orElse(null);
        Map<String, Object> values = new HashMap<>();
        long size = 0;
        for (Map.Entry<String, ? extends @Nullable Object> entry : variables.entrySet()) {
            Object value = Values.of(entry.getValue());
            values.put(entry.getKey(), value);
            size += Values.size(value);
        }
        StringBuilder out = new StringBuilder();
        try {
            body.execute(Frame.of(new Run(size, time, dialect.strict()), values), out);
            return out.toString();
        } catch (JinjaException e) {
            throw error(name, dialect, e.describe(), e);
        } catch (StackOverflowError e) {
            throw error(name, dialect, "it is nested too deeply", e);
        }
    }
}
