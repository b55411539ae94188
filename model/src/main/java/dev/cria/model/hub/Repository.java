package dev.cria.model.hub;

import dev.cria.base.UserError;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** One model at the hub: what it holds, and where its files are. */
final class Repository {
    private static final int MAXIMUM_NAME = 128;

    private final HubClient client;
    private final PullRequest request;
    private final TransferOptions options;
    private final Consumer<String> notices;
    private final HubErrors errors;

    Repository(HubClient client, PullRequest request, TransferOptions options, Consumer<String> notices) {
        this.client = client;
        this.request = request;
        this.options = options;
        this.notices = notices;
        this.errors = new HubErrors(client.settings(), request);
    }

    HubErrors errors() {
        return errors;
    }

    /** The files of the revision that is asked for. @throws UserError if the hub refuses, or its answer makes no sense */
    RepositoryListing list() throws InterruptedException {
        String model = request.name().model();
        URI uri = client.at("/api/" + request.name().kind().plural() + "/" + model + "/revision/"
                + encode(request.revision()) + "?blobs=true");
        Backoff backoff = new Backoff(options, model, notices);
        while (true) {
            try (HubAnswer answer = client.get(uri, Map.of("Accept", "application/json"))) {
                errors.check(answer, model);
                byte[] json = answer.body().readNBytes(RepositoryListing.MAXIMUM_BYTES + 1);
                if (json.length > RepositoryListing.MAXIMUM_BYTES) {
                    throw RepositoryListing.tooLarge(
                            model, "its list is longer than " + RepositoryListing.MAXIMUM_BYTES + " bytes");
                }
                return RepositoryListing.parse(json, model);
            } catch (IOException e) {
                backoff.failed(e, 0);
            }
        }
    }

    /** Where a file is. */
    URI address(HubFile file, String commit) {
        String path =
                Arrays.stream(file.path().split("/")).map(Repository::encode).collect(Collectors.joining("/"));
        return client.at(
                "/" + request.name().kind().address() + request.name().model() + "/resolve/" + commit + "/" + path);
    }

    /** The file with its size and its content's name, for hubs whose listing leaves them out. */
    HubFile describe(HubFile file, String commit) throws InterruptedException {
        if (file.described()) {
            return file;
        }
        Backoff backoff = new Backoff(options, file.path(), notices);
        while (true) {
            try (HubAnswer answer = client.head(address(file, commit))) {
                if (answer.status() / 100 != 3) {
                    errors.check(answer, file.path());
                }
                return described(file, answer);
            } catch (IOException e) {
                backoff.failed(e, 0);
            }
        }
    }

    private static HubFile described(HubFile file, HubAnswer answer) {
        long size = file.size() >= 0 ? file.size() : answer.hubSize();
        String blob = file.blob().isEmpty() ? answer.hubTag() : file.blob();
        if (size < 0 || !blob.matches("[A-Za-z0-9_-]{1," + MAXIMUM_NAME + "}")) {
            throw UserError.failed(
                    "the hub does not say how large '" + file.path() + "' is and what its content's tag is",
                    "check the endpoint; it must send Content-Length and ETag as Hugging Face's hub does");
        }
        return new HubFile(file.path(), size, blob);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
