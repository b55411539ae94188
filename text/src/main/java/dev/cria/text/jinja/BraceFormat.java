package dev.cria.text.jinja;

/** Python's {@code str.format} for plain fields: {@code {}}, {@code {0}} and {@code {name}}, without attributes and format specifications. */
final class BraceFormat {
    private BraceFormat() {}

    static String format(Run run, String format, Arguments arguments) {
        StringBuilder out = new StringBuilder();
        int next = 0;
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean doubled = i + 1 < format.length() && format.charAt(i + 1) == c;
            if (c != '{' && c != '}') {
                out.append(c);
            } else if (doubled) {
                out.append(c);
                i++;
            } else {
                int end = c == '{' ? format.indexOf('}', i) : -1;
                if (end < 0) {
                    throw new JinjaException("format(): a single '" + c + "'");
                }
                String name = format.substring(i + 1, end);
                String text = PythonText.str(run, value(name.isEmpty() ? String.valueOf(next++) : name, arguments));
                run.make(out.length() / 64 + (long) text.length());
                out.append(text);
                i = end;
            }
        }
        run.make(out.length());
        return out.toString();
    }

    private static Object value(String name, Arguments arguments) {
        Object named = arguments.named().get(name);
        if (named != null) {
            return named;
        }
        boolean digits = name.length() < 6 && CharacterCase.is(name, "isdecimal");
        if (digits && Integer.parseInt(name) < arguments.positional().size()) {
            return arguments.positional().get(Integer.parseInt(name));
        }
        throw new JinjaException("format(): there is no value for the field {" + name + "}");
    }
}
