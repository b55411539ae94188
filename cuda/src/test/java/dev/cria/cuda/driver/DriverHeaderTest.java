package dev.cria.cuda.driver;

import dev.cria.cuda.CHeader;
import org.junit.jupiter.api.Test;

class DriverHeaderTest {
    @Test
    void numbersAreTheHeaders() throws Exception {
        new CHeader("cuda.h")
                .is("CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR", Driver.COMPUTE_CAPABILITY_MAJOR)
                .is("CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR", Driver.COMPUTE_CAPABILITY_MINOR)
                .is("CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT", Driver.MULTIPROCESSOR_COUNT)
                .is("CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN", Driver.SHARED_MEMORY_PER_BLOCK_OPTIN)
                .is("CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE", Driver.L2_CACHE_SIZE)
                .is("CU_STREAM_CAPTURE_MODE_RELAXED", DriverGraphs.CAPTURE_MODE_RELAXED)
                .is("CU_STREAM_NON_BLOCKING", DriverStreams.NON_BLOCKING)
                .is("CU_EVENT_DISABLE_TIMING", DriverStreams.DISABLE_TIMING)
                .is("CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES", DriverModules.MAX_DYNAMIC_SHARED_SIZE_BYTES)
                .is("CUDA_SUCCESS", CudaException.SUCCESS)
                .is("CUDA_ERROR_OUT_OF_MEMORY", CudaException.OUT_OF_MEMORY)
                .is("CUDA_ERROR_NOT_READY", CudaException.NOT_READY)
                .is("CUDA_ERROR_ILLEGAL_ADDRESS", CudaException.FIRST_FAULT)
                .is("CUDA_ERROR_TENSOR_MEMORY_LEAK", CudaException.LAST_FAULT)
                .is("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", CudaException.LAUNCH_OUT_OF_RESOURCES)
                .is("CUDA_ERROR_ECC_UNCORRECTABLE", CudaException.UNCORRECTABLE_MEMORY)
                .is("CUDA_ERROR_DEVICE_UNAVAILABLE", CudaException.DEVICE_UNAVAILABLE)
                .is("CUDA_ERROR_NO_BINARY_FOR_GPU", CudaException.NO_BINARY_FOR_GPU)
                .is("CUDA_ERROR_UNSUPPORTED_PTX_VERSION", CudaException.UNSUPPORTED_PTX_VERSION)
                .is("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", CudaException.SYSTEM_DRIVER_MISMATCH)
                .is("sizeof(CUdeviceptr)", Long.BYTES)
                .is("sizeof(CUdevice)", Integer.BYTES)
                .is("sizeof(CUresult)", Integer.BYTES)
                .check();
    }
}
