package dev.cria.text;

import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.util.Optional;
import java.util.function.Predicate;

/** Writes {@code tokenizer.model}, SentencePiece's protocol buffer. */
final class SentencePieceModelWriter {
    private static final int BPE = 2;

    private SentencePieceModelWriter() {}

    /** @param options how the pieces were trained, where that is known */
    static byte[] write(SentencePieceModel model, Optional<TrainerOptions> options) {
        ProtobufWriter out = new ProtobufWriter();
        for (Piece piece : model.pieces()) {
            ProtobufWriter entry = new ProtobufWriter().string(1, piece.text()).float32(2, piece.score());
            if (piece.type() != Type.NORMAL) {
                entry.int32(3, piece.type().number());
            }
            out.message(1, entry);
        }
        return out.message(2, trainer(model, options))
                .message(3, normalizer(model))
                .toBytes();
    }

    private static ProtobufWriter trainer(SentencePieceModel model, Optional<TrainerOptions> options) {
        ProtobufWriter out =
                new ProtobufWriter().int32(3, BPE).int32(4, model.pieces().size());
        options.ifPresent(o -> training(out, o));
        return out.bool(35, model.byteFallback())
                .int32(40, id(model, piece -> piece.type() == Type.UNKNOWN))
                .int32(41, id(model, piece -> piece.text().equals(model.bosPiece())))
                .int32(42, id(model, piece -> piece.text().equals(model.eosPiece())))
                .int32(43, id(model, piece -> piece.text().equals(model.padPiece())))
                .string(44, model.unknownSurface())
                .string(45, unknownPiece(model))
                .string(46, model.bosPiece())
                .string(47, model.eosPiece())
                .string(48, model.padPiece());
    }

    private static int id(SentencePieceModel model, Predicate<Piece> wanted) {
        for (int id = 0; id < model.pieces().size(); id++) {
            if (wanted.test(model.pieces().get(id))) {
                return id;
            }
        }
        return -1;
    }

    private static String unknownPiece(SentencePieceModel model) {
        int id = id(model, piece -> piece.type() == Type.UNKNOWN);
        return id < 0 ? "<unk>" : model.pieces().get(id).text();
    }

    private static void training(ProtobufWriter out, TrainerOptions options) {
        out.float32(10, (float) options.characterCoverage())
                .int32(20, options.maxPieceLength())
                .bool(21, options.splitByUnicodeScript())
                .bool(22, options.splitByWhitespace())
                .bool(23, options.splitByNumber())
                .bool(25, options.splitDigits())
                .bool(26, options.allowWhitespaceOnlyPieces());
    }

    private static ProtobufWriter normalizer(SentencePieceModel model) {
        return new ProtobufWriter()
                .string(1, "identity")
                .bytes(2, new byte[0])
                .bool(3, model.addDummyPrefix())
                .bool(4, model.removeExtraWhitespaces())
                .bool(5, model.escapeWhitespaces());
    }
}
