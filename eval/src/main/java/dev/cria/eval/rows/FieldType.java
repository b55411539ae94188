package dev.cria.eval.rows;

import java.util.Map;

/** What a field of a row must hold. */
public enum FieldType {
    /** Text. */
    TEXT {
        @Override
        public void check(Row row, String path) {
            row.text(path);
        }
    },
    /** A list of texts. */
    TEXTS {
        @Override
        public void check(Row row, String path) {
            row.texts(path);
        }
    },
    /** A whole number, or the text of one. */
    WHOLE {
        @Override
        public void check(Row row, String path) {
            row.whole(path);
        }
    },
    /** Fields inside a field. */
    GROUP {
        @Override
        public void check(Row row, String path) {
            if (!(row.get(path) instanceof Map)) {
                throw row.refuse(path + " must be a group of fields");
            }
        }
    },
    /** Anything but null. */
    ANY {
        @Override
        public void check(Row row, String path) {
            row.get(path);
        }
    };

    /** @throws dev.cria.base.UserError where the row's field is missing or of another type, naming file and line */
    public abstract void check(Row row, String path);
}
