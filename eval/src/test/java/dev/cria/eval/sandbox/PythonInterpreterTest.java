package dev.cria.eval.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PythonInterpreterTest {
    @TempDir
    private Path folder;

    private Path answering(String name, String answer) throws IOException {
        Path file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + answer + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void withoutPythonItSaysSo() {
        for (String path : new String[] {"", folder.toString(), "/no/such/folder" + File.pathSeparator + folder}) {
            assertThatThrownBy(() -> PythonInterpreter.find(path))
                    .isInstanceOf(UserError.class)
                    .hasMessage("this task runs Python programs, and there is no python3 on the PATH");
        }
    }

    @Test
    void anOldPythonIsRefusedAndANewerOneUnderTheOtherNameTaken() throws Exception {
        Path old = answering("python3", "printf '/bin/sh\\n3.7.16\\n'");
        assertThatThrownBy(() -> PythonInterpreter.find(folder.toString()))
                .hasMessage(old + " is Python 3.7.16, which is too old for this task");
        answering("python", "printf '/bin/sh\\n3.8.0\\n'");
        assertThat(PythonInterpreter.find(folder.toString()))
                .isEqualTo(new PythonInterpreter(Path.of("/bin/sh"), "3.8.0"));
        answering("python", "printf '/bin/sh\\n2.7.18\\n'");
        assertThatThrownBy(() -> PythonInterpreter.find(folder.toString())).hasMessageContaining("3.7.16");
    }

    @Test
    void whatIsNoPythonIsRefused() throws Exception {
        assertThatThrownBy(() -> PythonInterpreter.at(folder)).hasMessageContaining("no program that can be run");
        assertThatThrownBy(() -> PythonInterpreter.at(folder.resolve("absent")))
                .hasMessageContaining("no program that can be run");
        for (String answer :
                new String[] {"true", "false", "printf 'sh\\n3.11.2\\n'", "yes", "printf '\\n3.11.2\\n'"}) {
            Path python = answering("python-like", answer);
            assertThatThrownBy(() -> PythonInterpreter.at(python)).isInstanceOf(UserError.class);
        }
    }

    @Test
    void platformsWithoutRulesAreRefused() {
        for (String[] platform : new String[][] {
            {"Windows 11", "amd64"}, {"Mac OS X", "aarch64"}, {"Linux", "riscv64"}, {"Linux", "x86"}, {"Linux", "arm"}
        }) {
            assertThatThrownBy(() -> PythonSandbox.requirePlatform(platform[0], platform[1]))
                    .isInstanceOfSatisfying(
                            UserError.class, e -> assertThat(e.hint()).contains("Linux on x86-64 or aarch64"))
                    .hasMessageContaining("cannot be confined on " + platform[0] + " " + platform[1]);
        }
        PythonSandbox.requirePlatform("Linux", "amd64");
        PythonSandbox.requirePlatform("Linux", "aarch64");
    }

    @Test
    void aPythonThatCannotConfineRunsNothing() throws Exception {
        Path pretender = answering("pretender", "cat > " + folder.resolve("ran"));
        assertThatThrownBy(
                        () -> PythonSandbox.open(new PythonInterpreter(pretender, "3.11.2"), SandboxLimits.defaults()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("cannot be confined on this machine, so none is run");
        Path gone = folder.resolve("gone");
        assertThatThrownBy(() -> PythonSandbox.open(new PythonInterpreter(gone, "3.11.2"), SandboxLimits.defaults()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("cannot be confined on this machine");
    }
}
