package dev.cria.data;

import java.io.Closeable;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The documents of one file, stream or archive. */
interface DocumentSource extends Closeable {
    /**
     * The next document, or null at the end. After an exception the source has ended.
     *
     * @throws IOException when reading failed; {@link Compression#isDamage} tells whether the file is to blame
     * @throws dev.cria.base.MalformedFileException when the contents are damaged
     */
    @Nullable
    Document next() throws IOException;
}
