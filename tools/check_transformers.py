#!/usr/bin/env python3
"""Checks that transformers loads a model directory written by Cria and computes the same logits.

    tools/check_transformers.py MODEL_DIRECTORY [--ids 1,2,3] [--cria ./cria] [--tolerance 1e-4]

Runs `cria logits`, loads the directory with LlamaForCausalLM.from_pretrained (float32), and compares. Exit code 0 when the largest
difference is within the tolerance and transformers reported no missing or unexpected weight, else 1. Needs torch, transformers and
safetensors in the Python that runs it; Cria itself needs no Python, and no build step calls this.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import LlamaForCausalLM


def cria_logits(cria: str, directory: str, ids: list[int]) -> torch.Tensor:
    with tempfile.TemporaryDirectory() as temporary:
        output = pathlib.Path(temporary) / "logits.safetensors"
        joined = ",".join(map(str, ids))
        subprocess.run([cria, "logits", "--model", directory, "--ids", joined, "--output", str(output)], check=True)
        return load_file(output)["logits"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--ids", help="token ids, separated by commas; 64 arbitrary ones when left out")
    parser.add_argument("--cria", default="./cria")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    torch.set_num_threads(2)

    model, report = LlamaForCausalLM.from_pretrained(
        arguments.directory, dtype=torch.float32, output_loading_info=True
    )
    loaded_whole = not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    if not loaded_whole:
        print(f"transformers loaded it with complaints: {report}")
    if arguments.ids:
        ids = [int(text) for text in arguments.ids.split(",")]
    else:
        count = min(64, model.config.max_position_embeddings)
        ids = [model.config.bos_token_id] + [(7919 * i) % model.config.vocab_size for i in range(1, count)]

    with torch.no_grad():
        expected = model(torch.tensor([ids])).logits[0]
    actual = cria_logits(arguments.cria, arguments.directory, ids)
    difference = (actual - expected).abs().max().item()
    print(f"{len(ids)} tokens, vocabulary {expected.shape[1]}: largest difference {difference:.3g} "
          f"(largest logit {expected.abs().max().item():.3g}, tolerance {arguments.tolerance:g})")
    return 0 if loaded_whole and difference <= arguments.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
