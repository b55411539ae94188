package dev.cria.text;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.LegacyOverrides;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.interpret.RenderResult;
import com.hubspot.jinjava.interpret.TemplateError;
import com.hubspot.jinjava.lib.Importable;
import com.hubspot.jinjava.lib.fn.ELFunctionDefinition;
import com.hubspot.jinjava.tree.Node;
import dev.cria.base.UserError;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Renders Jinja templates that nobody vouches for. A template sees only plain lists, maps, strings and numbers ({@link SandboxResolver}), has
 * only the tags, filters, tests and functions that chat templates use, and gets so many steps, so much output and so much time.
 */
final class JinjaSandbox {
    private static final int MAX_OUTPUT = 1 << 25;
    private static final int MAX_STEPS = 200_000;
    private static final int MAX_ITEMS = 100_000;
    private static final int MAX_NESTING = 64;
    private static final long MAX_SECONDS = 5;
    private static final long STACK_BYTES = 8 << 20;

    private static final Map<Context.Library, Set<String>> ALLOWED = Map.of(
            Context.Library.TAG,
            Set.of(
                    "for",
                    "endfor",
                    "if",
                    "elif",
                    "else",
                    "endif",
                    "set",
                    "endset",
                    "macro",
                    "endmacro",
                    "raw",
                    "endraw",
                    "break",
                    "continue",
                    "do"),
            Context.Library.FILTER,
            Set.of(
                    "trim",
                    "length",
                    "count",
                    "upper",
                    "lower",
                    "title",
                    "capitalize",
                    "replace",
                    "default",
                    "d",
                    "first",
                    "last",
                    "join",
                    "list",
                    "string",
                    "int",
                    "float",
                    "bool",
                    "abs",
                    "round",
                    "reverse",
                    "tojson",
                    "safe",
                    "map",
                    "select",
                    "reject",
                    "selectattr",
                    "rejectattr",
                    "sort",
                    "unique"),
            Context.Library.FUNCTION,
            Set.of("range", "namespace", "dict", "raise_exception"),
            Context.Library.EXP_TEST,
            Set.of(
                    "boolean",
                    "defined",
                    "divisibleby",
                    "eq",
                    "equalto",
                    "==",
                    "even",
                    "false",
                    "float",
                    "ge",
                    ">=",
                    "gt",
                    ">",
                    "in",
                    "integer",
                    "iterable",
                    "le",
                    "<=",
                    "lower",
                    "lt",
                    "<",
                    "mapping",
                    "ne",
                    "!=",
                    "none",
                    "number",
                    "odd",
                    "sameas",
                    "sequence",
                    "string",
                    "true",
                    "undefined",
                    "upper"));

    private final String name;
    private final Jinjava engine;

    /** @param name what errors call the template */
    JinjaSandbox(String name) {
        this.name = name;
        engine = new Jinjava(config(disabled()));
        engine.getGlobalContext()
                .registerFunction(new ELFunctionDefinition(
                        "", "raise_exception", JinjaSandbox.class, "raiseException", Object.class));
        engine.getGlobalContext().registerFilter(new BoundedReplaceFilter(MAX_OUTPUT));
    }

    /** What templates call to refuse a conversation. */
    public static Object raiseException(@Nullable Object message) {
        throw new Refused("the template refuses the conversation: " + message);
    }

    /** Ends the rendering; an Error, because the engine swallows exceptions. */
    private static final class Refused extends Error {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    private static Map<Context.Library, Set<String>> disabled() {
        Context everything = new Jinjava(config(Map.of())).getGlobalContext();
        Map<Context.Library, Set<String>> disabled = new EnumMap<>(Context.Library.class);
        disabled.put(Context.Library.TAG, names(everything.getAllTags(), Context.Library.TAG));
        disabled.put(Context.Library.FILTER, names(everything.getAllFilters(), Context.Library.FILTER));
        disabled.put(Context.Library.FUNCTION, names(everything.getAllFunctions(), Context.Library.FUNCTION));
        disabled.put(Context.Library.EXP_TEST, names(everything.getAllExpTests(), Context.Library.EXP_TEST));
        return disabled;
    }

    private static Set<String> names(Iterable<? extends Importable> all, Context.Library library) {
        Set<String> names = new HashSet<>();
        for (Importable entry : all) {
            String bare = entry.getName().substring(entry.getName().indexOf(':') + 1); // functions are called ":range"
            if (!ALLOWED.getOrDefault(library, Set.of()).contains(bare)) {
                names.add(entry.getName());
            }
        }
        return names;
    }

