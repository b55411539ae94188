package dev.cria.cuda.driver;

import java.util.List;

/** NVIDIA's libraries that a CUDA device needs or can use, the newest major version first. */
public enum CudaLibrary {
    /** The driver's own: comes with the driver, never with the toolkit. */
    DRIVER("NVIDIA's driver", List.of("libcuda.so.1"), "cu13", "install NVIDIA's driver, or use --device cpu"),
    NVRTC(
            "NVIDIA's run-time compiler",
            List.of("libnvrtc.so.13", "libnvrtc.so.12"),
            "cuda_nvrtc",
            "install the CUDA toolkit, or `pip install nvidia-cuda-nvrtc nvidia-cublas`, or name the folder of the libraries in "
                    + LibrarySearch.VARIABLE),
    CUBLAS_LT(
            "NVIDIA's matrix library cuBLASLt",
            List.of("libcublasLt.so.13", "libcublasLt.so.12"),
            "cublas",
            "install the CUDA toolkit, or `pip install nvidia-cublas`, or name the folder of the libraries in "
                    + LibrarySearch.VARIABLE),
    /** Optional: attention in training is faster with it. */
    CUDNN(
            "NVIDIA's cuDNN",
            List.of("libcudnn.so.9"),
            "cudnn",
            "install cuDNN 9, or `pip install nvidia-cudnn-cu13`, or name its folder in " + LibrarySearch.VARIABLE);

    private final String title;
    private final List<String> files;
    private final String wheel;
    private final String hint;

    CudaLibrary(String title, List<String> files, String wheel, String hint) {
        this.title = title;
        this.files = files;
        this.wheel = wheel;
        this.hint = hint;
    }

    /** What people call it. */
    public String title() {
        return title;
    }

    /** File names, the preferred one first. */
    public List<String> files() {
        return files;
    }

    /** Its folder under a Python environment's {@code site-packages/nvidia}, in the layout of CUDA 12. */
    String wheel() {
        return wheel;
    }

    /** What to do where it is missing. */
    String hint() {
        return hint;
    }

    /** The major version in a file's name: 13 for {@code libnvrtc.so.13}. */
    static int major(String file) {
        return Integer.parseInt(file.substring(file.lastIndexOf('.') + 1));
    }
}
