package dev.cria.cuda;

import dev.cria.base.UserError;
import dev.cria.cuda.compile.Architecture;
import dev.cria.cuda.driver.CardProperties;
import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.Driver;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.LibrarySearch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a CUDA device could be opened here, found out without opening one.
 *
 * @param usable whether {@code --device cuda} has what it needs
 * @param lines what was found, or what is missing, where it was looked for and what would mend it
 */
public record CudaProbe(boolean usable, List<String> lines) {
    public CudaProbe {
        lines = List.copyOf(lines);
    }

    /** Looks on this machine; never throws. */
    public static CudaProbe look() {
        return look(List.of());
    }

    /** The same with libraries from these folders first. */
    public static CudaProbe look(List<Path> folders) {
        List<String> lines = new ArrayList<>();
        try {
            LibrarySearch search = LibrarySearch.of(folders);
            Driver driver = Driver.open(search);
            boolean usable = false;
            int count = driver.deviceCount();
            for (int i = 0; i < count; i++) {
                CardProperties card = driver.properties(driver.device(i));
                boolean recent = card.computeCapability() >= Architecture.LEAST;
                lines.add("GPU " + i + ": " + card.name() + ", " + (card.totalBytes() >> 20) + " MiB"
                        + (recent ? "" : ", too old for Cria's kernels"));
                usable |= recent;
            }
            if (count == 0) {
                lines.add("no GPU: NVIDIA's driver sees none");
            }
            lines.add("driver: " + driver.library().where() + ", for CUDA " + dotted(driver.version()));
            for (CudaLibrary library : List.of(CudaLibrary.NVRTC, CudaLibrary.CUBLAS_LT)) {
                FoundLibrary found = search.open(library, driver.version() / 1000);
                lines.add(library.title() + ": " + found.where());
            }
            lines.add(search.find(CudaLibrary.CUDNN, driver.version() / 1000)
                    .map(found -> CudaLibrary.CUDNN.title() + ": " + found.where())
                    .orElse(CudaLibrary.CUDNN.title() + ": not found; Cria's own attention is used"));
            return new CudaProbe(usable, lines);
        } catch (UserError e) {
            lines.add("not usable: " + e.what() + (e.hint().isEmpty() ? "" : "; " + e.hint()));
        } catch (RuntimeException | LinkageError e) {
            lines.add("not usable: " + e);
        }
        return new CudaProbe(false, lines);
    }

    private static String dotted(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
