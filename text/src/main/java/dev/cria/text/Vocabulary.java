package dev.cria.text;

import java.util.List;
import java.util.OptionalInt;

/** Pieces by id and ids by piece; an empty piece marks an id that the file leaves out. */
final class Vocabulary {
    private final List<String> pieces;
    private final PieceTable ids;

    Vocabulary(List<String> pieces) {
        this.pieces = List.copyOf(pieces);
        ids = new PieceTable(this.pieces);
    }

    int size() {
        return pieces.size();
    }

    List<String> pieces() {
        return pieces;
    }

    /** Ids by piece. */
    PieceTable table() {
        return ids;
    }

    String piece(int id) {
        if (id < 0 || id >= pieces.size()) {
            throw new IllegalArgumentException("id " + id + " is not in 0.." + (pieces.size() - 1));
        }
        return pieces.get(id);
    }

    OptionalInt id(String piece) {
        int id = ids.find(piece);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
