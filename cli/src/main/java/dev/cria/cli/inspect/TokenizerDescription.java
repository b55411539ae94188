package dev.cria.cli.inspect;

import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** Describes a tokenizer. */
final class TokenizerDescription {
    private TokenizerDescription() {}

    static Description of(Path path) {
        return of(Tokenizers.load(path));
    }

    static Description of(Tokenizer tokenizer) {
        return new Description.Builder("tokenizer")
                .add("vocabulary", tokenizer.vocabularySize())
                .add("bos", special(tokenizer, tokenizer.bosId()))
                .add("eos", special(tokenizer, tokenizer.eosId()))
                .add(
                        "special_tokens",
                        IntStream.range(0, tokenizer.vocabularySize())
                                .filter(tokenizer::isSpecial)
                                .limit(20)
                                .mapToObj(id -> special(tokenizer, id))
                                .toList())
                .add("fingerprint", tokenizer.fingerprint())
                .build();
    }

    private static String special(Tokenizer tokenizer, int id) {
        return id >= 0 && id < tokenizer.vocabularySize() ? id + " " + tokenizer.piece(id) : Integer.toString(id);
    }
}
