#!/usr/bin/env python3
"""Checks that llama.cpp loads the GGUF files that Cria writes, and that they are as good as its own.

    tools/check_llamacpp.py MODEL_DIRECTORY TEXT_FILE --libraries DIR --include DIR [DIR...] [--cria ./cria]

For each type the model is converted by `cria convert`, and by llama.cpp from the float32 file. Compared are, per type: the bytes of
each kind of tensor (the same mixture), perplexity on the text, both files in llama.cpp (within 1 %), and greedy text of Cria and of
llama.cpp on Cria's file. Float32 and float16 must give the text of each of llama.cpp's CPU backends that is asked. Of quantised products
llama.cpp rounds the inputs, and its own backends part at near ties; there the text must be that of at least one of them, and the number of
equal tokens is told of each. Exit code 0 when all of that holds, else 1.

DIR of --libraries holds libllama, libggml and the CPU backends, such as those of the npm package node-llama-cpp; --include names the folders
of llama.h and ggml.h of the same release. --backends names processors, such as haswell or zen4, as in libggml-cpu-NAME.so; without it
llama.cpp chooses. Needs a C++ compiler; no step of Cria's build calls this.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile

# The number of each mixture in llama.h.
TYPES = {"f32": 0, "f16": 1, "bf16": 32, "q8_0": 7, "q4_0": 2, "q4_k_m": 15, "q6_k": 18}
EXACT = ("f32", "f16")


class Referee:
    def __init__(self, program: pathlib.Path, libraries: pathlib.Path):
        self.command = [str(program), str(libraries)]

    @staticmethod
    def build(folder: pathlib.Path, libraries: pathlib.Path, includes: list[str]) -> "Referee":
        source = pathlib.Path(__file__).with_name("llamacpp_referee.cpp")
        program = folder / "referee"
        found = [next(iter(sorted(libraries.glob(pattern)))) for pattern in ("libllama.*so*", "libggml.*so*", "libggml-base.*")]
        subprocess.run(
            ["g++", "-O2", "-std=c++17", *(f"-I{path}" for path in includes), str(source), "-o", str(program)]
            + [str(path) for path in found]
            + [f"-Wl,-rpath,{libraries}"],
            check=True,
        )
        return Referee(program, libraries)

    def on(self, backend: str, libraries: pathlib.Path, folder: pathlib.Path) -> "Referee":
        """The same program where llama.cpp finds this backend alone."""
        alone = folder / backend
        alone.mkdir()
        (alone / f"libggml-cpu-{backend}.so").symlink_to(libraries / f"libggml-cpu-{backend}.so")
        return Referee(pathlib.Path(self.command[0]), alone)

    def ask(self, *arguments) -> dict:
        result = subprocess.run([*self.command, *map(str, arguments)], check=True, capture_output=True, text=True)
        return json.loads(result.stdout) if result.stdout else {}


def cria(program: str, *arguments) -> dict:
    result = subprocess.run([program, *map(str, arguments), "--json"], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout.splitlines()[-1])


def equal_tokens(one: list[int], other: list[int]) -> int:
    pairs = zip(one, other)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("text")
    parser.add_argument("--libraries", type=pathlib.Path, required=True)
    parser.add_argument("--include", nargs="+", required=True)
    parser.add_argument("--cria", default="./cria")
    parser.add_argument("--prompt", default="Once upon a time")
    parser.add_argument("--tokens", type=int, default=100)
    parser.add_argument("--window", type=int, default=256)
    parser.add_argument("--backends", nargs="+", default=[])
    parser.add_argument("--types", nargs="+", default=list(TYPES), choices=list(TYPES))
    arguments = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        referee = Referee.build(folder, arguments.libraries.resolve(), arguments.include)
        writers = {name: referee.on(name, arguments.libraries.resolve(), folder) for name in arguments.backends} or {"llama.cpp": referee}
        wide = folder / "f32.gguf"
        cria(arguments.cria, "convert", "--model", arguments.model, "--output", wide, "--dtype", "f32")
        for name in arguments.types:
            ours = folder / f"ours-{name}.gguf"
            theirs = folder / f"theirs-{name}.gguf"
            cria(arguments.cria, "convert", "--model", arguments.model, "--output", ours, "--dtype", name)
            referee.ask("quantise", wide, theirs, TYPES[name])
            mixture = [cria(arguments.cria, "info", file)["bytes_by_type"] for file in (ours, theirs)]
            nll = [referee.ask("nll", file, arguments.window, arguments.text)["nll"] for file in (ours, theirs)]
            written = cria(
                arguments.cria, "generate", "--model", ours, "--prompt", arguments.prompt, "--raw", "--temperature", 0,
                "--max-tokens", arguments.tokens, "--ignore-eos", "--exact",
            )
            texts = {by: writer.ask("greedy", ours, arguments.tokens, arguments.prompt) for by, writer in writers.items()}
            equal = {by: equal_tokens(written["ids"], text["ids"]) for by, text in texts.items()}
            required = min if name in EXACT else max
            ratio = math.exp(nll[0] - nll[1])
            holds = (
                mixture[0] == mixture[1]
                and abs(ratio - 1) <= 0.01
                and all(written["prompt_ids"] == text["prompt_ids"] for text in texts.values())
                and required(equal.values()) == arguments.tokens
            )
            good &= holds
            print(
                f"{name:7} {'ok ' if holds else 'BAD'} perplexity {math.exp(nll[0]):.4f}, llama.cpp's file {math.exp(nll[1]):.4f} "
                f"({100 * (ratio - 1):+.3f} %), of {arguments.tokens} greedy tokens equal: "
                f"{', '.join(f'{by} {count}' for by, count in equal.items())}; smallest gap "
                f"{min(text['smallest_gap'] for text in texts.values()):.4f}, bytes {mixture[0]}{'' if mixture[0] == mixture[1] else f' but {mixture[1]}'}",
                flush=True,
            )
            ours.unlink()
            theirs.unlink()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
