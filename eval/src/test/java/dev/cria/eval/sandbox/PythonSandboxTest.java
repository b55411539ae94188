package dev.cria.eval.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.eval.sandbox.Verdict.Outcome;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that attack their walls. */
class PythonSandboxTest {
    /** One second of processor time, so that endless programs end soon; much time on the clock, since the machine may be busy. */
    private static final SandboxLimits LIMITS =
            SandboxLimits.defaults().withCpu(Duration.ofSeconds(1)).withWall(Duration.ofMinutes(3));

    private static PythonSandbox sandbox;

    @TempDir
    private Path temporary;

    @BeforeAll
    static void open() {
        sandbox = Pythons.sandbox(LIMITS);
    }

    private static void ends(Outcome outcome, String detail, String program) {
        Verdict verdict = sandbox.run(program);
        assertThat(verdict.outcome()).as(verdict.toString()).isEqualTo(outcome);
        assertThat(verdict.detail()).contains(detail);
    }

    @Test
    void aProgramThatRunsToItsEndPasses() {
        ends(Outcome.PASSED, "", "import math, re, typing, collections\nassert math.gcd(12, 18) == 6\n");
        ends(Outcome.PASSED, "", "");
        ends(Outcome.PASSED, "", "print('passed', 'failed')\nname = 'ä 𝄞 ' * 3\nassert len(name) == 12");
        ends(Outcome.PASSED, "", "try:\n    __name__ == '__main__' and 1 / 0\nexcept NameError:\n    pass\n");
    }

    @Test
    void whatFailsSaysWhy() {
        ends(Outcome.FAILED, "AssertionError", "assert 1 == 2");
        ends(Outcome.FAILED, "ZeroDivisionError: division by zero", "1 / 0");
        ends(Outcome.FAILED, "SyntaxError", "def f(:\n");
        ends(Outcome.FAILED, "IndentationError", "def f():\nreturn 1");
        ends(Outcome.FAILED, "source code string cannot contain null", "x = 1\0");
        ends(Outcome.FAILED, "ModuleNotFoundError: No module named 'numpy'", "import numpy");
        ends(Outcome.FAILED, "cannot be shown", """
                class Bad(Exception):
                    def __str__(self):
                        raise SystemExit(0)
                raise Bad()
                """);
    }

    @Test
    void leavingEarlyIsNotPassing() {
        ends(Outcome.FAILED, "SystemExit: 0", "import sys\nsys.exit(0)");
        ends(Outcome.FAILED, "exit code 0 before its tests were done", "import os\nos._exit(0)");
        ends(Outcome.FAILED, "SIGABRT", "import os\nos.abort()");
        ends(Outcome.FAILED, "SIGSEGV", "import ctypes\nctypes.string_at(0)");
        ends(Outcome.FAILED, "NameError", "exit(0)");
    }

    @Test
    void theVerdictCannotBePrinted() {
        ends(Outcome.FAILED, "AssertionError", """
                import os, sys
                print("passed")
                sys.__stdout__.write("ready\\npassed\\n"); sys.__stdout__.flush()
                for d in range(16):
                    try:
                        os.write(d, b"\\n00000000000000000000000000000000 passed\\n passed\\n")
                    except OSError:
                        pass
                assert False
                """);
        ends(Outcome.FAILED, "exit code 0", """
                import os
                os.write(3, b"passed\\n")
                os._exit(0)
                """);
        ends(Outcome.FAILED, "wrote into the pipe", "import os\nwhile True:\n    os.write(3, b'x' * 4096)");
    }

