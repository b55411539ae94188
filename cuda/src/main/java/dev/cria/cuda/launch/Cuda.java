package dev.cria.cuda.launch;

import dev.cria.base.UserError;
import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.compile.KernelCompiler;
import dev.cria.cuda.compile.Nvrtc;
import dev.cria.cuda.driver.CardProperties;
import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.Driver;
import dev.cria.cuda.driver.DriverMemory;
import dev.cria.cuda.driver.DriverModules;
import dev.cria.cuda.driver.DriverStreams;
import dev.cria.cuda.driver.Event;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.cuda.driver.Stream;
import dev.cria.cuda.memory.CudaWorkspace;
import dev.cria.cuda.memory.DeviceMemory;
import dev.cria.cuda.memory.HostStaging;
import dev.cria.cuda.memory.IndexFault;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One open GPU: its context, the one stream that all its work runs on in order, its memory, and its kernels. One thread at a time starts work;
 * it need not always be the same.
 */
public final class Cuda implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Cuda.class.getName());

    private final LibrarySearch search;
    private final Driver driver;
    private final DriverMemory driverMemory;
    private final DriverStreams driverStreams;
    private final DriverModules driverModules;
    private final int device;
    private final CardProperties card;
    private final boolean debugging;
    private final long context;
    private final Stream stream;
    private final DeviceMemory memory;
    private final HostStaging staging;
    private final IndexFault indexFault;
    private final KernelModules modules;
    private final Recordings recordings;
    private final Map<String, Scratch> scratches = new HashMap<>();
    private Optional<LaunchProfile> profile = Optional.empty();
    private boolean closed;

    private Cuda(LibrarySearch search, int ordinal, DiskCache cache, boolean debugging) {
        this.search = search;
        this.debugging = debugging;
        this.driver = Driver.open(search);
        this.device = driver.device(ordinal);
        this.card = driver.properties(device);
        Nvrtc nvrtc = new Nvrtc(search.open(CudaLibrary.NVRTC, newestMajor()));
        KernelCompiler compiler = new KernelCompiler(nvrtc, cache, card);
        this.driverMemory = new DriverMemory(driver);
        this.driverStreams = new DriverStreams(driver);
        this.driverModules = new DriverModules(driver);
        this.modules = new KernelModules(this, compiler);
        this.recordings = new Recordings(this);
        this.context = driver.retainContext(device);
        makeCurrent();
        this.stream = driverStreams.create();
        this.memory = new DeviceMemory(driverMemory, stream, card.totalBytes());
        this.staging = new HostStaging(driverMemory, driverStreams, stream);
        this.indexFault = new IndexFault(driverMemory);
    }

    /**
     * Opens a GPU.
     *
     * @param ordinal which of those that the driver sees
     * @param debugging whether every launch waits for its kernel, so that an error names it
     * @throws UserError if a library, the driver or the GPU is missing, or too old
     */
    public static Cuda open(LibrarySearch search, int ordinal, DiskCache cache, boolean debugging) {
        return new Cuda(search, ordinal, cache, debugging);
    }

    /** The newest major version of libraries whose code the driver runs. */
    public int newestMajor() {
        return driver.version() / 1000;
    }

    /** Where further libraries are looked for. */
    public LibrarySearch libraries() {
        return search;
    }

    public CardProperties card() {
        return card;
    }

    public int multiprocessors() {
        return card.multiprocessors();
    }

    /** major·10 + minor: 90 for an H100. */
    public int computeCapability() {
        return card.computeCapability();
    }

    /** Cria's kernels. */
    public KernelModules modules() {
        return modules;
    }

    /** The compiler behind {@link #modules}. */
    public KernelCompiler compiler() {
        return modules.compiler();
    }

    /** The stream of all work. */
    public Stream stream() {
        return stream;
    }

    public DeviceMemory memory() {
        return memory;
    }

    /** Bytes that tensors could still take. */
    public long freeBytes() {
        makeCurrent();
        return memory.freeBytes();
    }

    public Driver driver() {
        return driver;
    }

    public DriverStreams driverStreams() {
        return driverStreams;
    }

    /** Where kernels note indices outside their tables. */
    public IndexFault indexFault() {
        return indexFault;
    }

    DriverModules driverModules() {
        return driverModules;
    }

    /** Makes the GPU's context the calling thread's: before a library is called that uses it. */
    public void makeCurrent() {
        driver.makeCurrent(context);
    }

    /**
     * Scratch memory for one purpose, holding at least so many bytes. Two operations that run one after another may share a purpose; what one
     * operation uses at the same time needs different ones.
     */
    public Scratch scratch(String purpose, long bytes) {
        Scratch scratch = scratches.get(purpose);
        if (scratch == null) {
            scratch = new Scratch(memory, recordings::retire);
            scratches.put(purpose, scratch);
        }
        if (scratch.bytes() < bytes) {
            makeCurrent();
            scratch.require(bytes);
        }
        return scratch;
    }

    /** A new owner of memory on this GPU. */
    public Workspace workspace() {
        return new CudaWorkspace(memory, () -> {
            requireNotRecording("allocating");
            makeCurrent();
        });
    }

    /** Work that is recorded on its second run and repeated from then on. */
    public CudaGraph repeated(Runnable work) {
        return new CudaGraph(this, work);
    }

    /** Whether launches are being recorded and not done: nothing may be waited for. */
    public boolean recording() {
        return recordings.recording();
    }

    Recordings recordings() {
        return recordings;
    }

    /** Whether each launch is watched for itself: then work is not recorded. */
    boolean watching() {
        return debugging || profile.isPresent();
    }

    boolean closed() {
        return closed;
    }

    private void requireNotRecording(String what) {
        if (recordings.recording()) {
            throw new IllegalStateException(what + " while work is recorded, which repeats kernels alone");
        }
    }

    /** Copies host memory to the device, behind what was started before; the host's may be changed on return. */
    public void upload(MemorySegment host, long address) {
        requireNotRecording("an upload");
        makeCurrent();
        staging.upload(host, address);
    }

    /**
     * Copies device memory to the host and waits for it.
     *
     * @throws IndexOutOfBoundsException if a kernel met an index outside its table since the host last waited
     */
    public void download(long address, MemorySegment host) {
        requireNotRecording("a download");
        makeCurrent();
        staging.download(address, host);
        indexFault.check();
    }

    /** Copies within device memory, in stream order. */
    public void copy(long to, long from, long bytes) {
        makeCurrent();
        driverMemory.copyOnDevice(to, from, bytes, stream);
    }

    /** Sets device memory to zero, in stream order. */
    public void zero(long address, long bytes) {
        makeCurrent();
        driverMemory.zero(address, bytes, stream);
    }

    /** A clock for what runs on the GPU. */
    public Event timer() {
        makeCurrent();
        return driverStreams.timer();
    }

    /** Waits for everything started so far; throws as {@link #download}. */
    public void synchronize() {
        requireNotRecording("waiting");
        makeCurrent();
        stream.synchronize();
        indexFault.check();
    }

    void allowSharedBytes(String kernel, long function, int bytes) {
        if (bytes > card.sharedBytesPerBlock()) {
            throw new IllegalArgumentException("kernel " + kernel + " asks for " + bytes
                    + " bytes of shared memory, a block of " + card.name() + " has " + card.sharedBytesPerBlock());
        }
        driverModules.allowSharedBytes(function, bytes);
    }

    /** What comes before every launch: when profiling, a mark. */
    public void launching() {
        if (profile.isPresent() && !recordings.recording()) {
            profile.get().begin();
        }
    }

    /** What follows every launch. */
    public void launched(String kernel) {
        launched(kernel, 0);
    }

    /**
     * The same: when debugging it waits, and an error names the kernel; when profiling it notes the time.
     *
     * @param operations floating-point operations of the launch; 0 where they are not counted
     */
    public void launched(String kernel, double operations) {
        if (recordings.recording()) {
            return;
        }
        profile.ifPresent(running -> running.end(kernel, operations));
        if (debugging) {
            int status = driverStreams.await(stream);
            if (status != CudaException.SUCCESS) {
                throw driver.kernelFailure(kernel, status);
            }
        }
    }

    /** Measures every launch from now on. */
    public LaunchProfile startProfile() {
        makeCurrent();
        if (profile.isEmpty()) {
            profile = Optional.of(new LaunchProfile(driverStreams, stream));
        }
        return profile.get();
    }

    /** What is being measured. */
    public Optional<LaunchProfile> profile() {
        return profile;
    }

    /** Waits for what runs and frees everything; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            makeCurrent();
            try {
                stream.synchronize();
                profile.ifPresent(LaunchProfile::close);
                staging.close();
                indexFault.close();
                modules.unload();
                memory.close();
                stream.close();
            } catch (CudaException e) {
                // A kernel went wrong, and whoever waited for it was told: the driver frees the rest with the context.
                LOG.log(System.Logger.Level.DEBUG, "closing a GPU that is in error: {0}", e.getMessage());
            } finally {
                driver.releaseContext(device);
            }
        }
    }
}
