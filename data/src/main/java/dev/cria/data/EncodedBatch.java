package dev.cria.data;

import dev.cria.text.TokenBuffer;
import dev.cria.text.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;

/**
 * Neighbouring documents as ids: the unit of parallel work. Also holds what decides over a document: its text's hash. Made by a worker,
 * used by the writing thread.
 *
 * @param inputs which input each document is from
 * @param sources of each document
 * @param ids of all documents, one after another
 * @param ends where each document's ids end
 * @param bytes UTF-8 bytes of each text
 * @param hashes first and second 64 bits of the SHA-256 of each text's UTF-8, by turns: they know duplicates
 * @param splitHashes third 64 bits of it: they choose the split
 */
record EncodedBatch(
        int[] inputs, String lastSource, int[] ids, int[] ends, long[] bytes, long[] hashes, long[] splitHashes) {
    /** A document as the reader hands it over. */
    record Input(Document document, int input) {}

    static EncodedBatch encode(List<Input> documents, Tokenizer tokenizer) {
        int count = documents.size();
        int[] inputs = new int[count];
        int[] ends = new int[count];
        long[] bytes = new long[count];
        long[] hashes = new long[2 * count];
        long[] splitHashes = new long[count];
        MessageDigest digest = Checksums.sha256();
        long characters = 0;
        for (Input input : documents) {
            characters += input.document().text().length();
        }
        TokenBuffer ids = new TokenBuffer((int) (characters / 3));
        for (int i = 0; i < count; i++) {
            String text = documents.get(i).document().text();
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            ByteBuffer hash = ByteBuffer.wrap(digest.digest(utf8));
            hashes[2 * i] = hash.getLong();
            hashes[2 * i + 1] = hash.getLong();
            splitHashes[i] = hash.getLong();
            tokenizer.encode(text, ids);
            ends[i] = ids.size();
            bytes[i] = utf8.length;
            inputs[i] = documents.get(i).input();
        }
        return new EncodedBatch(
                inputs, documents.getLast().document().source(), ids.toArray(), ends, bytes, hashes, splitHashes);
    }

    int size() {
        return ends.length;
    }

    int start(int document) {
        return document == 0 ? 0 : ends[document - 1];
    }
}