    private static JinjavaConfig config(Map<Context.Library, Set<String>> disabled) {
        return JinjavaConfig.newBuilder()
                .withTrimBlocks(true)
                .withLstripBlocks(true)
                .withKeepTrailingNewline(true) // of the output; that of the template is dropped below
                .withNestedInterpretationEnabled(false) // else the messages themselves would be templates
                .withEnableRecursiveMacroCalls(false)
                .withMaxRenderDepth(20)
                .withMaxOutputSize(MAX_OUTPUT)
                .withMaxStringLength(MAX_OUTPUT)
                .withMaxListSize(MAX_ITEMS)
                .withMaxMapSize(MAX_ITEMS)
                .withRangeLimit(MAX_ITEMS)
                .withElResolver(new SandboxResolver(MAX_OUTPUT, MAX_ITEMS))
                .withDisabled(disabled)
                .withLegacyOverrides(LegacyOverrides.newBuilder()
                        .withIterateOverMapKeys(true)
                        .withEvaluateMapKeys(true)
                        .withUseNaturalOperatorPrecedence(true)
                        .withUsePyishObjectMapper(true)
                        .withParseWhitespaceControlStrictly(true)
                        .withUseTrimmingForNotesAndExpressions(true)
                        .withHandleBackslashInQuotesOnly(true)
                        .build())
                .withNodePreProcessor(new Steps())
                .build();
    }

    /** Counts the nodes that are rendered, whatever loops they are in, in a variable that no template can reach. */
    private static final class Steps implements java.util.function.BiConsumer<Node, JinjavaInterpreter> {
        private final ThreadLocal<int[]> steps = ThreadLocal.withInitial(() -> new int[1]);

        @Override
        public void accept(Node node, JinjavaInterpreter interpreter) {
            if (++steps.get()[0] > MAX_STEPS) { // every rendering has a thread of its own
                throw new Refused("the template takes more than " + MAX_STEPS + " steps");
            }
            List<TemplateError> errors = interpreter.getErrors();
            if (!errors.isEmpty()) { // the engine would go on, and collect them all
                throw new Refused(describe(errors.get(0)));
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new Refused("the template takes too long");
            }
            // A text can double with each step, so it is looked at in each.
            for (Object value : interpreter.getContext().getScope().values()) {
                if (value instanceof CharSequence text && text.length() > MAX_OUTPUT) {
                    throw new Refused("the template makes a text of " + text.length() + " characters");
                }
            }
        }
    }

    /**
     * Renders.
     *
     * @throws UserError where the template is broken, or does what it must not, or does not end
     */
    String render(String source, Map<String, Object> variables) {
        checkNesting(source);
        // As in Jinja, a line feed that ends the template is not part of it.
        String template = source.endsWith("\n") ? source.substring(0, source.length() - 1) : source;
        CompletableFuture<RenderResult> result = new CompletableFuture<>();
        Thread thread = new Thread(null, () -> run(template, variables, result), "chat-template", STACK_BYTES);
        thread.setDaemon(true);
        thread.start();
        try {
            return output(result.get(MAX_SECONDS, TimeUnit.SECONDS));
        } catch (TimeoutException e) {
            thread.interrupt();
            throw refuse("the template does not end within " + MAX_SECONDS + " seconds", e);
        } catch (ExecutionException e) {
            String what = explain(e);
            throw refuse(what.isEmpty() ? String.valueOf(e.getMessage()) : what, e);
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
            throw refuse("the rendering was interrupted", e);
        }
    }

    /** The engine's parser takes very long on deep nesting, and cannot be stopped. */
    private void checkNesting(String source) {
        int depth = 0;
        for (int i = 0; i < source.length(); i++) {
            char c = source.charAt(i);
            depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
            if (depth > MAX_NESTING) {
                throw refuse(
                        "brackets are nested more than " + MAX_NESTING + " deep", new IllegalStateException("nesting"));
            }
        }
    }

    private void run(String template, Map<String, Object> variables, CompletableFuture<RenderResult> result) {
        try {
            result.complete(engine.renderForResult(template, variables));
        } catch (Throwable e) { // deep recursion and exhausted memory too: this thread holds nothing else
            result.completeExceptionally(e);
        }
    }

    private String output(RenderResult result) {
        List<TemplateError> errors = result.getErrors();
        if (!errors.isEmpty()) {
            TemplateError error = errors.get(0);
            throw refuse(
                    describe(error),
                    error.getException() == null ? new IllegalStateException("no cause") : error.getException());
        }
        for (String used : result.getContext().getResolvedValues()) { // the engine passes over filters it does not know
            String filter = used.startsWith("filter:") ? used.substring("filter:".length()) : "";
            if (!filter.isEmpty() && engine.getGlobalContext().getFilter(filter) == null) {
                throw refuse("there is no filter " + filter, new IllegalStateException("unknown filter"));
            }
        }
        return result.getOutput();
    }

    private static String describe(TemplateError error) {
        String what = error.getException() == null ? "" : explain(error.getException());
        return "line " + error.getLineno() + ": " + (what.isEmpty() ? error.getMessage() : what);
    }

    private static String explain(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof Refused) {
                return String.valueOf(cause.getMessage());
            }
            if (cause instanceof StackOverflowError) {
                return "the template is nested too deeply";
            }
            if (cause instanceof OutOfMemoryError) {
                return "the template needs too much memory";
            }
        }
        return "";
    }

    private UserError refuse(String what, Throwable cause) {
        return new UserError(name + ": chat template: " + what, "use the template the model was published with", cause);
    }
}
