package dev.cria.model.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What the bytes of a file must hash to. A hub names a large file by its SHA-256, and a small one as git does: the SHA-1 of {@code blob},
 * its length, a zero byte, and the bytes.
 *
 * @param kind which hash
 * @param hex its value, lower case; empty where there is none
 */
record Checksum(Kind kind, String hex) {
    enum Kind {
        SHA256,
        GIT_SHA1,
        /** The hub's name of the content is no hash that we know. */
        NONE
    }

    /** The hash that a blob's name is. */
    static Checksum ofBlobName(String name) {
        if (name.matches("[0-9a-f]{64}")) {
            return new Checksum(Kind.SHA256, name);
        }
        return name.matches("[0-9a-f]{40}") ? new Checksum(Kind.GIT_SHA1, name) : new Checksum(Kind.NONE, "");
    }

    /** A digest to feed with the bytes of a file of {@code size} bytes. */
    MessageDigest start(long size) {
        try {
            if (kind != Kind.GIT_SHA1) {
                return MessageDigest.getInstance("SHA-256");
            }
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1 and SHA-256", e);
        }
    }

    /** Whether a fed digest is as expected; always so where nothing is expected. Ends the digest. */
    boolean matches(MessageDigest digest) {
        return kind == Kind.NONE || HexFormat.of().formatHex(digest.digest()).equals(hex);
    }
}
