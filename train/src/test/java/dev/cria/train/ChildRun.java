package dev.cria.train;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A training run in a JVM of its own, to be killed, starved or signalled. */
final class ChildRun {
    private ChildRun() {}

    /** Arguments: data, run directory, settings. Resumes where there is something to resume. */
    public static void main(String[] args) {
        Path data = Path.of(args[0]);
        Path run = Path.of(args[1]);
        TrainListener listener = new TrainListener() {
            @Override
            public void onStep(dev.cria.train.metrics.StepMetrics metrics, java.time.Duration remaining) {
                System.out.println("step " + metrics.step());
            }
        };
        try {
            TrainingResult result = Trainer.run(
                    SmallRun.recipe(data, Arrays.copyOfRange(args, 2, args.length)),
                    SmallRun.resume(run).withHandleSignals(true),
                    listener);
            System.out.println("complete " + result.complete());
        } catch (UserError e) {
            System.out.println("refused: " + e.render());
            System.exit(e.exitCode());
        }
    }

    /** Starts it. {@code shell} runs before, in the shell that becomes the JVM; what it prints goes to {@code output}. */
    static Process start(String shell, Path output, Path data, Path run, String... settings) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                ChildRun.class.getName(),
                data.toString(),
                run.toString()));
        command.addAll(List.of(settings));
        String quoted =
                String.join(" ", command.stream().map(word -> "'" + word + "'").toList());
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", shell + " exec " + quoted);
        builder.environment().put("CRIA_CPU_TIER", "scalar");
        return builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    }
}
