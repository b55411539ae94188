package dev.cria.text;

import java.util.List;

/** A small tokenizer that needs no reference data. */
final class SmallTokenizer {
    static final String TEXT = """
            The cria stood in the short grass and looked at the fence. The fence looked back, as fences do.
            "What are you doing here?" asked the old llama. "Waiting for the grass to grow," said the cria.
            So they waited together, the old one and the young one, 12 days and 3 nights, until the rain came.
            public static void main(String[] arguments) {
                for (int i = 0; i < arguments.length; i++) {
                    System.out.println(arguments[i]);
                }
            }
            """.repeat(4);

    private SmallTokenizer() {}

    static TrainedTokenizer train(int vocabularySize) {
        return new TokenizerTrainer(TrainerOptions.of(vocabularySize))
                .train(List.of(TEXT).iterator());
    }
}
