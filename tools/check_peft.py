#!/usr/bin/env python3
"""Checks that adapters go both ways between peft and Cria, with the same logits.

    tools/check_peft.py BASE_DIRECTORY [--written ADAPTER_DIRECTORY]... [--cria ./cria] [--tolerance 1e-4]

BASE_DIRECTORY is a Hugging Face model. peft makes adapters for it (plain, with patterns of ranks and alphas, rank-stabilised, by a regular
expression, in bfloat16); `cria logits --adapter` must give peft's logits with each of them, with two together, and from the model that
`cria convert --adapter` merges. Each --written adapter, which Cria wrote, must load in peft without a missing or unexpected tensor and give
Cria's logits. Exit code 0 when all differences are within the tolerance, else 1. Needs torch, transformers, peft and safetensors in the
Python that runs it; Cria itself needs no Python, and no build step calls this.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import warnings

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM
from transformers.utils import logging

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
KINDS = {
    "plain": dict(r=4, lora_alpha=8, target_modules=ALL),
    "two layers' queries and values": dict(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj"], layers_to_transform=[0, 1]),
    "patterns": dict(
        r=6, lora_alpha=6, target_modules=ALL, rank_pattern={"layers.0.self_attn.q_proj": 2, "[ku].*_proj": 9, "down_proj": 1},
        alpha_pattern={"v_proj": 3.5, "layers.1.mlp.down_proj": 4},
    ),
    "rank-stabilised": dict(r=8, lora_alpha=4, target_modules=ALL, use_rslora=True),
    "regular expression": dict(r=5, lora_alpha=5, target_modules=r".*layers\.(?P<layer>[01])\..*(q|gate)_proj"),
    "all-linear, some left out": dict(r=2, lora_alpha=6, target_modules="all-linear", exclude_modules=["o_proj"]),
    "bfloat16": dict(r=4, lora_alpha=8, target_modules=ALL),
}


class Checks:
    def __init__(self, arguments, ids):
        self.base, self.cria, self.tolerance, self.ids = arguments.base, arguments.cria, arguments.tolerance, ids
        self.failed = False

    def model(self, directory=None):
        return LlamaForCausalLM.from_pretrained(directory or self.base, dtype=torch.float32)

    def logits(self, model):
        with torch.no_grad():
            return model.eval()(torch.tensor([self.ids])).logits[0]

    def cria_logits(self, model, *adapters):
        with tempfile.TemporaryDirectory() as temporary:
            output = pathlib.Path(temporary) / "logits.safetensors"
            command = [self.cria, "logits", "--model", model, "--ids", ",".join(map(str, self.ids)), "--output", output]
            for adapter in adapters:
                command += ["--adapter", adapter]
            subprocess.run(list(map(str, command)), check=True, stderr=subprocess.DEVNULL)
            return load_file(output)["logits"]

    def compare(self, what, actual, expected, plain):
        difference = (actual - expected).abs().max().item()
        change = (plain - expected).abs().max().item()
        fine = difference <= self.tolerance
        self.failed |= not fine
        print(f"{'ok  ' if fine else 'FAIL'} {what}: largest difference {difference:.2g} (the adapter changes logits by {change:.2g})")

    def require(self, what, holds):
        self.failed |= not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}")


def make(checks, settings, directory, half, seed):
    """An adapter of random numbers, as peft saves it; returns peft's logits with it."""
    torch.manual_seed(seed)
    model = get_peft_model(checks.model(), LoraConfig(task_type="CAUSAL_LM", **settings))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.05 if "lora_B" in name else parameter.shape[1] ** -0.5)
                if half:
                    parameter.copy_(parameter.bfloat16().float())
    model.save_pretrained(directory)
    if half:
        file = directory / "adapter_model.safetensors"
        save_file({k: v.bfloat16() for k, v in load_file(file).items()}, file, metadata={"format": "pt"})
    return checks.logits(model)


def from_peft(checks, folder, plain):
    made = []
    for seed, (kind, settings) in enumerate(KINDS.items()):
        directory = folder / f"adapter-{seed}"
        expected = make(checks, settings, directory, kind == "bfloat16", seed)
        made.append(directory)
        checks.compare(f"peft's, {kind}", checks.cria_logits(checks.base, directory), expected, plain)
    merged = folder / "merged"
    command = [checks.cria, "convert", "--model", checks.base, "--adapter", made[2], "--output", merged, "--format", "hf", "--dtype", "f32"]
    subprocess.run(list(map(str, command)), check=True, stderr=subprocess.DEVNULL)
    expected = checks.logits(PeftModel.from_pretrained(checks.model(), made[2]))
    checks.compare("merged by cria, run by transformers", checks.logits(checks.model(merged)), expected, plain)
    several = PeftModel.from_pretrained(checks.model(), made[0], adapter_name="one")
    several.load_adapter(made[3], adapter_name="two")
    several.add_weighted_adapter(["one", "two"], [0.7, 0.5], "both", combination_type="cat")
    several.set_adapter("both")
    actual = checks.cria_logits(checks.base, f"{made[0]}=0.7", f"{made[3]}=0.5")
    checks.compare("two adapters, weighted", actual, checks.logits(several), plain)


def to_peft(checks, directory, plain):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = PeftModel.from_pretrained(checks.model(), directory)
    complaints = [str(warning.message) for warning in caught if "adapter keys" in str(warning.message)]
    checks.require(f"cria's {directory}: peft finds every tensor, and no other", not complaints)
    held = load_file(pathlib.Path(directory) / "adapter_model.safetensors")
    state = {name.replace(".default", ""): value for name, value in model.state_dict().items() if "lora_" in name}
    same = held.keys() == state.keys() and all(torch.equal(held[name].float(), state[name].float()) for name in held)
    checks.require(f"cria's {directory}: peft holds the same numbers", same)
    checks.compare(f"cria's {directory}", checks.cria_logits(checks.base, directory), checks.logits(model), plain)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("--written", action="append", default=[])
    parser.add_argument("--cria", default="./cria")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    logging.disable_progress_bar()
    vocabulary = LlamaForCausalLM.config_class.from_pretrained(arguments.base).vocab_size
    checks = Checks(arguments, [1] + [(7919 * i) % vocabulary for i in range(1, 48)])
    plain = checks.logits(checks.model())
    checks.compare("no adapter", checks.cria_logits(checks.base), plain, plain)
    with tempfile.TemporaryDirectory() as temporary:
        from_peft(checks, pathlib.Path(temporary), plain)
    for directory in arguments.written:
        to_peft(checks, directory, plain)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
