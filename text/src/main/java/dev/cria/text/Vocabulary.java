package dev.cria.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Pieces by id and ids by piece; an empty piece marks an id that the file leaves out. */
final class Vocabulary {
    private final List<String> pieces;
    private final Map<String, Integer> ids;

    Vocabulary(List<String> pieces) {
        this.pieces = List.copyOf(pieces);
        ids = new HashMap<>(2 * pieces.size());
        for (int id = 0; id < pieces.size(); id++) {
            if (!pieces.get(id).isEmpty()) {
                ids.putIfAbsent(pieces.get(id), id);
            }
        }
    }

    int size() {
        return pieces.size();
    }

    List<String> pieces() {
        return pieces;
    }

    String piece(int id) {
        if (id < 0 || id >= pieces.size()) {
            throw new IllegalArgumentException("id " + id + " is not in 0.." + (pieces.size() - 1));
        }
        return pieces.get(id);
    }

    OptionalInt id(String piece) {
        Integer id = ids.get(piece);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }
}
