#!/usr/bin/env python3
"""Checks that transformers loads a model directory written by Cria and computes the same logits.

    tools/check_transformers.py MODEL_DIRECTORY [--ids 1,2,3] [--chat QUESTION] [--cria ./cria] [--tolerance 1e-4]

Runs `cria logits`, loads the directory with LlamaForCausalLM.from_pretrained (float32), and compares. With --chat it also asks a question
by the directory's chat template: both must write the same ids for it, compute the same logits after it, and give the same greedy answer.
Exit code 0 when the largest difference is within the tolerance, transformers reported no missing or unexpected weight, and the chats are
the same, else 1. Needs torch, transformers and
safetensors in the Python that runs it; Cria itself needs no Python, and no build step calls this.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoTokenizer, LlamaForCausalLM


def cria_logits(cria: str, directory: str, ids: list[int]) -> torch.Tensor:
    with tempfile.TemporaryDirectory() as temporary:
        output = pathlib.Path(temporary) / "logits.safetensors"
        joined = ",".join(map(str, ids))
        subprocess.run([cria, "logits", "--model", directory, "--ids", joined, "--output", str(output)], check=True)
        return load_file(output)["logits"]


def chat_ids(model: LlamaForCausalLM, cria: str, directory: str, question: str) -> tuple[list[int], bool]:
    """The ids of a question as transformers writes it, and whether Cria writes and answers it the same way."""
    tokenizer = AutoTokenizer.from_pretrained(directory)
    messages = [{"role": "user", "content": question}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    # By the file itself: transformers 5 rebuilds Llama tokenizers, and drops the space that their files add after a special token.
    ids = Tokenizer.from_file(str(pathlib.Path(directory) / "tokenizer.json")).encode(text).ids
    command = [cria, "generate", "--model", directory, "--prompt", question, "--temperature", "0", "--max-tokens", "48", "--json"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with torch.no_grad():
        whole = model.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=48)[0].tolist()
    ours, theirs = ([each for each in given if each != tokenizer.eos_token_id] for given in (answer["ids"], whole[len(ids):]))
    same = answer["prompt_ids"] == ids and ours == theirs
    print(f"chat: prompt of {len(ids)} tokens {'equal' if answer['prompt_ids'] == ids else 'DIFFERS'}, "
          f"greedy answer of {len(theirs)} tokens {'equal' if ours == theirs else 'DIFFERS'}: {tokenizer.decode(theirs)!r}")
    return ids, same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory")
    parser.add_argument("--ids", help="token ids, separated by commas; 64 arbitrary ones when left out")
    parser.add_argument("--chat", metavar="QUESTION", help="also compare a chat; its ids are those that logits are compared on")
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
    same_chat = True
    if arguments.chat:
        ids, same_chat = chat_ids(model, arguments.cria, arguments.directory, arguments.chat)
    elif arguments.ids:
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
    return 0 if loaded_whole and same_chat and difference <= arguments.tolerance else 1


if __name__ == "__main__":
    sys.exit(main())
