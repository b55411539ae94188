package dev.cria.model.lora;

import dev.cria.model.LlamaConfig;
import dev.cria.model.adapter.Projection;
import java.util.List;

/** Linear layers of a block that share their input, and so one matrix product. */
enum LinearGroup {
    QKV(Projection.QUERY, Projection.KEY, Projection.VALUE),
    OUTPUT(Projection.OUTPUT),
    GATE_UP(Projection.GATE, Projection.UP),
    DOWN(Projection.DOWN);

    private final List<Projection> projections;

    LinearGroup(Projection... projections) {
        this.projections = List.of(projections);
    }

    /** In the order of their outputs. */
    List<Projection> projections() {
        return projections;
    }

    /** I. */
    int inputs(LlamaConfig config) {
        return projections.getFirst().inputs(config);
    }

    /** ΣO. */
    int outputs(LlamaConfig config) {
        return projections.stream()
                .mapToInt(projection -> projection.outputs(config))
                .sum();
    }
}
