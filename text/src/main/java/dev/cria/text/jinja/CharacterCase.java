package dev.cria.text.jinja;

import java.util.Locale;

/** Upper and lower case, and the questions that Python's str answers about its characters. */
final class CharacterCase {
    private CharacterCase() {}

    /** The first character as a title has it, the others in lower case. */
    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int end = text.offsetByCodePoints(0, 1);
        return titled(text.substring(0, end)) + text.substring(end).toLowerCase(Locale.ROOT);
    }

    private static String titled(String character) {
        int c = character.codePointAt(0);
        int title = Character.toTitleCase(c);
        String upper = character.toUpperCase(Locale.ROOT);
        if (title != c || upper.length() == character.length()) {
            return Character.toString(title);
        }
        // Java has one letter for one; where upper case is several, as of the German sharp s, the first stays upper.
        int end = upper.offsetByCodePoints(0, 1);
        return upper.substring(0, end) + upper.substring(end).toLowerCase(Locale.ROOT);
    }

    /** Python's title(): each run of letters with a capital. */
    static String title(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); ) {
            int end = text.offsetByCodePoints(i, 1);
            String character = text.substring(i, end);
            out.append(inWord ? character.toLowerCase(Locale.ROOT) : titled(character));
            inWord = isCased(text.codePointAt(i));
            i = end;
        }
        return out.toString();
    }

    /** Jinja's title filter: words end at white space, hyphens and opening brackets only. */
    static String titleWords(String text) {
        StringBuilder out = new StringBuilder(text.length());
        boolean inWord = false;
        for (int i = 0; i < text.length(); ) {
            int end = text.offsetByCodePoints(i, 1);
            String character = text.substring(i, end);
            out.append(inWord ? character.toLowerCase(Locale.ROOT) : character.toUpperCase(Locale.ROOT));
            int c = text.codePointAt(i);
            inWord = !(Strings.isSpace(c) || "-({[<".indexOf(c) >= 0);
            i = end;
        }
        return out.toString();
    }

    static String swap(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            String character = Character.toString(c);
            out.append(
                    Character.isUpperCase(c) ? character.toLowerCase(Locale.ROOT) : character.toUpperCase(Locale.ROOT));
            i += Character.charCount(c);
        }
        return out.toString();
    }

    private static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    /** Answers isdigit, isalpha and the like: whether there is a character, and all are of that kind. */
    static boolean is(String text, String question) {
        boolean cased = false;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            boolean holds = switch (question) {
                case "isdigit", "isdecimal", "isnumeric" -> isNumeral(c, question);
                case "isalpha" -> Character.isLetter(c);
                case "isalnum" -> Character.isLetter(c) || isNumeral(c, "isnumeric");
                case "isspace" -> Strings.isSpace(c);
                case "isupper" -> !Character.isLowerCase(c) && !Character.isTitleCase(c);
                case "islower" -> !Character.isUpperCase(c) && !Character.isTitleCase(c);
                default -> throw new IllegalArgumentException(question);
            };
            if (!holds) {
                return false;
            }
            cased |= isCased(c);
            i += Character.charCount(c);
        }
        return question.equals("isupper") || question.equals("islower") ? cased : !text.isEmpty();
    }

    private static boolean isNumeral(int c, String question) {
        if (Character.isDigit(c)) {
            return true;
        }
        boolean raised =
                c == 0xB2 || c == 0xB3 || c == 0xB9 || c == 0x2070 || (c >= 0x2074 && c <= 0x2089 && c != 0x207F);
        int type = Character.getType(c);
        return switch (question) {
            case "isdigit" -> raised && type == Character.OTHER_NUMBER;
            case "isnumeric" -> type == Character.OTHER_NUMBER || type == Character.LETTER_NUMBER;
            default -> false;
        };
    }
}
