package dev.cria.model.convert;

import dev.cria.base.UserError;
import dev.cria.model.GgufModel;
import dev.cria.model.LlamaConfig;
import dev.cria.model.gguf.GgufFile;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.text.GgufVocabulary;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A model that is read, whatever its format; its tensors are mapped and go by Hugging Face's names. */
interface ModelSource extends AutoCloseable {
    /**
     * Opens a Hugging Face directory, a GGUF file, or a directory that holds one; names, shapes and types of all tensors are checked.
     *
     * @throws UserError if something is missing, damaged, or not a Llama
     */
    @SuppressWarnings("MustBeClosedChecker")
    static ModelSource open(Path path) {
        Optional<Path> gguf = GgufModel.locate(path);
        return gguf.isPresent() ? GgufSource.open(gguf.get()) : HuggingFaceSource.open(path);
    }

    /** The file or directory. */
    Path path();

    LlamaConfig config();

    /** How rows of q and k are ordered. */
    RopeOrder ropeOrder();

    /** A tensor as it is stored. */
    Tensor tensor(String huggingFaceName);

    /** The GGUF file that this is, if it is one. */
    Optional<GgufFile> gguf();

    /** Whether there is a tokenizer. */
    boolean hasTokenizer();

    /**
     * The tokenizer's vocabulary, if there is a tokenizer.
     *
     * @throws UserError if it is one that cannot be written to a GGUF file
     */
    Optional<GgufVocabulary> vocabulary();

    /** The chat template's source, if there is one. */
    Optional<String> chatTemplate();

    /**
     * The same model with the tokenizer and the chat template of a directory that has a tokenizer. A GGUF file keeps its vocabulary, which goes with
     * its metadata, and takes the template alone.
     */
    ModelSource withTextOf(Path directory);

    /** Puts the tokenizer's files and {@code generation_config.json} into a directory, as far as there are any. */
    void writeCompanions(Path directory) throws IOException;

    @Override
    void close();
}
