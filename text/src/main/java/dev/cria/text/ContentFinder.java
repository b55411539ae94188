package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.RenderedChat.Content;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Finds what was said in the text a template made of it. The template is rendered once more with a stand-in for each message, which shows the
 * template's own text between them; what was said must then stand in the gaps, as it was or without the spaces around it. Only where a
 * template looks into its messages, so that this does not give the same text, are they searched for, in order.
 */
final class ContentFinder {
    private static final String STEM = "cria-content-";

    private final String source;
    private final Function<List<ChatMessage>, String> render;

    /** @param source the template */
    ContentFinder(String source, Function<List<ChatMessage>, String> render) {
        this.source = source;
        this.render = render;
    }

    List<Content> find(String text, List<ChatMessage> messages) {
        List<String> contents = messages.stream()
                .map(message -> Utf8.replaceLoneSurrogates(message.content()))
                .toList();
        return marked(text, messages, contents).orElseGet(() -> searched(text, contents));
    }

    private Optional<List<Content>> marked(String text, List<ChatMessage> messages, List<String> contents) {
        String stem = STEM;
        while (text.contains(stem) || source.contains(stem)) {
            stem += "x";
        }
        List<ChatMessage> standIns = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            standIns.add(new ChatMessage(messages.get(i).role(), stem + i + ";"));
        }
        String rendered;
        try {
            rendered = render.apply(standIns);
        } catch (UserError e) { // the template asks for something of the contents
            return Optional.empty();
        }
        List<Content> found = new ArrayList<>();
        int from = rendered.indexOf(stem) < 0 ? rendered.length() : rendered.indexOf(stem);
        if (!text.startsWith(rendered.substring(0, from))) {
            return Optional.empty();
        }
        int at = from;
        while (from < rendered.length()) {
            int end = rendered.indexOf(';', from);
            int message = Integer.parseInt(rendered.substring(from + stem.length(), end));
            int next = rendered.indexOf(stem, end) < 0 ? rendered.length() : rendered.indexOf(stem, end);
            String after = rendered.substring(end + 1, next);
            boolean last = next == rendered.length();
            Optional<String> content = spelling(text, at, contents.get(message), after, last);
            if (content.isEmpty()) {
                return Optional.empty();
            }
            found.add(new Content(message, new TextSpan(at, at + content.get().length())));
            at += content.get().length() + after.length();
            from = next;
        }
        return at == text.length() ? Optional.of(found) : Optional.empty();
    }

    /** How the content stands at a place of the text, if it does, with the template's own text after it. */
    private static Optional<String> spelling(String text, int at, String content, String after, boolean last) {
        for (String each : List.of(content, content.strip(), content.stripTrailing(), content.stripLeading())) {
            int end = at + each.length();
            if (text.startsWith(each, at)
                    && text.startsWith(after, end)
                    && (!last || end + after.length() == text.length())) {
                return Optional.of(each);
            }
        }
        return Optional.empty();
    }

    private static List<Content> searched(String text, List<String> contents) {
        List<Content> found = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < contents.size(); i++) {
            String content = contents.get(i).strip();
            int at = content.isEmpty() ? -1 : text.indexOf(content, from);
            if (at >= 0) {
                found.add(new Content(i, new TextSpan(at, at + content.length())));
                from = at + content.length();
            }
        }
        return found;
    }
}
