package dev.cria.model.adapter;

import dev.cria.model.LlamaConfig;
import java.util.Arrays;
import java.util.Optional;

/** The linear layers of a block that an adapter may change, in the order of their use. */
public enum Projection {
    QUERY("self_attn.q_proj"),
    KEY("self_attn.k_proj"),
    VALUE("self_attn.v_proj"),
    OUTPUT("self_attn.o_proj"),
    GATE("mlp.gate_proj"),
    UP("mlp.up_proj"),
    DOWN("mlp.down_proj");

    private final String path;

    Projection(String path) {
        this.path = path;
    }

    /** Its name within a block, such as {@code self_attn.q_proj}. */
    public String path() {
        return path;
    }

    /** Its name as recipes and target lists have it, such as {@code q_proj}. */
    public String shortName() {
        return path.substring(path.indexOf('.') + 1);
    }

    /** I. */
    public int inputs(LlamaConfig config) {
        return switch (this) {
            case OUTPUT -> config.queryWidth();
            case DOWN -> config.intermediateSize();
            default -> config.hiddenSize();
        };
    }

    /** O. */
    public int outputs(LlamaConfig config) {
        return switch (this) {
            case QUERY -> config.queryWidth();
            case KEY, VALUE -> config.keyValueWidth();
            case OUTPUT, DOWN -> config.hiddenSize();
            case GATE, UP -> config.intermediateSize();
        };
    }

    /** Whether its outputs are heads that RoPE rotates, so that their order depends on a file's format. */
    public boolean isRotated() {
        return this == QUERY || this == KEY;
    }

    static Optional<Projection> ofPath(String path) {
        return Arrays.stream(values()).filter(each -> each.path.equals(path)).findFirst();
    }
}
