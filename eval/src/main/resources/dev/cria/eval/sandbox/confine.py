# Confines this process for good, then runs the program that stdin holds.
#
# Started by PythonSandbox as `python -c THIS cpu-seconds memory-bytes open-files reads`, in an empty directory, with pipes for stdin and stdout.
# stdin: a nonce on the first line, then the program. stdout: lines `NONCE word detail`; the words are `refused` (could not confine),
# `ready` (confined, the program starts), `passed`, `failed`, `memory`, `forbidden`. The program never sees stdin or stdout.
#
# Three walls, none of which needs root:
#   resource limits   memory, CPU time, sizes of files (0), open files, processes
#   Landlock          files can be read where Python and its libraries lie, nowhere else
#   seccomp           a list of system calls that a computation needs; all others fail with EPERM


def confine_and_run():
    import sys

    sys.path = [entry for entry in sys.path if entry]
    import ctypes
    import os
    import resource
    import struct

    cpu, memory, files = (int(argument) for argument in sys.argv[1:4])
    reads = sys.argv[4]
    sys.argv = [""]
    os.environ.clear()
    source = sys.stdin.buffer.read()
    nonce, _, program = source.partition(b"\n")
    # The program may replace anything in these modules, so what is needed after it is bound before it.
    write, end, kind, text, encode, is_a = os.write, os._exit, type, str, str.encode, isinstance
    no_memory, not_permitted, at_run_time = MemoryError, PermissionError, RuntimeError

    verdict = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)

    def say(word, detail=""):
        line = encode(detail.replace("\n", " ")[:400], "utf-8", "replace")
        write(verdict, nonce + b" " + encode(word) + b" " + line + b"\n")

    class Refused(Exception):
        pass

    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long

    def call(number, *arguments):
        result = libc.syscall(ctypes.c_long(number), *arguments)
        return result, ctypes.get_errno()

    def prctl(option, argument, what):
        zero = ctypes.c_ulong(0)
        if libc.prctl(ctypes.c_int(option), ctypes.c_ulong(argument), zero, zero, zero) != 0:
            raise Refused("%s: %s" % (what, os.strerror(ctypes.get_errno())))

    def set_limits():
        limits = (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, cpu),  # soft and hard alike: SIGKILL, which no handler catches
            (resource.RLIMIT_NOFILE, files),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_NPROC, 0),
            (resource.RLIMIT_MEMLOCK, 0),
        )
        for limit, value in limits:
            hard = resource.getrlimit(limit)[1]
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(limit, (value, value))

    def drop_capabilities(capset):
        # Also as root: a header of version 3 for this process, and empty effective, permitted and inheritable sets.
        header = ctypes.create_string_buffer(struct.pack("<II", 0x20080522, 0))
        result, error = call(capset, header, ctypes.create_string_buffer(24))
        if result != 0:
            raise Refused("capset: " + os.strerror(error))

    def readable_places():
        places = [entry for entry in sys.path if os.path.isdir(entry)]
        for prefix in (sys.base_prefix, sys.base_exec_prefix):
            places += [os.path.join(prefix, "lib"), os.path.join(prefix, "lib64")]
        places += ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store"]
        places += ["/usr/share/zoneinfo", "/etc/localtime", "/etc/ld.so.cache", "/dev/urandom", os.getcwd()]
        return sorted({os.path.realpath(place) for place in places if os.path.exists(place)})

    def restrict_reading():
        """With Landlock, reading is left for readable_places alone. False where the kernel has no Landlock."""
        create, add, restrict = 444, 445, 446
        version, _ = call(create, None, ctypes.c_size_t(0), ctypes.c_uint(1))
        if version < 1:
            return False
        # Rights grew with the versions: 13 kinds of access first, then refer, truncate and (5) device ioctl; ports from 4, scopes from 6.
        kinds = 13 + (version >= 2) + (version >= 3) + (version >= 5)
        rules = struct.pack("<Q", (1 << kinds) - 1)
        if version >= 4:
            rules += struct.pack("<Q", 3)
        if version >= 6:
            rules += struct.pack("<Q", 3)
        ruleset, error = call(create, ctypes.create_string_buffer(rules, len(rules)), ctypes.c_size_t(len(rules)), ctypes.c_uint(0))
        if ruleset < 0:
            raise Refused("Landlock: " + os.strerror(error))
        read_file, read_directory = 1 << 2, 1 << 3
        for place in readable_places():
            access = read_file | read_directory if os.path.isdir(place) else read_file
            descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
            beneath = struct.pack("<Qi", access, descriptor)
            result, error = call(add, ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.create_string_buffer(beneath, len(beneath)), ctypes.c_uint(0))
            os.close(descriptor)
            if result != 0:
                raise Refused("Landlock, %s: %s" % (place, os.strerror(error)))
        result, error = call(restrict, ctypes.c_int(ruleset), ctypes.c_uint(0))
        if result != 0:
            raise Refused("Landlock: " + os.strerror(error))
        os.close(ruleset)
        return True

    def load_usual_modules():
        """Where reading cannot be narrowed it is refused, so what programs import is loaded before."""
        import _socket, abc, array, ast, base64, bisect, builtins, calendar, cmath, collections.abc, contextlib, copy, csv, dataclasses  # noqa
        import datetime, decimal, difflib, enum, fractions, functools, hashlib, heapq, hmac, inspect, io, itertools, json, keyword  # noqa
        import locale, logging, math, numbers, operator, pprint, queue, random, re, secrets, shlex, statistics, string  # noqa
        import textwrap, threading, time, timeit, traceback, types, typing, unicodedata, uuid, warnings, weakref, zlib  # noqa

    # Numbers of system calls: (x86-64, aarch64); None where the older call does not exist.
    plain = dict(
        read=(0, 63), write=(1, 64), readv=(19, 65), writev=(20, 66), pread64=(17, 67), close=(3, 57), lseek=(8, 62), dup=(32, 23),
        stat=(4, None), fstat=(5, 80), lstat=(6, None), newfstatat=(262, 79), statx=(332, 291), access=(21, None), faccessat=(269, 48),
        getdents64=(217, 61), getcwd=(79, 17), readlink=(89, None), readlinkat=(267, 78),
        mmap=(9, 222), mprotect=(10, 226), munmap=(11, 215), mremap=(25, 216), madvise=(28, 233), brk=(12, 214),
        rt_sigaction=(13, 134), rt_sigprocmask=(14, 135), rt_sigreturn=(15, 139), sigaltstack=(131, 132), restart_syscall=(219, 128),
        futex=(202, 98), set_robust_list=(273, 99), rseq=(334, 293), sched_yield=(24, 124), sched_getaffinity=(204, 123),
        clock_gettime=(228, 113), clock_getres=(229, 114), clock_nanosleep=(230, 115), nanosleep=(35, 101), gettimeofday=(96, 169),
        time=(201, None), times=(100, 153), getrusage=(98, 165), getrlimit=(97, 163), getrandom=(318, 278), uname=(63, 160), sysinfo=(99, 179),
        getpid=(39, 172), getppid=(110, 173), gettid=(186, 178), getuid=(102, 174), geteuid=(107, 175), getgid=(104, 176), getegid=(108, 177),
        select=(23, None), pselect6=(270, 72), poll=(7, None), ppoll=(271, 73), getitimer=(36, 102), setitimer=(38, 103), alarm=(37, None),
        pause=(34, None), exit=(60, 93), exit_group=(231, 94),
    )  # fmt: skip

    def build_filter(column, architecture, may_open):
        code = []
        load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
        allow, kill, denied, absent = 0x7FFF0000, 0x80000000, 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS

        def emit(operation, k, if_true=0, if_false=0):
            code.append(struct.pack("<HBBI", operation, if_true, if_false, k))

        def rule(number, body):
            if number is not None:
                emit(equal, number, 0, len(body))
                for instruction in body:
                    emit(*instruction)

        def argument(index, high=False):
            return (load, 16 + 8 * index + (4 if high else 0))

        def one_of(index, values):
            body = [argument(index)]
            for value in values:
                body += [(equal, value, 0, 1), (give, allow)]
            return body + [(give, denied)]

        emit(load, 4)
        emit(equal, architecture, 1, 0)
        emit(give, kill)
        emit(load, 0)
        emit(at_least, 0x40000000, 0, 1)  # the x32 calls of x86-64
        emit(give, kill)
        for numbers in plain.values():
            rule(numbers[column], [(give, allow)])
        if may_open:
            # Nothing that writes, makes, or cuts a file: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE.
            writing = 0o1 | 0o2 | 0o100 | 0o1000 | 0o20000000
            for number, flags in ((2, None)[column], 1), ((257, 56)[column], 2):
                rule(number, [argument(flags), (any_bit, writing, 0, 1), (give, denied), (give, allow)])
        # TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX; F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC.
        rule((16, 29)[column], one_of(1, (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)))
        rule((72, 25)[column], one_of(1, (0, 1, 2, 3, 1030)))
        # Limits may be read, not set.
        rule((302, 261)[column], [argument(2), (equal, 0, 1, 0), (give, denied), argument(2, True), (equal, 0, 1, 0), (give, denied), (give, allow)])
        # Signals to this process alone, and not SIGKILL, which stands for the limit on time.
        own = os.getpid()
        for number, signal in ((234, 131)[column], 2), ((200, 130)[column], 1):
            rule(number, [argument(0), (equal, own, 1, 0), (give, denied), argument(signal), (equal, 9, 0, 1), (give, denied), (give, allow)])
        rule(435, [(give, absent)])  # clone3: glibc then falls back to clone, which is denied
        emit(give, denied)
        return b"".join(code)

    def install(code):
        class Program(ctypes.Structure):
            _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]

        # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
        filter = Program(len(code) // 8, code)
        zero = ctypes.c_ulong(0)
        if libc.prctl(ctypes.c_int(22), ctypes.c_ulong(2), ctypes.byref(filter), zero, zero) != 0:
            raise Refused("seccomp: " + os.strerror(ctypes.get_errno()))

    def confine():
        machine = os.uname().machine
        if sys.platform != "linux" or machine not in ("x86_64", "aarch64") or struct.calcsize("P") != 8 or sys.byteorder != "little":
            raise Refused("no rules for %s on %s" % (sys.platform, machine))
        column = 0 if machine == "x86_64" else 1
        os.setsid()
        prctl(1, 9, "PR_SET_PDEATHSIG")  # SIGKILL when the thread that started us ends
        set_limits()
        drop_capabilities((126, 91)[column])
        prctl(38, 1, "PR_SET_NO_NEW_PRIVS")
        narrowed = reads == "narrowed" and restrict_reading()
        if not narrowed:
            load_usual_modules()
        install(build_filter(column, (0xC000003E, 0xC00000B7)[column], narrowed))
        return "narrowed" if narrowed else "none"

    try:
        mode = confine()
    except (Refused, OSError, ValueError, ImportError) as e:
        say("refused", text(e))
        end(3)
    say("ready", mode)
    try:
        exec(compile(program.decode("utf-8"), "program.py", "exec", dont_inherit=True), {})
    except BaseException as e:
        try:
            word, name = "failed", kind(e).__name__
            message = text(e)[:400]
            if is_a(e, no_memory):
                word = "memory"
            elif is_a(e, not_permitted) or (kind(e) is at_run_time and message == "can't start new thread"):
                word = "forbidden"
            say(word, name + (": " + message if message else ""))
        except BaseException:
            say("failed", "an exception that cannot be shown")
        end(1)
    say("passed")
    end(0)


confine_and_run()
