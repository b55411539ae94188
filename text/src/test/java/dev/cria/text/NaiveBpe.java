package dev.cria.text;

import dev.cria.text.SentencePieceModel.Piece;
import dev.cria.text.SentencePieceModel.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The definition of SentencePiece's BPE, word for word and slow: the scalar reference that the encoder is held against. */
final class NaiveBpe {
    private NaiveBpe() {}

    /** Ids of text that is already normalised; for models of normal, byte, control and unknown pieces. */
    static List<Integer> encode(SentencePieceModel model, String normal) {
        Map<String, Integer> ids = new HashMap<>();
        Map<String, Integer> bytes = new HashMap<>();
        int unknown = -1;
        for (int id = 0; id < model.pieces().size(); id++) {
            Piece piece = model.pieces().get(id);
            switch (piece.type()) {
                case NORMAL -> ids.put(piece.text(), id);
                case BYTE -> bytes.put(piece.text(), id);
                case UNKNOWN -> unknown = id;
                default -> {}
            }
        }
        List<String> symbols = new ArrayList<>();
        normal.codePoints().forEach(c -> symbols.add(Character.toString(c)));
        while (true) {
            int best = -1;
            float bestScore = 0;
            for (int i = 0; i + 1 < symbols.size(); i++) {
                Integer id = ids.get(symbols.get(i) + symbols.get(i + 1));
                if (id != null && (best < 0 || model.pieces().get(id).score() > bestScore)) {
                    best = i;
                    bestScore = model.pieces().get(id).score();
                }
            }
            if (best < 0) {
                break;
            }
            symbols.set(best, symbols.get(best) + symbols.remove(best + 1));
        }
        List<Integer> out = new ArrayList<>();
        boolean afterUnknown = false;
        for (String symbol : symbols) {
            Integer id = ids.get(symbol);
            if (id != null) {
                out.add(id);
            } else if (model.byteFallback()) {
                for (byte b : symbol.getBytes(StandardCharsets.UTF_8)) {
                    out.add(bytes.get(BpeModel.bytePiece(b & 0xFF)));
                }
            } else if (!afterUnknown) {
                out.add(unknown);
            }
            afterUnknown = id == null;
        }
        return out;
    }

    static SentencePieceModel model(List<Piece> normal, boolean byteFallback, boolean dummyPrefix) {
        List<Piece> pieces = new ArrayList<>(List.of(
                new Piece("<unk>", 0, Type.UNKNOWN),
                new Piece("<s>", 0, Type.CONTROL),
                new Piece("</s>", 0, Type.CONTROL)));
        for (int value = 0; byteFallback && value < 256; value++) {
            pieces.add(new Piece(BpeModel.bytePiece(value), 0, Type.BYTE));
        }
        pieces.addAll(normal);
        return new SentencePieceModel(
                pieces,
                byteFallback,
                " \u2047 ",
                "<s>",
                "</s>",
                "<pad>",
                dummyPrefix,
                false,
                true,
                java.util.Optional.empty());
    }
}
