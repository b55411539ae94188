package dev.cria.text;

import dev.cria.base.UserError;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** A tokenizer from {@code tokenizer.model}: the ids and texts are those of sentencepiece. */
final class SentencePieceTokenizer implements Tokenizer {
    private final SentencePieceModel model;
    private final Vocabulary vocabulary;
    private final List<Type> types;
    private final SentencePieceNormalizer normalizer;
    private final LiteralMatcher userDefined;
    private final LiteralMatcher added;
    private final LiteralMatcher addedAndSpecial;
    private final EncoderPool encoders;
    private final Optional<ResegmentingEncoder> resegmenting;
    private final int bosId;
    private final int eosId;
    private final OptionalInt padId;
    private final boolean addBos;
    private final boolean addEos;
    private final Fingerprint.Lazy fingerprint;

    /** As sentencepiece does it: user-defined pieces are looked for in the normalised text. */
    SentencePieceTokenizer(Path file, SentencePieceModel model, TokenizerConfig config) {
        this(file, model, config, false);
    }

    /**
     * @param cutAtUserDefined whether user-defined pieces are looked for in the text as it was given, and what stands between them counts as a text
     *     of its own: so it is in llama.cpp, where they are what Hugging Face calls added tokens
     */
    SentencePieceTokenizer(Path file, SentencePieceModel model, TokenizerConfig config, boolean cutAtUserDefined) {
        this.model = model;
        List<String> texts = new ArrayList<>();
        List<Type> kinds = new ArrayList<>();
        Map<String, Integer> users = new TreeMap<>();
        Map<String, Integer> specials = new TreeMap<>();
        for (Piece piece : model.pieces()) {
            if (piece.type() == Type.USER_DEFINED) {
                users.put(piece.text(), texts.size());
            } else if (piece.type() == Type.CONTROL || piece.type() == Type.UNKNOWN) {
                specials.put(piece.text(), texts.size());
            }
            texts.add(piece.text());
            kinds.add(piece.type());
        }
        Map<String, Integer> plainAdded = addTokens(file, config, texts, kinds, specials);
        if (cutAtUserDefined) {
            plainAdded.putAll(users);
            users.clear();
        }
        vocabulary = new Vocabulary(texts);
        types = List.copyOf(kinds);
        userDefined = new LiteralMatcher(users);
        added = new LiteralMatcher(plainAdded);
        specials.putAll(plainAdded);
        addedAndSpecial = new LiteralMatcher(specials);
        normalizer = new SentencePieceNormalizer(model, userDefined);
        bosId = control(file, config.bosToken().orElse(model.bosPiece()), "begin-of-sequence");
        eosId = control(file, config.eosToken().orElse(model.eosPiece()), "end-of-sequence");
        padId = vocabulary.id(config.padToken().orElse(model.padPiece()));
        addBos = config.addBos().orElse(true);
        addEos = config.addEos().orElse(false);
        SentencePieceBpe tables = new SentencePieceBpe(file, model, vocabulary);
        BpeModel bpe = tables.build();
        BitSet unused = tables.unused();
        resegmenting = unused.isEmpty() ? Optional.empty() : Optional.of(new ResegmentingEncoder(bpe, unused));
        encoders = new EncoderPool(bpe);
        fingerprint = new Fingerprint.Lazy(() -> Fingerprint.of(
                vocabulary,
                bpe,
                normalizer.description() + (unused.isEmpty() ? "" : ", unused " + unused),
                plainAdded.keySet()));
    }

    /** Appends the tokens that the configuration adds behind the model's pieces; returns those that are not special. */
    private static Map<String, Integer> addTokens(
            Path file, TokenizerConfig config, List<String> texts, List<Type> kinds, Map<String, Integer> specials) {
        Map<String, Integer> plain = new TreeMap<>();
        for (AddedToken token : config.addedTokens()) {
            if (token.id() < texts.size()) {
                if (!texts.get(token.id()).equals(token.content())) {
                    throw JsonFiles.malformed(
                            file.resolveSibling(TokenizerConfig.FILE_NAME),
                            "the added token " + token.content() + " has id " + token.id() + ", which "
                                    + file.getFileName() + " calls " + texts.get(token.id()));
                }
                continue;
            }
            if (token.id() > texts.size()) {
                throw JsonFiles.malformed(
                        file.resolveSibling(TokenizerConfig.FILE_NAME),
                        "the added token " + token.content() + " has id " + token.id() + ", but the next free id is "
                                + texts.size());
            }
            texts.add(token.content());
            kinds.add(token.special() ? Type.CONTROL : Type.USER_DEFINED);
            (token.special() ? specials : plain).put(token.content(), token.id());
        }
        return plain;
    }

