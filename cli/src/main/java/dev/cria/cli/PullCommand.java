package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.jobs.PullDisplay;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Units;
import dev.cria.model.hub.HubName;
import dev.cria.model.hub.HubPull;
import dev.cria.model.hub.HubSettings;
import dev.cria.model.hub.PullRequest;
import dev.cria.model.hub.PullResult;
import dev.cria.model.hub.TransferOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cria pull}: a model from a hub into the cache. */
@Command(
        name = "pull",
        header = "Download a model from a Hugging Face compatible hub.",
        description = {
            "Takes what a model needs: its safetensors files, or its one GGUF file (of several, name one by --file), with configuration and tokenizer. Every file is checked against its hash. Whatever interrupts it, the same command goes on from there.",
            "",
            "Files go where Hugging Face's own programs keep them, so that each finds what the other has fetched. The environment is theirs too: HF_TOKEN, HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_HUB_OFFLINE. Prints the path; afterwards --model takes the name."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria pull TinyLlama/TinyLlama-1.1B-Chat-v1.0",
            "  cria chat --model TinyLlama/TinyLlama-1.1B-Chat-v1.0",
            "  cria pull ORG/NAME --file model.Q4_0.gguf        then: --model ORG/NAME/model.Q4_0.gguf",
            "  cria pull ORG/NAME --include '*.json' --revision v1.0"
        })
final class PullCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Parameters(paramLabel = "ORG/NAME", description = "The model, as its page names it.")
    private String name;

    @Option(names = "--file", paramLabel = "NAME", description = "One file alone, such as one of several GGUF files.")
    private Optional<String> file;

    @Option(
            names = "--revision",
            paramLabel = "NAME",
            defaultValue = PullRequest.MAIN,
            description = "A branch, tag or commit (default: ${DEFAULT-VALUE}).")
    private String revision;

    @Option(
            names = "--include",
            paramLabel = "GLOB",
            description = "Files to take instead of what a model needs; may be repeated.")
    private List<String> include = new ArrayList<>();

    @Option(names = "--exclude", paramLabel = "GLOB", description = "Files to leave out; may be repeated.")
    private List<String> exclude = new ArrayList<>();

    @Option(names = "--endpoint", paramLabel = "URL", description = "Another hub, or a mirror of it.")
    private Optional<String> endpoint;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "6",
            description = "Most connections at once (default: ${DEFAULT-VALUE}).")
    private int connections;

    @Option(names = "--json", description = "Print one JSON object with path, commit and files instead of the path.")
    private boolean json;

    PullCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        PullRequest request = request();
        HubSettings settings = HubSettings.ofProcess();
        if (endpoint.isPresent()) {
            settings = settings.withEndpoint(endpoint.get());
        }
        HubPull pull = new HubPull(settings, TransferOptions.defaults().withConnections(connections), System.getenv());
        long started = System.nanoTime();
        PullResult result = run(pull, request);
        if (json) {
            console.print(Json.line(describe(request, result)));
        } else {
            console.print(result.path().toString());
        }
        console.flush();
        double seconds = (System.nanoTime() - started) * 1e-9;
        console.say(
                result.downloadedBytes() == 0
                        ? "nothing to fetch: " + request.name() + " was here already"
                        : "fetched " + Units.bytes(result.downloadedBytes()) + " in " + Units.seconds(seconds));
        return 0;
    }

    private PullRequest request() {
        HubName parsed = HubName.require(name);
        if (file.isPresent()) {
            if (parsed.file().isPresent() || !include.isEmpty()) {
                throw new UserError(
                        "--file names a file, and so does " + (include.isEmpty() ? name : "--include"),
                        "give one of them");
            }
            parsed = HubName.require(parsed.model() + ":" + file.get());
        }
        return new PullRequest(parsed, revision, include, exclude);
    }

    /** Pulls, and says on Ctrl-C that nothing is lost. */
    private PullResult run(HubPull pull, PullRequest request) throws IOException, InterruptedException {
        Thread told = new Thread(
                () -> console.say("cria: stopped; what has arrived is kept, and the same command goes on from there"),
                "pull-stopped");
        Runtime.getRuntime().addShutdownHook(told);
        try (PullDisplay display = new PullDisplay(console)) {
            return pull.run(request, display);
        } finally {
            try {
                Runtime.getRuntime().removeShutdownHook(told);
            } catch (IllegalStateException e) {
                console.flush(); // the JVM is ending, and the hook has run
            }
        }
    }

    private static Map<String, Object> describe(PullRequest request, PullResult result) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("path", result.path().toString());
        object.put("model", request.name().model());
        object.put("revision", request.revision());
        object.put("commit", result.commit());
        object.put("snapshot", result.snapshot().toString());
        object.put("files", result.files());
        object.put("bytes", result.bytes());
        object.put("downloaded_bytes", result.downloadedBytes());
        return object;
    }
}
