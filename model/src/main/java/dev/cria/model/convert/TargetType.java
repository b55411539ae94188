package dev.cria.model.convert;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What weights are stored as; of the quantised ones not every tensor is, see {@link TypeMixture}. */
public enum TargetType {
    F32(DType.F32, 0),
    BF16(DType.BF16, 32),
    F16(DType.F16, 1),
    Q8_0(DType.Q8_0, 7),
    Q4_0(DType.Q4_0, 2),
    Q4_K_M(DType.Q4_K, 15),
    Q6_K(DType.Q6_K, 18);

    private final DType dtype;
    private final int fileType;

    TargetType(DType dtype, int fileType) {
        this.dtype = dtype;
        this.fileType = fileType;
    }

    /** The type of most matrices. */
    public DType dtype() {
        return dtype;
    }

    /** llama.cpp's number of such a file, {@code general.file_type}. */
    int fileType() {
        return fileType;
    }

    /** The name as the command line spells it. */
    public String spelling() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The type of a name, in lower or upper case.
     *
     * @throws UserError if there is none of that name
     */
    public static TargetType parse(String name) {
        return Arrays.stream(values())
                .filter(type -> type.spelling().equals(name.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new UserError(
                        "weights are not written as '" + name + "'",
                        "choose one of "
                                + Arrays.stream(values())
                                        .map(TargetType::spelling)
                                        .collect(Collectors.joining(", "))));
    }
}
