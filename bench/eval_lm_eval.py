"""Scores the requests of the seven commonsense tasks with lm-evaluation-harness's own Hugging Face backend, and says how long it took.

    python bench/eval_lm_eval.py MODEL REQUESTS [--threads 2] [--batch-size 32] [--limit N] [--compare LOG]

MODEL is a Hugging Face folder; REQUESTS a folder of TASK.jsonl files with contexts and continuations, as ../shared/eval-golden has them.
LOG is what `cria eval` left of the same documents: the largest difference of a log-likelihood is said. Loading the model is timed apart; building requests is not timed, for it is given here. One JSON object on stdout.
"""

import argparse
import json
import os
import sys
import time
import types

# bf16 in oneDNN faults on machines that hide the matrix engine's palette; float32 alone is run here, but its kernels are chosen by the same gate.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_FP16")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

TASKS = ["hellaswag", "openbookqa", "winogrande", "arc_easy", "arc_challenge", "boolq", "piqa"]


def requests(folder, limit):
    """(task, document, choice, context, continuation) for every continuation."""
    for task in TASKS:
        with open(os.path.join(folder, task + ".jsonl"), encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if limit is not None and number >= limit:
                    break
                document = json.loads(line)
                for choice, continuation in enumerate(document["continuations"]):
                    context = document["contexts"][choice] if "contexts" in document else document["context"]
                    yield task, document["doc"], choice, context, continuation


def stub(name):
    """A module that is imported by the harness and not used here may be missing."""
    try:
        __import__(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)


def differences(log, asked, answers):
    """How far Cria's scores are from these."""
    with open(log, encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines][1:]
    known = {(document["task"], document["doc"]): document["choices"] for document in documents}
    largest, otherwise_greedy = 0.0, 0
    for (task, number, choice, _, _), (logprob, greedy) in zip(asked, answers):
        own = known[task, number][choice]
        largest = max(largest, abs(own["loglikelihood"] - logprob))
        otherwise_greedy += own["is_greedy"] != bool(greedy)
    return {"largest_difference_to_cria": largest, "greedy_otherwise": otherwise_greedy}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("requests")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch-size", default="32")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--compare")
    options = parser.parse_args()

    import torch

    torch.set_num_threads(options.threads)
    for name in ["evaluate", "pytablewriter", "sqlitedict", "word2number", "rouge_score"]:
        stub(name)
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    started = time.perf_counter()
    batch_size = options.batch_size if options.batch_size.startswith("auto") else int(options.batch_size)
    model = HFLM(pretrained=options.model, device="cpu", dtype="float32", batch_size=batch_size)
    load_seconds = time.perf_counter() - started

    asked = list(requests(options.requests, options.limit))
    instances = [
        Instance(request_type="loglikelihood", doc={}, arguments=(context, continuation), idx=choice, metadata=(task, document, 1))
        for task, document, choice, context, continuation in asked
    ]
    started = time.perf_counter()
    cpu_started = time.process_time()
    answers = model.loglikelihood(instances, disable_tqdm=True)
    seconds = time.perf_counter() - started
    cpu_seconds = time.process_time() - cpu_started
    print(
        json.dumps(
            {
                "peer": "lm-evaluation-harness, Hugging Face backend",
                "model": os.path.basename(os.path.normpath(options.model)),
                "batch_size": options.batch_size,
                "threads": options.threads,
                "requests": len(asked),
                "load_seconds": round(load_seconds, 2),
                "seconds": round(seconds, 2),
                "cpu_seconds": round(cpu_seconds, 2),
                **(differences(options.compare, asked, answers) if options.compare else {}),
            }
        )
    )


if __name__ == "__main__":
    main()
