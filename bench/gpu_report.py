#!/usr/bin/env python3
"""Sums up what bench/gpu.sh wrote: gpu_report.py FOLDER prints a page in Markdown. Raw outputs stay beside it."""

import json
import pathlib
import re
import statistics
import sys

PEAK = 989e12  # bf16, dense, H100

folder = pathlib.Path(sys.argv[1])


def text(name):
    path = folder / f"{name}.txt"
    return path.read_text(errors="replace") if path.exists() else ""


def rows(content):
    """JSON lines, each with the comment that stands before it."""
    title = ""
    for line in content.splitlines():
        if line.startswith("# "):
            title = line[2:]
        elif line.startswith("{"):
            try:
                yield title, json.loads(line)
            except json.JSONDecodeError:
                pass


def endings():
    for part in ("conformance", "golden", "attention", "training", "decode", "losses", "fp8", "resume"):
        content = text(part)
        if content:
            end = re.findall(rf"^# {part}: (.*)$", content, re.M)
            told = re.findall(r"^(?:\d+ passed.*|largest relative.*|fp8:.*|resumed:.*)$", content, re.M)
            yield f"| {part} | {end[-1] if end else 'cut off'} | {'; '.join(told)} |"


def training():
    runs = {}
    for title, row in rows(text("training")):
        if "train" in row:
            runs.setdefault((row["mb"], row.get("recompute", "none"), row.get("mode", "bf16")), []).append(row)
    peers = {}
    for batch, speed, memory in re.findall(r"^torch .* compile .* mb=(\d+) ([\d,]+) tok/s .* mem=([\d.]+)GiB", text("training"), re.M):
        peers[int(batch)] = (float(speed.replace(",", "")), float(memory))
    for (batch, recompute, mode), samples in sorted(runs.items()):
        speed = statistics.median(row["train"] for row in samples)
        share = statistics.median(row["flops"] for row in samples) / PEAK
        memory = max(row.get("device_mib", 0) for row in samples) / 1024
        peer = peers.get(batch) if recompute == "none" else None
        beside = f"{peer[0]:,.0f}, {peer[1]:.1f} GiB | {speed / peer[0]:.3f}" if peer else "|"
        yield f"| {batch} | {mode} | {recompute} | {speed:,.0f} | {share:.3f} | {memory:.1f} GiB | {beside} |"


print(f"# GPU run, {folder.name}\n")
print("```\n" + text("machine").strip() + "\n```\n")
print("| part | ended | result |\n| --- | --- | --- |")
print("\n".join(endings()))
lines = list(training())
if lines:
    print("\n| micro-batch | precision | recompute | tokens/s | MFU of 989 TFLOP/s | memory | torch.compile | ratio |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    print("\n".join(lines))
decoding = [f"- {title}: " + ", ".join(f"{k} {v}" for k, v in row.items() if k.endswith("_median")) for title, row in rows(text("decode")) if "type" in row]
decoding += [f"- {line}" for line in text("decode").splitlines() if line.startswith("transformers generate")]
if decoding:
    print("\nDecoding, tokens/s of all sequences:\n\n" + "\n".join(decoding))
probes = [line for line in text("attention").splitlines() if line.startswith("B=")]
if probes:
    print("\nAttention, error relative to float32:\n\n```\n" + "\n".join(probes) + "\n```")
