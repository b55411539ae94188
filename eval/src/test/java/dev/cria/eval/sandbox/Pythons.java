package dev.cria.eval.sandbox;

import dev.cria.base.UserError;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The Python of the machine that tests run on. */
final class Pythons {
    private Pythons() {}

    /** A sandbox; aborts the test where the machine has no Python or cannot confine one. */
    static PythonSandbox sandbox(SandboxLimits limits) {
        try {
            return PythonSandbox.open(
                    PythonInterpreter.find(
                            Optional.ofNullable(System.getenv("PATH")).orElse("")),
                    limits);
        } catch (UserError e) {
            Assumptions.abort("programs cannot be run here: " + e.getMessage());
            throw e;
        }
    }
}
