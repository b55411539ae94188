package dev.cria.text;

import dev.cria.base.MalformedFileException;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Makes a tokenizer of a GGUF vocabulary, after looking at each entry: the file may come from anybody. */
final class GgufSentencePiece {
    /** No Llama is near this; a larger one is damage. */
    private static final int MAX_PIECES = 1 << 21;

    /** Characters of all pieces: a hundred times as many as Llama 2 has. */
    private static final int MAX_CHARACTERS = 1 << 24;

    /** Characters of all pieces that are looked for in texts; a tree is grown of them, so they cost far more than they take in the file. */
    private static final int MAX_LOOKED_FOR = 1 << 20;

    private static final String HINT = "the file is damaged, or was made by a converter that is; fetch it again";

    private final Path file;
    private final GgufVocabulary vocabulary;

    private GgufSentencePiece(Path file, GgufVocabulary vocabulary) {
        this.file = file;
        this.vocabulary = vocabulary;
    }

    /** @param file what errors call the vocabulary */
    static SentencePieceTokenizer tokenizer(Path file, GgufVocabulary vocabulary) {
        return new GgufSentencePiece(file, vocabulary).build();
    }

    private SentencePieceTokenizer build() {
        checkSizes();
        OptionalInt unknown = unknownId();
        List<Piece> pieces = pieces(unknown.orElse(-1));
        boolean bytes = hasBytes(pieces);
        if (!bytes && unknown.isEmpty()) {
            throw malformed("it has neither byte pieces nor an unknown piece, so most texts have no ids");
        }
        String bos = pieces.get(vocabulary.bosId()).text();
        String eos = pieces.get(vocabulary.eosId()).text();
        Optional<String> pad = vocabulary.padId().isPresent()
                ? Optional.of(pieces.get(vocabulary.padId().getAsInt()).text())
                : Optional.empty();
        SentencePieceModel model = new SentencePieceModel(
                pieces,
                bytes,
                " \u2047 ",
                bos,
                eos,
                pad.orElse("<pad>"),
                vocabulary.addsSpacePrefix(),
                vocabulary.removeExtraWhitespaces(),
                true,
                Optional.empty());
        TokenizerConfig config = new TokenizerConfig(
                Optional.of(bos),
                Optional.of(eos),
                pad,
                Optional.of(vocabulary.addsBos()),
                Optional.of(vocabulary.addsEos()),
                List.of(),
                Map.of());
        SentencePieceTokenizer tokenizer = new SentencePieceTokenizer(file, model, config, true);
        int duplicate = tokenizer.vocabulary().table().duplicate();
        if (duplicate >= 0) {
            throw malformed("piece " + duplicate + " is the same as piece "
                    + vocabulary.pieces().indexOf(vocabulary.pieces().get(duplicate)));
        }
        return tokenizer;
    }

    private void checkSizes() {
        int size = vocabulary.size();
        if (size == 0 || size > MAX_PIECES) {
            throw malformed("its vocabulary has " + size + " pieces; 1 to " + MAX_PIECES + " are allowed");
        }
        if (vocabulary.scores().length != size || vocabulary.types().length != size) {
            throw malformed("its vocabulary has " + size + " pieces, but " + vocabulary.scores().length + " scores and "
                    + vocabulary.types().length + " types");
        }
        checkId(OptionalInt.of(vocabulary.bosId()), "begin-of-sequence");
        checkId(OptionalInt.of(vocabulary.eosId()), "end-of-sequence");
        checkId(vocabulary.unknownId(), "unknown");
        checkId(vocabulary.padId(), "padding");
    }

    private void checkId(OptionalInt id, String role) {
        if (id.isPresent() && (id.getAsInt() < 0 || id.getAsInt() >= vocabulary.size())) {
            throw malformed("its " + role + " token has the id " + id.getAsInt() + ", but there are "
                    + vocabulary.size() + " pieces");
        }
    }

    /** The piece that the file names, where it is one of unknown characters; else the first that is. */
    private OptionalInt unknownId() {
        byte[] types = vocabulary.types();
        if (vocabulary.unknownId().isPresent() && types[vocabulary.unknownId().getAsInt()] == GgufVocabulary.UNKNOWN) {
            return vocabulary.unknownId();
        }
        for (int id = 0; id < types.length; id++) {
            if (types[id] == GgufVocabulary.UNKNOWN) {
                return OptionalInt.of(id);
            }
        }
        return OptionalInt.empty();
    }

    private List<Piece> pieces(int unknownId) {
        int size = vocabulary.size();
        float[] scores = vocabulary.scores();
        List<Piece> pieces = new ArrayList<>(size);
        long lookedFor = 0;
        long characters = 0;
        for (int id = 0; id < size; id++) {
            String text = vocabulary.pieces().get(id);
            if (text.isEmpty()) {
                throw malformed("piece " + id + " is empty");
            }
            characters += text.length();
            if (characters > MAX_CHARACTERS) {
                throw malformed(
                        "its pieces have more than " + MAX_CHARACTERS + " characters, from piece " + id + " on");
            }
            if (Utf8.hasLoneSurrogate(text)) {
                throw malformed("piece " + id + " is no text");
            }
            if (Float.isNaN(scores[id])) {
                throw malformed("the score of piece " + id + " is not a number");
            }
            Type type = type(id, unknownId);
            lookedFor += type == Type.NORMAL || type == Type.BYTE || type == Type.UNUSED ? 0 : text.length();
            pieces.add(new Piece(text, scores[id], type));
        }
        if (lookedFor > MAX_LOOKED_FOR) {
            throw malformed("its control and user-defined pieces have " + lookedFor + " characters; " + MAX_LOOKED_FOR
                    + " are allowed");
        }
        return pieces;
    }

    /** BOS and EOS steer the model, whatever the file says; and there is one unknown piece. */
    private Type type(int id, int unknownId) {
        int number = vocabulary.types()[id];
        if (number < 1 || number > Type.values().length) {
            throw malformed("piece " + id + " is of the unknown type " + number);
        }
        Type type = Type.values()[number - 1];
        boolean steers = id == vocabulary.bosId() || id == vocabulary.eosId();
        boolean another = type == Type.UNKNOWN && id != unknownId;
        return (steers && type != Type.BYTE && type != Type.UNKNOWN) || another ? Type.CONTROL : type;
    }

    private boolean hasBytes(List<Piece> pieces) {
        boolean[] known = new boolean[256];
        int count = 0;
        for (int id = 0; id < pieces.size(); id++) {
            if (pieces.get(id).type() != Type.BYTE) {
                continue;
            }
            int value = BpeModel.byteValue(pieces.get(id).text());
            if (value < 0) {
                throw malformed("piece " + id + ", \"" + pieces.get(id).text() + "\", is said to be a byte");
            }
            count += known[value] ? 0 : 1;
            known[value] = true;
        }
        if (count != 0 && count != 256) {
            throw malformed("it has pieces for " + count + " bytes, and needs all 256");
        }
        return count == 256;
    }

    private MalformedFileException malformed(String what) {
        return new MalformedFileException(file, -1, what, HINT);
    }
}
