package dev.cria.text;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What SentencePiece does to a text before it is cut into pieces, following the fields of the model. */
final class SentencePieceNormalizer {
    private final boolean addDummyPrefix;
    private final boolean removeExtraWhitespaces;
    private final boolean escapeWhitespaces;
    private final Optional<CharacterMap> characterMap;
    private final LiteralMatcher userDefined;

    SentencePieceNormalizer(SentencePieceModel model, LiteralMatcher userDefined) {
        this.addDummyPrefix = model.addDummyPrefix();
        this.removeExtraWhitespaces = model.removeExtraWhitespaces();
        this.escapeWhitespaces = model.escapeWhitespaces();
        this.characterMap = model.characterMap();
        this.userDefined = userDefined;
    }

    /** Whether nothing happens but the dummy prefix and the escaping of spaces, which the encoder does on its way. */
    boolean isPlain() {
        return !removeExtraWhitespaces && characterMap.isEmpty() && userDefined.isEmpty();
    }

    boolean addDummyPrefix() {
        return addDummyPrefix;
    }

    /** What happens to the text, in words that are the same for every file that asks for the same. */
    String description() {
        return "space prefix " + addDummyPrefix + ", collapse spaces " + removeExtraWhitespaces + ", mark spaces "
                + escapeWhitespaces + ", map "
                + characterMap.map(CharacterMap::hashed).orElse("none");
    }

    /** The normalised text, with dummy prefix and escaped spaces. */
    String normalize(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        char space = escapeWhitespaces ? BpeModel.SPACE_MARK : ' ';
        boolean started = false;
        boolean afterSpace = removeExtraWhitespaces;
        Prefixes prefixes = new Prefixes(text);
        while (prefixes.next()) {
            String part = prefixes.part;
            if (!started) {
                if (removeExtraWhitespaces && part.equals(" ")) {
                    continue;
                }
                started = true;
                if (addDummyPrefix) {
                    out.append(space);
                }
            }
            int from = 0;
            while (afterSpace && from < part.length() && part.charAt(from) == ' ') {
                from++;
            }
            for (int i = from; i < part.length(); i++) {
                out.append(part.charAt(i) == ' ' ? space : part.charAt(i));
            }
            if (from < part.length()) {
                afterSpace = part.endsWith(" ");
            }
            afterSpace &= removeExtraWhitespaces;
        }
        if (removeExtraWhitespaces) {
            int end = out.length();
            while (end > 0 && out.charAt(end - 1) == space) {
                end--;
            }
            out.setLength(end);
        }
        return out.toString();
    }

    /** Walks through a text: the next part is a user-defined piece, something the character map knows, or one code point. */
    private final class Prefixes {
        private final String text;
        private final byte @Nullable [] utf8;
        private int at;
        private int byteAt;
        private String part = "";

        Prefixes(String text) {
            this.text = text;
            utf8 = characterMap.isPresent() ? Utf8.encode(text) : null;
        }

        boolean next() {
            if (at >= text.length()) {
                return false;
            }
            LiteralMatcher.Match match = userDefined.isEmpty() ? null : userDefined.matchAt(text, at);
            if (match != null) {
                advance(match.end());
                part = text.substring(match.start(), match.end());
                return true;
            }
            long found = characterMap.isPresent() && utf8 != null
                    ? characterMap.get().find(utf8, byteAt)
                    : -1;
            if (found >= 0 && endsCharacter((int) (found >>> 32))) {
                int bytes = (int) (found >>> 32);
                int chars =
                        new String(utf8 == null ? new byte[0] : utf8, byteAt, bytes, StandardCharsets.UTF_8).length();
                at += chars;
                byteAt += bytes;
                part = characterMap.get().replacement((int) found);
                return true;
            }
            int from = at;
            advance(text.offsetByCodePoints(at, 1));
            part = Utf8.replaceLoneSurrogates(text.substring(from, at));
            return true;
        }

        /** Whether that many bytes are whole characters; a damaged map may say otherwise. */
        private boolean endsCharacter(int bytes) {
            int end = byteAt + bytes;
            return utf8 != null && (end >= utf8.length || (utf8[end] & 0xC0) != 0x80);
        }

        private void advance(int to) {
            if (utf8 != null) {
                byteAt += Utf8.encode(text.substring(at, to)).length;
            }
            at = to;
        }
    }
}
