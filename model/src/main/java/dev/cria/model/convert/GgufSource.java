package dev.cria.model.convert;

import dev.cria.model.GgufModel;
import dev.cria.model.GgufNames;
import dev.cria.model.LlamaConfig;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufTokenizer;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.text.ChatTemplate;
import dev.cria.text.GgufVocabulary;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A GGUF file.
 *
 * @param chatTemplate the template's source, if there is one
 */
record GgufSource(GgufFile file, LlamaConfig config, Optional<String> chatTemplate) implements ModelSource {
    @SuppressWarnings("MustBeClosedChecker")
    static GgufSource open(Path path) {
        GgufFile file = GgufFile.open(path);
        boolean opened = false;
        try {
            GgufSource source = new GgufSource(file, GgufModel.checkedConfig(file), GgufTokenizer.chatTemplate(file));
            opened = true;
            return source;
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    @Override
    public Path path() {
        return file.path();
    }

    @Override
    public RopeOrder ropeOrder() {
        return RopeOrder.PAIRS;
    }

    @Override
    public Tensor tensor(String huggingFaceName) {
        return file.tensor(GgufNames.ofHuggingFace(huggingFaceName)
                .orElseThrow(() -> new IllegalArgumentException("no tensor of a Llama: " + huggingFaceName)));
    }

    @Override
    public Optional<GgufFile> gguf() {
        return Optional.of(file);
    }

    @Override
    public boolean hasTokenizer() {
        return file.metadata().type(GgufTokenizer.PREFIX + "tokens").isPresent();
    }

    @Override
    public Optional<GgufVocabulary> vocabulary() {
        return GgufTokenizer.vocabulary(file);
    }

    @Override
    public ModelSource withTextOf(Path directory) {
        return new GgufSource(
                file,
                config,
                ChatTemplate.find(directory).map(ChatTemplate::source).or(() -> chatTemplate));
    }

    @Override
    public void writeCompanions(Path directory) throws IOException {
        Optional<Tokenizer> tokenizer = GgufTokenizer.read(file);
        if (tokenizer.isPresent()) {
            Tokenizers.save(tokenizer.get(), chatTemplate(), directory);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