    private int control(Path file, String piece, String role) {
        return vocabulary
                .id(piece)
                .orElseThrow(() -> new UserError(
                        file + ": the vocabulary has no " + role + " token " + piece,
                        "name the right token in tokenizer_config.json"));
    }

    /** What the tokenizer was made of; tokens that only the configuration knew are not in it. */
    SentencePieceModel model() {
        return model;
    }

    Vocabulary vocabulary() {
        return vocabulary;
    }

    /** Whether pieces that are switched off come up and are taken apart again. */
    boolean resegments() {
        return resegmenting.isPresent();
    }

    Type type(int id) {
        vocabulary.piece(id);
        return types.get(id);
    }

    String unknownSurface() {
        return model.unknownSurface();
    }

    @Override
    public int vocabularySize() {
        return vocabulary.size();
    }

    @Override
    public int bosId() {
        return bosId;
    }

    @Override
    public int eosId() {
        return eosId;
    }

    @Override
    public OptionalInt padId() {
        return padId;
    }

    @Override
    public boolean addsBos() {
        return addBos;
    }

    @Override
    public boolean addsEos() {
        return addEos;
    }

    @Override
    public boolean isSpecial(int id) {
        Type type = type(id);
        return type == Type.CONTROL || type == Type.UNKNOWN;
    }

    @Override
    public String piece(int id) {
        return vocabulary.piece(id);
    }

    @Override
    public OptionalInt id(String piece) {
        return vocabulary.id(piece);
    }

    @Override
    public void encode(String text, TokenBuffer out) {
        encodeAround(added, text, List.of(), out);
    }

    @Override
    public void encodeWithSpecial(String text, TokenBuffer out) {
        encodeAround(addedAndSpecial, text, List.of(), out);
    }

    @Override
    public void encodeWithSpecial(String text, List<TextSpan> plain, TokenBuffer out) {
        encodeAround(addedAndSpecial, text, plain, out);
    }

    /** Encodes the parts between the matches apart, each as a text of its own. */
    private void encodeAround(LiteralMatcher matcher, String text, List<TextSpan> plain, TokenBuffer out) {
        BpeEncoder encoder = encoders.take();
        try {
            int from = 0;
            for (LiteralMatcher.Match match : matcher.findAll(text, plain)) {
                encodePlain(encoder, text, from, match.start(), out);
                out.add(match.id());
                from = match.end();
            }
            encodePlain(encoder, text, from, text.length(), out);
        } finally {
            encoders.giveBack(encoder);
        }
    }

    private void encodePlain(BpeEncoder encoder, String text, int from, int to, TokenBuffer out) {
        if (from == to) {
            return;
        }
        if (normalizer.isPlain() && resegmenting.isEmpty()) {
            encoder.encode(text, from, to, normalizer.addDummyPrefix(), out);
            return;
        }
        String normal = normalizer.normalize(text.substring(from, to));
        int at = 0;
        for (LiteralMatcher.Match match : userDefined.findAll(normal)) {
            encodeNormal(encoder, normal, at, match.start(), out);
            out.add(match.id());
            at = match.end();
        }
        encodeNormal(encoder, normal, at, normal.length(), out);
    }

    private void encodeNormal(BpeEncoder encoder, String normal, int from, int to, TokenBuffer out) {
        if (resegmenting.isPresent()) {
            resegmenting.get().encode(normal.substring(from, to), out);
        } else {
            encoder.encode(normal, from, to, false, out);
        }
    }

    @Override
    public String decode(int[] ids) {
        return decode(ids, newDecoder(false));
    }

    @Override
    public String decodeWithSpecial(int[] ids) {
        return decode(ids, newDecoder(true));
    }

    private static String decode(int[] ids, SentencePieceDecoder decoder) {
        StringBuilder out = new StringBuilder(ids.length * 4);
        for (int id : ids) {
            decoder.accept(id, out);
        }
        return out.append(decoder.finish()).toString();
    }

    private SentencePieceDecoder newDecoder(boolean spellSpecial) {
        boolean strip = model.addDummyPrefix() || model.removeExtraWhitespaces();
        return new SentencePieceDecoder(this, spellSpecial, strip, model.removeExtraWhitespaces());
    }

    @Override
    public StreamingDecoder streamingDecoder() {
        return newDecoder(false);
    }

    @Override
    public String fingerprint() {
        return fingerprint.get();
    }
}
