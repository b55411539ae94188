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
    private static final String HINT = "use the template the model was published with";

    private final String name;
    private final Body body;

    private JinjaTemplate(String name, Body body) {
        this.name = name;
        this.body = body;
    }

    /**
     * Parses a template.
     *
     * @param name what errors call it
     * @throws UserError where it is broken, with the line
     */
    public static JinjaTemplate parse(String name, String source) {
        try {
            return new JinjaTemplate(name, TemplateParser.parse(source));
        } catch (JinjaException e) {
            throw new UserError(name + ": chat template: " + e.describe(), HINT, e);
        } catch (StackOverflowError e) { // a thread with a very small stack
            throw new UserError(name + ": chat template: it is nested too deeply", HINT, e);
        }
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
            body.execute(Frame.of(new Run(size, time), values), out);
            return out.toString();
        } catch (JinjaException e) {
            throw new UserError(name + ": chat template: " + e.describe(), HINT, e);
        } catch (StackOverflowError e) {
            throw new UserError(name + ": chat template: it is nested too deeply", HINT, e);
        }
    }
}
