#!/usr/bin/env python3
"""Judges attention that dev.cria.cuda.AttentionDump wrote, by PyTorch's own in float32 on the same inputs.

    attention_torch.py FOLDER B T H K E

Prints, for the output and each gradient, the root mean square of the error relative to that of the value, and the same of PyTorch's own bf16
attention. Exit code 1 where Cria's error is above twice PyTorch's and above 0.2 %.
"""

import sys

import torch
import torch.nn.functional as F


def read(folder, name, shape, dtype=torch.bfloat16):
    size = 2 if dtype == torch.bfloat16 else 4
    with open(f"{folder}/{name}", "rb") as file:
        data = bytearray(file.read())
    assert len(data) == size * torch.Size(shape).numel(), f"{name} has {len(data)} bytes"
    return torch.frombuffer(data, dtype=dtype).reshape(shape).to(DEVICE)


def attend(qkv, dout, shape, dtype):
    """Output [B,T,H,E] and the gradient of qkv, computed in dtype."""
    batch, time, heads, groups, size = shape
    x = qkv.to(dtype).detach().requires_grad_(True)
    q, k, v = x.view(batch, time, heads + 2 * groups, size).split([heads, groups, groups], 2)
    repeat = heads // groups
    q, k, v = q.transpose(1, 2), k.transpose(1, 2).repeat_interleave(repeat, 1), v.transpose(1, 2).repeat_interleave(repeat, 1)
    out = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2)
    out.backward(dout.to(dtype).view_as(out))
    return out.detach().float().reshape(batch * time, heads, size), x.grad.float()


def error(actual, expected):
    return ((actual.float() - expected).pow(2).mean() / expected.pow(2).mean()).sqrt().item()


DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
folder, shape = sys.argv[1], [int(a) for a in sys.argv[2:7]]
B, T, H, K, E = shape
torch.backends.cuda.matmul.allow_tf32 = False
qkv, dout = read(folder, "qkv", (B * T, H + 2 * K, E)), read(folder, "dout", (B * T, H, E))
out, dqkv = read(folder, "out", (B * T, H, E)), read(folder, "dqkv", (B * T, H + 2 * K, E))
exact_out, exact_d = attend(qkv, dout, shape, torch.float32)
torch_out, torch_d = attend(qkv, dout, shape, torch.bfloat16)
failed = False
for name, ours, theirs, exact in (
    ("out", out, torch_out, exact_out),
    ("dq", dqkv[:, :H], torch_d[:, :H], exact_d[:, :H]),
    ("dk", dqkv[:, H : H + K], torch_d[:, H : H + K], exact_d[:, H : H + K]),
    ("dv", dqkv[:, H + K :], torch_d[:, H + K :], exact_d[:, H + K :]),
):
    mine, peer = error(ours, exact), error(theirs, exact)
    bad = not mine <= max(2 * peer, 0.002)
    failed |= bad
    print(f"B={B} T={T} H={H} K={K} E={E} {name:4s} cria {mine:.2e}  torch bf16 {peer:.2e}  {'TOO LARGE' if bad else 'ok'}", flush=True)
sys.exit(failed)
