package dev.cria.model.hub;

import java.io.IOException;

/** The server now has other bytes than those that are here already, or cannot give the middle of a file: it must be begun again. */
final class ContentChangedException extends IOException {
    private static final long serialVersionUID = 1;

    ContentChangedException(String message) {
        super(message);
    }
}
