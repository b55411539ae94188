package dev.cria.cuda.cudnn;

/** Numbers of cuDNN's backend, as its header {@code cudnn_graph.h} has them; a test holds them against it. */
final class Codes {
    // Descriptors.
    static final int POINTWISE = 0;
    static final int ENGINE_CONFIGURATION = 3;
    static final int HEURISTICS = 4;
    static final int PLAN = 5;
    static final int POINTWISE_OPERATION = 13;
    static final int OPERATION_GRAPH = 15;
    static final int VARIANT_PACK = 16;
    static final int TENSOR = 17;
    static final int MATMUL = 18;
    static final int MATMUL_OPERATION = 19;
    static final int REDUCTION = 21;
    static final int REDUCTION_OPERATION = 22;
    static final int RESHAPE_OPERATION = 31;
    static final int DEVICE_PROPERTIES = 38;

    // Types of attributes.
    static final int TYPE_HANDLE = 0;
    static final int TYPE_DATA_TYPE = 1;
    static final int TYPE_BOOLEAN = 2;
    static final int TYPE_INT64 = 3;
    static final int TYPE_POINTER = 6;
    static final int TYPE_HEURISTICS_MODE = 8;
    static final int TYPE_POINTWISE_MODE = 14;
    static final int TYPE_DESCRIPTOR = 15;
    static final int TYPE_REDUCTION = 18;
    static final int TYPE_CHAR = 24;

    // Types of elements.
    static final int FLOAT = 0;
    static final int INT32 = 4;
    static final int BFLOAT16 = 9;
    static final int BOOLEAN = 11;

    // Operations.
    static final int ADD = 0;
    static final int MULTIPLY = 1;
    static final int DIVIDE = 6;
    static final int SUBTRACT = 9;
    static final int EXP = 13;
    static final int LOG = 15;
    static final int IDENTITY = 21;
    static final int GREATER_OR_EQUAL = 303;
    static final int INDEX = 501;
    static final int SELECT = 601;
    static final int SUM = 0;
    static final int MAXIMUM = 3;

    // Attributes.
    static final int POINTWISE_MODE = 0;
    static final int POINTWISE_PRECISION = 1;
    static final int POINTWISE_AXIS = 9;
    static final int HEURISTICS_MODE = 200;
    static final int HEURISTICS_GRAPH = 201;
    static final int HEURISTICS_RESULTS = 202;
    static final int HEURISTICS_DEVICE = 204;
    static final int PLAN_HANDLE = 400;
    static final int PLAN_CONFIGURATION = 401;
    static final int PLAN_WORKSPACE_SIZE = 402;
    static final int PLAN_DEVICE = 407;
    static final int POINTWISE_DESCRIPTION = 750;
    static final int POINTWISE_X = 751;
    static final int POINTWISE_B = 752;
    static final int POINTWISE_Y = 753;
    static final int POINTWISE_T = 758;
    static final int GRAPH_HANDLE = 800;
    static final int GRAPH_OPERATIONS = 801;
    static final int TENSOR_ALIGNMENT = 900;
    static final int TENSOR_TYPE = 901;
    static final int TENSOR_DIMENSIONS = 902;
    static final int TENSOR_STRIDES = 903;
    static final int TENSOR_ID = 906;
    static final int TENSOR_IS_VIRTUAL = 907;
    static final int TENSOR_IS_BY_VALUE = 908;
    static final int PACK_IDS = 1000;
    static final int PACK_POINTERS = 1001;
    static final int PACK_WORKSPACE = 1003;
    static final int MATMUL_PRECISION = 1500;
    static final int MATMUL_A = 1520;
    static final int MATMUL_B = 1521;
    static final int MATMUL_C = 1522;
    static final int MATMUL_DESCRIPTION = 1523;
    static final int REDUCTION_OPERATOR = 1600;
    static final int REDUCTION_PRECISION = 1601;
    static final int REDUCTION_X = 1610;
    static final int REDUCTION_Y = 1611;
    static final int REDUCTION_DESCRIPTION = 1612;
    static final int RESHAPE_X = 2200;
    static final int RESHAPE_Y = 2201;
    static final int DEVICE_JSON = 2702;

    /** The mode of heuristics that thinks longest and gives most. */
    static final int HEURISTICS_MODE_A = 3;

    private Codes() {}
}
