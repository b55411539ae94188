"""LoRA training by peft and transformers on a CPU, to be timed beside `cria bench --train --lora`. Prints one JSON line a measured step.

usage: lora_peft.py make DIR 110m|1.1b            a model with random weights in bf16, for both
       lora_peft.py train DIR MODE MICRO_BATCH SEQUENCE WARM_UP STEPS THREADS RANK
MODE: f32 (everything float32) · bf16 (base and adapter bfloat16) · bf16-mixed (base bfloat16, adapter float32 as peft makes it by default)
oneDNN is kept below AMX unless ONEDNN_MAX_CPU_ISA says otherwise: its AMX kernels crash under hypervisors that hide the tile palette.
"""
import json, os, resource, sys, time

os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")
import torch
from transformers import LlamaConfig, LlamaForCausalLM

SHAPES = {"110m": (768, 2048, 12, 12, 12), "1.1b": (2048, 5632, 22, 32, 4)}
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def make(directory, shape):
    hidden, inner, layers, heads, groups = SHAPES[shape]
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16)
    config = LlamaConfig(hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers, num_attention_heads=heads,
                         num_key_value_heads=groups, vocab_size=32000, max_position_embeddings=2048, rms_norm_eps=1e-5, dtype="bfloat16")
    LlamaForCausalLM(config).save_pretrained(directory)


def train(directory, mode, micro_batch, sequence, warm_up, steps, threads, rank):
    from peft import LoraConfig, get_peft_model
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    dtype = torch.float32 if mode == "f32" else torch.bfloat16
    base = LlamaForCausalLM.from_pretrained(directory, dtype=dtype, attn_implementation="sdpa")
    base.config.use_cache = False
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=TARGETS, task_type="CAUSAL_LM")
    model = get_peft_model(base, config, autocast_adapter_dtype=mode == "bf16-mixed")
    model.train()
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    ids = torch.randint(0, 32000, (micro_batch, sequence))
    tokens = micro_batch * sequence

    def cpu():
        return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])

    for step in range(warm_up + steps):
        began, used, start = time.perf_counter(), cpu(), time.time()
        model(input_ids=ids, labels=ids).loss.backward()
        torch.nn.utils.clip_grad_norm_(learned, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step >= warm_up:
            line = {"train": round(tokens / (time.perf_counter() - began), 1), "percpu": round(tokens / (cpu() - used), 1),
                    "mode": mode, "mb": micro_batch, "sequence": sequence, "rank": rank, "threads": threads,
                    "learned": sum(p.numel() for p in learned), "t0": start, "t1": time.time(),
                    "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
            print(json.dumps(line), flush=True)


if sys.argv[1:2] == ["make"]:
    make(sys.argv[2], sys.argv[3])
elif sys.argv[1:2] == ["train"]:
    train(sys.argv[2], sys.argv[3], *map(int, sys.argv[4:10]))
else:
    sys.exit(__doc__)
