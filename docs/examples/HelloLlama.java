import dev.cria.model.api.Conversation;
import dev.cria.model.api.Llama;
import dev.cria.model.generation.GenerationOptions;
import java.nio.file.Path;

/**
 * Loads a model and streams an answer. Its one dependency is Cria's module {@code model}; start it by
 * {@code java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -cp … HelloLlama MODEL PROMPT}.
 */
public final class HelloLlama {
    private HelloLlama() {}

    public static void main(String[] args) {
        try (Llama llama = Llama.open(Path.of(args[0]))) {
            if (llama.model().chatTemplate().isPresent()) {
                try (Conversation chat = llama.chat()) {
                    chat.say(args[1], System.out::print);
                }
            } else {
                System.out.print(args[1]);
                llama.generate(args[1], GenerationOptions.greedy(100), System.out::print);
            }
            System.out.println();
        }
    }
}
