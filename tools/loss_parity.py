#!/usr/bin/env python3
"""Trains with PyTorch what Cria trained, and compares the loss of every step.

A referee only: nothing of Cria needs Python. See tools/loss_parity.sh for the whole procedure.

    loss_parity.py EXPORT_DIR METRICS_JSONL [--threads N] [--tolerance 0.005] [--output FILE.jsonl] [--device cuda] [--precision bf16]

EXPORT_DIR is what dev.cria.train.ParityExport wrote: model/ (the weights at step 0), batches.safetensors (the ids of each
step), steps.json (learning rates and constants). METRICS_JSONL is the metrics.jsonl of Cria's own run of the same recipe.
Needs torch, transformers and safetensors. Exit code 1 if any step differs by more than the tolerance.
"""

import argparse
import json
import pathlib
import sys
import time

import torch
from safetensors.torch import load_file
from transformers import LlamaForCausalLM


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=pathlib.Path)
    parser.add_argument("metrics", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--tolerance", type=float, default=0.005)
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32", help="bf16: autocast over float32 weights")
    return parser.parse_args()


def cria_losses(path):
    losses = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if "loss" in row:
            losses[row["step"]] = (row["loss"], row["grad_norm"])
    return losses


def optimizer_for(model, constants):
    everything = constants["decay"] == "all"
    decayed = [p for p in model.parameters() if everything or p.dim() >= 2]
    others = [p for p in model.parameters() if not everything and p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": constants["weight_decay"]}]
    if others:
        groups.append({"params": others, "weight_decay": 0.0})
    return torch.optim.AdamW(
        groups, lr=1.0, betas=(constants["beta1"], constants["beta2"]), eps=constants["epsilon"]
    )


def train_step(model, optimizer, tokens, rate, constants, autocast):
    """One update on [sequences, T+1] ids; returns the mean loss before it and the gradient norm before clipping."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad()
    total = tokens.shape[0] * (tokens.shape[1] - 1)
    loss_sum = 0.0
    for part in tokens.split(constants["micro_batch"]):
        with autocast():
            logits = model(input_ids=part[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1).float(), part[:, 1:].flatten(), reduction="sum"
        )
        (loss / total).backward()
        loss_sum += loss.item()
    limit = constants["clip"] if constants["clip"] > 0 else float("inf")
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), limit)
    optimizer.step()
    return loss_sum / total, norm.item()


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    constants = json.loads((arguments.export / "steps.json").read_text())
    batches = load_file(arguments.export / "batches.safetensors")["tokens"].long().to(arguments.device)
    model = LlamaForCausalLM.from_pretrained(arguments.export / "model", dtype=torch.float32).to(arguments.device)
    model.train()

    def autocast():
        return torch.autocast(arguments.device, torch.bfloat16, enabled=arguments.precision == "bf16")

    optimizer = optimizer_for(model, constants)
    ours = cria_losses(arguments.metrics)
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters, {len(batches)} steps of {tuple(batches.shape[1:])} ids")
    worst = (0.0, 0)
    rows = []
    start = time.time()
    for index, rate in enumerate(constants["learning_rates"]):
        step = index + 1
        if step not in ours:
            sys.exit(f"{arguments.metrics} has no step {step}")
        loss, norm = train_step(model, optimizer, batches[index], rate, constants, autocast)
        cria_loss, cria_norm = ours[step]
        difference = abs(cria_loss - loss) / loss
        worst = max(worst, (difference, step))
        rows.append({"step": step, "torch": loss, "cria": cria_loss, "relative": difference, "torch_norm": norm, "cria_norm": cria_norm})
        if step <= 5 or step % 20 == 0:
            print(f"step {step:4d}  torch {loss:.6f}  cria {cria_loss:.6f}  relative {difference:.2e}  norms {norm:.4f} {cria_norm:.4f}", flush=True)
    if arguments.output:
        arguments.output.write_text("".join(json.dumps(row) + "\n" for row in rows))
    print(f"largest relative difference {worst[0]:.3e} at step {worst[1]} of {len(rows)}, tolerance {arguments.tolerance}; {time.time() - start:.0f} s")
    sys.exit(0 if worst[0] <= arguments.tolerance else 1)


if __name__ == "__main__":
    main()
