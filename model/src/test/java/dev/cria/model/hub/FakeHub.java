package dev.cria.model.hub;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A hub on this machine, down to the socket, so that it can misbehave in every way a network can. By default it serves one model as
 * Hugging Face's hub does: a listing, small files itself, large ones by a redirect.
 */
public final class FakeHub implements AutoCloseable {
    public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    /** Answers a request; returns whether the connection may serve another. */
    @FunctionalInterface
    public interface Handler {
        void handle(Request request, Reply reply) throws IOException;
    }

    /**
     * A request.
     *
     * @param method the verb
     * @param path path and query
     * @param headers by lower-case name
     */
    public record Request(String method, String path, Map<String, String> headers) {
        /** The first byte that is asked for. */
        public long from() {
            return Long.parseLong(headers.getOrDefault("range", "bytes=0-").replaceFirst("bytes=(\\d+)-.*", "$1"));
        }

        public boolean hasRange() {
            return headers.containsKey("range");
        }
    }

    private final ServerSocket socket;
    private final String model;
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final Map<String, Handler> special = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<String> large = new ArrayList<>();
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger mostOpen = new AtomicInteger();
    private volatile long delayNanos;
    private volatile String storage = "";
    private volatile String listing = "";
    private volatile String kind = "models";

    public FakeHub(String model) throws IOException {
        this.model = model;
        this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** A small file: the hub serves it itself, by git's hash. */
    public FakeHub small(String path, byte[] content) {
        files.put(path, content);
        return this;
    }

    public FakeHub small(String path, String content) {
        return small(path, content.getBytes(StandardCharsets.UTF_8));
    }

    /** A large file, known by its SHA-256. */
    public FakeHub large(String path, byte[] content) {
        large.add(path);
        return small(path, content);
    }

    /** Large files are served by the server at {@code address}. */
    public FakeHub storedAt(String address) {
        storage = address;
        return this;
    }

    /** It serves a data set instead of a model. */
    public FakeHub ofDataset() {
        kind = "datasets";
        return this;
    }

    /** The listing is this, whatever the files are. */
    public FakeHub listing(String json) {
        listing = json;
        return this;
    }

    /** Whatever path contains {@code part} is answered by {@code handler}. */
    public FakeHub when(String part, Handler handler) {
        special.put(part, handler);
        return this;
    }

    /** Each answer takes so long to begin, so that what is asked at once is open at once. */
    public FakeHub delayed(Duration delay) {
        delayNanos = delay.toNanos();
        return this;
    }

    public String address() {
        return "http://" + socket.getInetAddress().getHostAddress() + ":" + socket.getLocalPort();
    }

    public List<Request> requests() {
        return requests;
    }

    /** Requests whose path contains {@code part}. */
    public List<Request> requests(String part) {
        return requests.stream()
                .filter(request -> request.path().contains(part))
                .toList();
    }

    /** Most connections that were busy at once. */
    public int mostOpen() {
        return mostOpen.get();
    }

    public byte[] content(String path) {
        return files.get(path);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            return; // closed
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = new BufferedInputStream(client.getInputStream());
            Request request = read(in);
            if (request == null) {
                return;
            }
            requests.add(request);
            mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
            try {
                LockSupport.parkNanos(delayNanos);
                Reply reply = new Reply(client);
                Handler handler = special.entrySet().stream()
                        .filter(entry -> request.path().contains(entry.getKey()))
                        .map(Map.Entry::getValue)
                        .findFirst()
                        .orElse(this::answer);
                handler.handle(request, reply);
                client.getOutputStream().flush();
            } finally {
                open.decrementAndGet();
            }
        } catch (SocketException e) {
            return; // the client has gone, which may be what a test is about
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Request read(InputStream in) throws IOException {
        String[] first = line(in).split(" ");
        if (first.length < 2) {
            return null;
        }
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return new Request(first[0], first[1], headers);
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    /** What a well-behaved hub answers. */
    public void answer(Request request, Reply reply) throws IOException {
        String path = URI.create("http://x" + request.path()).getPath();
        if (path.startsWith("/api/" + kind + "/" + model + "/revision/")) {
            reply.header("Content-Type", "application/json")
                    .whole(200, (listing.isEmpty() ? list() : listing).getBytes(StandardCharsets.UTF_8));
            return;
        }
        String name = path.replaceFirst(".*/(resolve/[^/]+|store)/", "");
        byte[] content = files.get(name);
        if (content == null) {
            reply.header("X-Error-Code", path.contains("/api/") ? "RepoNotFound" : "EntryNotFound")
                    .whole(404, new byte[0]);
            return;
        }
        reply.header("X-Repo-Commit", COMMIT).header("Accept-Ranges", "bytes");
        if (large.contains(name) && path.contains("/resolve/") && !storage.isEmpty()) {
            reply.header("X-Linked-Etag", "\"" + sha256(content) + "\"")
                    .header("X-Linked-Size", Integer.toString(content.length))
                    .header("Location", storage + "/store/" + name + "?signature=abc")
                    .whole(302, new byte[0]);
            return;
        }
        reply.header("ETag", "\"" + (large.contains(name) ? sha256(content) : gitSha1(content)) + "\"");
        reply.file(request, content);
    }

    private String list() {
        StringBuilder json = new StringBuilder("{\"id\":\"" + model + "\",\"sha\":\"" + COMMIT + "\",\"siblings\":[");
        files.forEach((name, content) -> {
            json.append(json.charAt(json.length() - 1) == '[' ? "" : ",");
            json.append("{\"rfilename\":\"" + name + "\",\"size\":" + content.length + ",\"blobId\":\"");
            json.append(gitSha1(large.contains(name) ? "pointer".getBytes(StandardCharsets.UTF_8) : content) + "\"");
            if (large.contains(name)) {
                json.append(",\"lfs\":{\"sha256\":\"" + sha256(content) + "\",\"size\":" + content.length);
                json.append(",\"pointerSize\":130}");
            }
            json.append('}');
        });
        return json.append("]}").toString();
    }

    public static String sha256(byte[] content) {
        return hex("SHA-256", content);
    }

    public static String gitSha1(byte[] content) {
        byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII);
        byte[] all = java.util.Arrays.copyOf(head, head.length + content.length);
        System.arraycopy(content, 0, all, head.length, content.length);
        return hex("SHA-1", all);
    }

    private static String hex(String algorithm, byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** An answer in the making, to the socket itself. */
    public static final class Reply {
        private final Socket client;
        private final OutputStream out;
        private final StringBuilder headers = new StringBuilder();

        Reply(Socket client) throws IOException {
            this.client = client;
            this.out = client.getOutputStream();
        }

        public Reply header(String name, String value) {
            headers.append(name).append(": ").append(value).append("\r\n");
            return this;
        }

        /** The head alone, with any length claimed. */
        public Reply head(int status, long length) throws IOException {
            String head = "HTTP/1.1 " + status + " X\r\n" + headers
                    + (length < 0 ? "" : "Content-Length: " + length + "\r\n") + "Connection: close\r\n\r\n";
            out.write(head.getBytes(StandardCharsets.UTF_8));
            out.flush();
            return this;
        }

        public void whole(int status, byte[] body) throws IOException {
            head(status, body.length).body(body, 0, body.length);
        }

        /** The file, or the part of it that is asked for. */
        public void file(Request request, byte[] content) throws IOException {
            if (request.method().equals("HEAD")) {
                head(200, content.length);
            } else if (request.hasRange()) {
                part(request, content, Integer.MAX_VALUE);
            } else {
                whole(200, content);
            }
        }

        /** The part that is asked for, of which only {@code most} bytes are sent before the connection is cut. */
        public void part(Request request, byte[] content, int most) throws IOException {
            int from = (int) request.from();
            String end = request.headers().getOrDefault("range", "-").replaceFirst(".*-", "");
            int to = end.isEmpty() ? content.length : (int) Math.min(content.length, Long.parseLong(end) + 1);
            header("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + content.length);
            head(206, to - from).body(content, from, Math.min(most, to - from));
            if (most < to - from) {
                breakOff();
            }
        }

        public Reply body(byte[] content, int from, int length) throws IOException {
            out.write(content, from, length);
            out.flush();
            return this;
        }

        /** Cuts the connection as a failing network does: by a reset, not by an end. */
        public void breakOff() throws IOException {
            out.flush();
            try {
                Thread.sleep(20); // what was sent shall arrive; a reset may overtake it
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            client.setSoLinger(true, 0);
            client.close();
        }
    }
}
