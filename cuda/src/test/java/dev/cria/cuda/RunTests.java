package dev.cria.cuda;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs test classes on a machine without Maven; see bench/gpu.sh. Arguments: class names. Ends with 1 if a test fails, or none was run. */
public final class RunTests {
    private static final int FAILURES_SHOWN = 40;

    private RunTests() {}

    public static void main(String[] classes) {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(classes).map(name -> selectClass(name)).toList())
                .build();
        SummaryGeneratingListener summary = new SummaryGeneratingListener();
        Outcomes outcomes = new Outcomes();
        LauncherFactory.create().execute(request, summary, outcomes);
        TestExecutionSummary result = summary.getSummary();
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        outcomes.skipped.forEach((reason, count) -> out.println("skipped " + count + ": " + reason));
        result.printFailuresTo(out, FAILURES_SHOWN);
        out.println(result.getTestsSucceededCount() + " passed, " + result.getTestsFailedCount() + " failed, "
                + (result.getTestsSkippedCount() + result.getTestsAbortedCount()) + " skipped");
        System.exit(result.getTotalFailureCount() == 0 && result.getTestsSucceededCount() > 0 ? 0 : 1);
    }

    /** Why tests were not run. */
    private static final class Outcomes implements TestExecutionListener {
        private final Map<String, Integer> skipped = new TreeMap<>();

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            skipped.merge(reason, 1, Integer::sum);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
                skipped.merge(result.getThrowable().map(Throwable::getMessage).orElse("aborted"), 1, Integer::sum);
            }
        }
    }
}
