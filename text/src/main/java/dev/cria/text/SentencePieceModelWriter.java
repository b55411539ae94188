package dev.cria.text;

import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;

/** Writes {@code tokenizer.model}, SentencePiece's protocol buffer. */
final class SentencePieceModelWriter {
    private static final int BPE = 2;

    private SentencePieceModelWriter() {}

    static byte[] write(SentencePieceModel model, TrainerOptions options) {
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

    private static ProtobufWriter trainer(SentencePieceModel model, TrainerOptions options) {
        return new ProtobufWriter()
                .int32(3, BPE)
                .int32(4, model.pieces().size())
                .float32(10, (float) options.characterCoverage())
                .int32(20, options.maxPieceLength())
                .bool(21, options.splitByUnicodeScript())
                .bool(22, options.splitByWhitespace())
                .bool(23, options.splitByNumber())
                .bool(25, options.splitDigits())
                .bool(26, options.allowWhitespaceOnlyPieces())
                .bool(35, model.byteFallback())
                .int32(40, 0)
                .int32(41, 1)
                .int32(42, 2)
                .int32(43, -1)
                .string(44, model.unknownSurface())
                .string(45, "<unk>")
                .string(46, model.bosPiece())
                .string(47, model.eosPiece())
                .string(48, model.padPiece());
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
