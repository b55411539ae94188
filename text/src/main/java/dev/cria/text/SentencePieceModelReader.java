package dev.cria.text;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads {@code tokenizer.model}, SentencePiece's protocol buffer. */
final class SentencePieceModelReader {
    private static final int MODEL_BPE = 2;
    private static final String[] MODEL_TYPES = {"?", "unigram", "bpe", "word", "char"};

    private final Path file;
    private final List<Piece> pieces = new ArrayList<>();
    private final Map<String, Integer> seen = new HashMap<>();

    // The defaults are those of the format.
    private int modelType = 1;
    private boolean whitespaceAsSuffix;
    private boolean byteFallback;
    private String unknownSurface = " \u2047 ";
    private String bosPiece = "<s>";
    private String eosPiece = "</s>";
    private String padPiece = "<pad>";
    private boolean addDummyPrefix = true;
    private boolean removeExtraWhitespaces = true;
    private boolean escapeWhitespaces = true;
    private Optional<CharacterMap> characterMap = Optional.empty();

    private SentencePieceModelReader(Path file) {
        this.file = file;
    }

    /**
     * Reads a model.
     *
     * @throws MalformedFileException where the bytes are no such model
     * @throws UserError where it is a kind of model that is not implemented
     */
    static SentencePieceModel read(Path file, byte[] bytes) {
        return new SentencePieceModelReader(file).model(new ProtobufReader(file, bytes));
    }

    private SentencePieceModel model(ProtobufReader in) {
        boolean trainerSeen = false;
        for (int field = in.nextField(); field != 0; field = in.nextField()) {
            switch (field) {
                case 1 -> piece(in);
                case 2 -> {
                    trainer(in.message());
                    trainerSeen = true;
                }
                case 3 -> normalizer(in.message());
                case 5 -> denormalizer(in.message());
                default -> in.skip();
            }
        }
        if (pieces.isEmpty() || !trainerSeen) {
            throw in.malformed(0, "it holds no " + (pieces.isEmpty() ? "pieces" : "trainer settings"));
        }
        refuseWhatIsNotImplemented();
        check(in);
        return new SentencePieceModel(
                pieces,
                byteFallback,
                unknownSurface,
                bosPiece,
                eosPiece,
                padPiece,
                addDummyPrefix,
                removeExtraWhitespaces,
                escapeWhitespaces,
                characterMap);
    }

    private void piece(ProtobufReader model) {
        int offset = model.offset();
        ProtobufReader in = model.message();
        String text = "";
        float score = 0;
        Type type = Type.NORMAL;
        for (int field = in.nextField(); field != 0; field = in.nextField()) {
            switch (field) {
                case 1 -> text = in.string();
                case 2 -> score = in.float32();
                case 3 -> {
                    int number = in.int32();
                    if (number < 1 || number > Type.values().length) {
                        throw in.malformed(offset, "piece " + pieces.size() + " is of the unknown type " + number);
                    }
                    type = Type.values()[number - 1];
                }
                default -> in.skip();
            }
        }
        if (text.isEmpty()) {
            throw in.malformed(offset, "piece " + pieces.size() + " is empty");
        }
        if (Float.isNaN(score)) {
            throw in.malformed(offset, "the score of piece " + pieces.size() + " is not a number");
        }
        Integer first = seen.put(text, pieces.size());
        if (first != null) {
            throw in.malformed(offset, "piece " + pieces.size() + " is the same as piece " + first);
        }
        pieces.add(new Piece(text, score, type));
    }

    private void trainer(ProtobufReader in) {
        for (int field = in.nextField(); field != 0; field = in.nextField()) {
            switch (field) {
                case 3 -> modelType = in.int32();
                case 24 -> whitespaceAsSuffix = in.bool();
                case 35 -> byteFallback = in.bool();
                case 44 -> unknownSurface = in.string();
                case 46 -> bosPiece = in.string();
                case 47 -> eosPiece = in.string();
                case 48 -> padPiece = in.string();
                default -> in.skip();
            }
        }
    }

    private void normalizer(ProtobufReader in) {
        for (int field = in.nextField(); field != 0; field = in.nextField()) {
            switch (field) {
                case 2 -> {
                    int offset = in.offset();
                    byte[] map = in.bytes();
                    characterMap = map.length == 0
                            ? Optional.empty()
                            : Optional.of(CharacterMap.parse(map, what -> in.malformed(offset, what)));
                }
                case 3 -> addDummyPrefix = in.bool();
                case 4 -> removeExtraWhitespaces = in.bool();
                case 5 -> escapeWhitespaces = in.bool();
                default -> in.skip();
            }
        }
    }

    private void denormalizer(ProtobufReader in) {
        for (int field = in.nextField(); field != 0; field = in.nextField()) {
            if (field == 2 && in.bytes().length > 0) {
                throw new UserError(
                        file + ": the model changes text while decoding (denormalizer_spec), which Cria does not do",
                        "train or convert the tokenizer without a denormaliser");
            } else if (field != 2) {
                in.skip();
            }
        }
    }

    private void refuseWhatIsNotImplemented() {
        if (modelType != MODEL_BPE) {
            String name =
                    modelType > 0 && modelType < MODEL_TYPES.length ? MODEL_TYPES[modelType] : "type " + modelType;
            throw new UserError(
                    file + ": this is a SentencePiece model of the kind " + name + "; Cria reads bpe, which Llama uses",
                    "take the tokenizer of a Llama-family model, or train one with `cria tokenizer train`");
        }
        if (whitespaceAsSuffix) {
            throw new UserError(
                    file
                            + ": the model puts the space behind a word (treat_whitespace_as_suffix), which Cria does not do",
                    "take the tokenizer of a Llama-family model, or train one with `cria tokenizer train`");
        }
    }

    private void check(ProtobufReader in) {
        long unknown = pieces.stream().filter(p -> p.type() == Type.UNKNOWN).count();
        if (unknown != 1) {
            throw in.malformed(0, "it must hold one unknown piece, but holds " + unknown);
        }
        boolean[] bytes = new boolean[256];
        int count = 0;
        for (Piece piece : pieces) {
            if (piece.type() == Type.BYTE) {
                int value = BpeModel.byteValue(piece.text());
                if (value < 0 || !byteFallback) {
                    throw in.malformed(0, "the byte piece \"" + piece.text() + "\" is not allowed here");
                }
                count += bytes[value] ? 0 : 1;
                bytes[value] = true;
            }
        }
        if (byteFallback && count != 256) {
            throw in.malformed(0, "byte fallback needs 256 byte pieces, but there are " + count);
        }
    }
}