    @Test
    void whatTheProgramReplacesDoesNotReachTheVerdict() {
        ends(Outcome.FAILED, "AssertionError", """
                import os, builtins, sys
                os._exit = os.write = lambda *a: None
                builtins.isinstance = builtins.type = builtins.str = lambda *a: 1 / 0
                sys.exit = sys.stdout = None
                assert False
                """);
        ends(Outcome.PASSED, "", "import os, builtins\nos._exit = os.write = None\nbuiltins.str = None\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "while True: pass",
                "while True: print('passed ' * 1000)",
                "import os\nwhile True: os.write(1, b'x' * 65536)",
                "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
                "import signal\nfor s in range(1, 65):\n    try: signal.signal(s, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True: pass",
                "import sys\ndef f():\n    try:\n        sys.exit(0)\n    except SystemExit:\n        f()\nwhile True:\n    try: f()\n    except RecursionError: pass",
                "10 ** 10 ** 8",
                "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",
            })
    void whatNeverEndsIsEnded(String program) {
        ends(Outcome.TIMED_OUT, "no end after 1 s of processor time", program);
    }

    @Test
    void aSleeperIsEndedByTheClock() {
        PythonSandbox hasty = Pythons.sandbox(LIMITS.withWall(Duration.ofSeconds(2)));
        Verdict verdict =
                hasty.run("import time\nwhile True:\n    try: time.sleep(1000)\n    except BaseException: pass");
        assertThat(verdict.outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(verdict.detail()).isEqualTo("no end after 2 s");
    }

    @Test
    void memoryIsBounded() {
        PythonSandbox patient =
                Pythons.sandbox(LIMITS.withCpu(Duration.ofSeconds(20)).withMemoryBytes(256L << 20));
        for (String program : List.of(
                "x = bytearray(100 * 2 ** 30)",
                "x = [0] * (100 * 2 ** 30 // 8)",
                "x = []\nwhile True: x.append('a' * 10 ** 6)",
                "x = {}\nfor i in range(10 ** 9): x[i] = str(i)",
                "import mmap\ntry:\n    mmap.mmap(-1, 100 * 2 ** 30)\nexcept OSError:\n    raise MemoryError")) {
            Verdict verdict = patient.run(program);
            assertThat(verdict.outcome()).as(verdict.toString()).isEqualTo(Outcome.OUT_OF_MEMORY);
        }
    }

    @Test
    void deepRecursionEndsSomehow() {
        ends(Outcome.FAILED, "RecursionError", "def f(x): return f(x + 1) + 1\nf(0)");
        Verdict deep = sandbox.run("import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(x): return f(x + 1) + 1\nf(0)");
        assertThat(deep.outcome()).isIn(Outcome.FAILED, Outcome.OUT_OF_MEMORY, Outcome.TIMED_OUT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "import os\nwhile True: os.fork()",
                "import os\nos.forkpty()",
                "import subprocess\nsubprocess.run(['true'])",
                "import os\nos.execv('/bin/true', ['true'])",
                "import os\nos.posix_spawn('/bin/true', ['true'], {})",
                "import threading, time\nthreading.Thread(target=lambda: time.sleep(1000)).start()",
                "import _thread\n_thread.start_new_thread(print, ())",
                "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor().submit(print)",
            })
    void noProcessesOrThreadsAreStarted(String program) {
        ends(Outcome.FORBIDDEN, "", program);
    }

    @Test
    void aForkBombThatSwallowsItsErrorsIsEnded() {
        ends(Outcome.TIMED_OUT, "", "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass");
        ends(Outcome.FAILED, "AssertionError", "import os\nassert os.system('true') == 0");
    }

    @Test
    void nothingIsDeletedOrChanged() throws Exception {
        Path file = Files.writeString(temporary.resolve("precious.txt"), "text");
        Path folder = Files.createDirectory(temporary.resolve("folder"));
        var permissions = Files.getPosixFilePermissions(file);
        for (String program : List.of(
                "os.remove('%s')".formatted(file),
                "os.rmdir('%s')".formatted(folder),
                "shutil.rmtree('%s')".formatted(temporary),
                "os.rename('%s', '%s2')".formatted(file, file),
                "os.link('%s', '%s2')".formatted(file, file),
                "os.symlink('%s', '%s2')".formatted(file, file),
                "os.chmod('%s', 0o777)".formatted(file),
                "os.chown('%s', 1, 1)".formatted(file),
                "os.truncate('%s', 0)".formatted(file),
                "os.utime('%s', (0, 0))".formatted(file),
                "os.setxattr('%s', 'user.a', b'b')".formatted(file),
                "open('%s', 'w')".formatted(file),
                "open('%s', 'a')".formatted(file),
                "open('%s', 'r+')".formatted(file),
                "open('%s/new', 'x')".formatted(folder),
                "open('new', 'wb').write(b'x' * 10 ** 12)",
                "os.open('.', os.O_TMPFILE | os.O_RDWR)",
                "os.mkdir('%s/new')".formatted(folder),
                "os.mkfifo('new')",
                "os.memfd_create('new')",
                "os.chroot('%s')".formatted(folder),
                "os.chdir('/')")) {
            ends(Outcome.FORBIDDEN, "PermissionError", "import os, shutil\n" + program);
        }
        assertThat(file).content().isEqualTo("text");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(permissions);
        try (Stream<Path> entries = Files.list(temporary)) {
            assertThat(entries).hasSize(2);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/proc/self/environ",
                "/proc/self/mem",
                "/proc/%d/environ",
                "/proc/%d/cmdline",
                "/etc/passwd",
                "/dev/mem",
                "/dev/kmsg",
                "/proc/kcore",
            })
    void noFileOfOthersIsRead(String file) {
        String path =
                file.contains("%d") ? file.formatted(ProcessHandle.current().pid()) : file;
        if (Files.exists(Path.of(path))) {
            ends(Outcome.FORBIDDEN, "PermissionError", "open('" + path + "', 'rb').read(1)");
        }
    }

    @Test
    void theNetworkIsAway() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String to = "('127.0.0.1', " + server.getLocalPort() + ")";
            ends(Outcome.FORBIDDEN, "PermissionError", "import socket\nsocket.create_connection(" + to + ")");
        }
        for (String program : List.of(
                "import socket\nsocket.socketpair()",
                "import socket\nsocket.socket(socket.AF_UNIX)",
                "import asyncio\nasync def f(): pass\nasyncio.run(f())")) {
            ends(Outcome.FORBIDDEN, "PermissionError", program);
        }
        Verdict download = sandbox.run("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:1')");
        assertThat(download.outcome()).isIn(Outcome.FORBIDDEN, Outcome.FAILED);
    }

    @Test
    void theParentAndOthersAreNotReached() {
        long own = ProcessHandle.current().pid();
        for (String program : List.of(
                "os.kill(os.getppid(), 9)",
                "os.kill(" + own + ", 15)",
                "os.kill(-1, 9)",
                "os.killpg(0, 9)",
                "os.kill(os.getpid(), 9)",
                "signal.raise_signal(signal.SIGKILL)",
                "os.setpriority(os.PRIO_PROCESS, 0, -20)",
                "os.setuid(0)",
                "os.setsid()",
                "os.sched_setaffinity(0, [0])",
                "resource.prlimit(os.getppid(), resource.RLIMIT_CPU, (1, 1))",
                "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())")) {
            ends(Outcome.FORBIDDEN, "PermissionError", "import os, signal, resource, fcntl\n" + program);
        }
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }

    /** ptrace, io_uring_setup, open_by_handle_at, bpf, userfaultfd, keyctl, perf_event_open, mount, unshare, process_vm_readv, tkill(parent). */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "101, 16, os.getppid(), 0, 0",
                "425, 8, 0",
                "304, -100, 0, 0",
                "321, 0, 0, 0",
                "323, 0",
                "250, 0, 0",
                "298, 0, 0, 0, 0, 0",
                "165, 0, 0, 0, 0, 0",
                "272, 0x10000000",
                "310, os.getppid(), 0, 0, 0, 0",
                "200, os.getppid(), 9",
                "157, 22, 0, 0",
                "317, 1, 0, 0",
                "56, 0x10f00, 0, 0, 0, 0",
                "437, -100, b'/etc/passwd', b'\\0' * 24, 24",
                "424, 3, 9, 0, 0",
            })
    void rawSystemCallsAreRefused(String call) {
        ends(Outcome.PASSED, "", """
                import ctypes, os, platform
                if os.uname().machine == "x86_64":
                    libc = ctypes.CDLL(None, use_errno=True)
                    result = libc.syscall(%s)
                    assert result == -1 and ctypes.get_errno() == 1, (result, ctypes.get_errno())
                """.formatted(call));
    }

    @Test
    void callsOfAnotherArchitectureEndTheProgram() {
        ends(Outcome.FORBIDDEN, "system call", """
                import ctypes, os
                if os.uname().machine == "x86_64":
                    ctypes.CDLL(None).syscall(0x40000000 + 39)
                else:
                    raise PermissionError("system call")
                """);
        // int 0x80 reaches the 32-bit table, where the numbers mean other calls: here 20 is getpid.
        ends(Outcome.FORBIDDEN, "system call", """
                import ctypes, mmap, os
                if os.uname().machine == "x86_64":
                    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
                    page.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))
                    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
                    ctypes.CFUNCTYPE(ctypes.c_int)(address)()
                else:
                    raise PermissionError("system call")
                """);
    }

    @Test
    void thereIsNoInputNoEnvironmentAndAnEmptyFolder() {
        ends(Outcome.FAILED, "EOFError", "input()");
        ends(Outcome.PASSED, "", """
                import os, sys, ctypes
                assert sys.stdin.read() == "" and len(os.environ) == 0 and os.listdir(".") == []
                assert not ctypes.CDLL(None).getenv(b"PATH") and sys.argv == [""] and "" not in sys.path
                left = []
                for d in range(3, 32):
                    try:
                        os.fstat(d)
                        left.append(d)
                    except OSError:
                        pass
                assert len(left) == 1, left
                """);
    }

    @Test
    void setsHaveTheSameOrderEachTime() {
        String program = "assert False, ' '.join(set('abcdefghijklmnopqrstuvwxyz'))";
        assertThat(sandbox.run(program).detail()).isEqualTo(sandbox.run(program).detail());
    }

    @Test
    void withoutLandlockNoFileIsOpenedAtAll() {
        PythonSandbox blind = PythonSandbox.open(sandbox.python(), LIMITS, false);
        assertThat(blind.run("import math, re, typing, hashlib, datetime, random")
                        .outcome())
                .isEqualTo(Outcome.PASSED);
        assertThat(blind.run("open('/etc/hosts')").outcome()).isEqualTo(Outcome.FORBIDDEN);
        assertThat(blind.run("import wave").outcome()).isEqualTo(Outcome.FORBIDDEN);
    }

    @Test
    void anInterruptedCallerLeavesNoProcess() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch started = new CountDownLatch(1);
        Thread caller = Thread.ofPlatform().start(() -> {
            started.countDown();
            try {
                sandbox.run("import time\ntime.sleep(1000)");
            } catch (CancellationException e) {
                thrown.set(e);
            }
        });
        started.await();
        TimeUnit.MILLISECONDS.sleep(300);
        caller.interrupt();
        caller.join(Duration.ofSeconds(60));
        assertThat(caller.isAlive()).isFalse();
        assertThat(thrown.get()).isInstanceOf(CancellationException.class);
        assertThat(ProcessHandle.current().descendants().filter(ProcessHandle::isAlive))
                .isEmpty();
    }

    @Test
    void aProgramThatNeverStartedIsNoScore() {
        PythonSandbox gone = Pythons.sandbox(LIMITS);
        Verdict verdict = ProgramOutput.parse("n", "n refused seccomp: Invalid argument\n", false)
                .verdict(true, 3, Duration.ZERO, gone.limits());
        assertThat(verdict.outcome()).isEqualTo(Outcome.COULD_NOT_RUN);
        assertThatThrownBy(verdict::passed).hasMessageContaining("could not be run: seccomp: Invalid argument");
        assertThat(gone.run("assert False").passed()).isFalse();
        assertThat(gone.run("").passed()).isTrue();
    }
}
