#!/usr/bin/env python3
"""Compares Cria's benchmark requests with those that lm-evaluation-harness 0.4.13 itself makes of the same rows.

    tools/check_eval_requests.py DATA [--prompts DIR] [--seed 7] [--java java]

DATA holds rows as Cria's --data does (`hellaswag.jsonl`, `mmlu/SUBJECT.test.jsonl`, ...). The rows are split in two (one half is asked, the
other gives examples; some rows are in both), and their texts are changed by lot: odd spaces, capitals, brackets, braces, other labels, more
or fewer choices. Each task is then asked with several numbers of examples, by both programs, and every context, continuation, gold answer
and length must be equal. --prompts: the folder cot-prompts of BIG-Bench Hard, for its examples. Needs lm-eval 0.4.13 and datasets in the
Python that runs it, and a built Cria; Cria itself needs no Python, and no build step calls this.
"""

import argparse
import copy
import json
import logging
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import types
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent


def odd(rng: random.Random, text: str) -> str:
    changes = [
        lambda t: t.upper(),
        lambda t: "  " + t + "\u00a0",
        lambda t: t.replace(" ", "  ", 3),
        lambda t: t + " [title] [x] y[z",
        lambda t: "\u01c6 \u00dftra\u00dfe \u03a3\u039f\u03a6\u039f\u03a3 " + t,
        lambda t: "\ufb01x \u0130stanbul " + t,
        lambda t: t[:3] + "\n" + t[3:],
        lambda t: t + " {{x}} {% y %}",
        lambda t: "\U0001f600 " + t,
        lambda t: "_" + t + " _",
        lambda t: "",
    ]
    return rng.choice(changes)(text) if rng.random() < 0.6 else text


def changed(rng: random.Random, row: dict) -> dict:
    """Texts that are only shown are changed as they come; labels and answers so that they stay valid."""
    row = copy.deepcopy(row)
    for field in ("ctx_a", "ctx_b", "activity_label", "question_stem", "sentence", "option1", "question", "goal", "sol1", "input"):
        if field in row:
            row[field] = odd(rng, row[field])
    if "sentence" in row and "_" not in row["sentence"]:
        row["sentence"] += " _"
    if "endings" in row:
        row["endings"] = [odd(rng, ending) for ending in row["endings"]]
    if isinstance(row.get("choices"), list):
        row["choices"] = [odd(rng, choice) for choice in row["choices"]]
    if isinstance(row.get("choices"), dict):
        count = rng.choice([3, 4, 5])
        texts = (row["choices"]["text"] + ["one more", "and another"])[:count]
        labels = [str(i + 1) for i in range(count)] if rng.random() < 0.3 else list("ABCDE"[:count])
        row["choices"] = {"text": [odd(rng, text) for text in texts], "label": labels}
        row["answerKey"] = rng.choice(labels)
    return row


def all_changed(rng: random.Random, rows: list[dict]) -> list[dict]:
    """All but the first: the harness looks at that one when it loads a task, and fails on an empty choice there."""
    return rows[:1] + [changed(rng, row) for row in rows[1:]]


def read(path: pathlib.Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def harness():
    for name in ("evaluate", "sacrebleu"):  # imported by the harness, not needed for requests
        try:
            __import__(name)
        except ImportError:
            stub = types.ModuleType(name)
            stub.load = lambda *_, **__: types.SimpleNamespace(compute=lambda **_: None)
            sys.modules[name] = stub
    logging.disable(logging.WARNING)
    import datasets
    import datasets.fingerprint
    import lm_eval.api.task
    from lm_eval.tasks import TaskManager

    # Its fingerprints pickle the functions of tasks, which not every version of dill can.
    datasets.fingerprint.Hasher.hash = classmethod(lambda *_: uuid.uuid4().hex[:16])
    datasets.fingerprint.Hasher.update = lambda self, _: self.m.update(uuid.uuid4().bytes)
    datasets.disable_progress_bars()
    return datasets, lm_eval.api.task, TaskManager()


def requests(task, shots: int) -> list[dict]:
    task.set_config("num_fewshot", shots)
    task.set_fewshot_seed(1234)
    task.build_all_requests()
    documents: dict[int, list] = {}
    for instance in task.instances:
        documents.setdefault(instance.doc_id, []).append(instance)
    lines = []
    for number, instances in documents.items():
        doc = instances[0].doc
        line = {"task": task.task_name, "shots": shots, "doc": number}
        if task.OUTPUT_TYPE == "multiple_choice":
            line["contexts"] = [instance.args[0] for instance in instances]
            line["continuations"] = [instance.args[1] for instance in instances]
            line["gold"] = task.doc_to_text(doc) if task.multiple_input else task.doc_to_target(doc)
            line["lengths"] = [len(choice) for choice in task.doc_to_choice(doc)]
        else:
            line["context"], generation = instances[0].args
            line["until"] = generation["until"]
            if "answers" in doc:
                line["answers"] = [list(answer) for answer in doc["answers"]]
            else:
                line["target"] = task.doc_to_target(doc)
        lines.append(line)
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--prompts", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--java", default="java")
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    datasets, task_module, manager = harness()
    known: dict[tuple, object] = {}

    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)

        def put(hub: str, configuration: str | None, local: str, **splits: list[dict]) -> None:
            known[(hub, configuration)] = datasets.DatasetDict(
                {split: datasets.Dataset.from_list(rows) for split, rows in splits.items()}
            )
            for split, rows in splits.items():
                target = folder / local / f"{split}.jsonl"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text("".join(json.dumps(row, ensure_ascii=rng.random() < 0.5) + "\n" for row in rows))

        runs: list[tuple[str, int]] = []
        commonsense = [
            ("hellaswag", "Rowan/hellaswag", None, "validation"),
            ("openbookqa", "allenai/openbookqa", "main", "test"),
            ("winogrande", "allenai/winogrande", "winogrande_xl", "validation"),
            ("arc_easy", "allenai/ai2_arc", "ARC-Easy", "test"),
            ("arc_challenge", "allenai/ai2_arc", "ARC-Challenge", "test"),
            ("boolq", "aps/super_glue", "boolq", "validation"),
            ("piqa", "baber/piqa", None, "validation"),
        ]
        for name, hub, configuration, split in commonsense:
            rows = all_changed(rng, read(arguments.data / f"{name}.jsonl"))
            half = len(rows) // 2
            others = rows[half:] + rows[:20] + rows[:5]
            splits = {split: rows[:half], "train": others, **({} if split == "validation" else {"validation": others})}
            put(hub, configuration, name, **splits)
            runs += [(name, shots) for shots in (0, 1, 3, 7)]
        for path in sorted((arguments.data / "mmlu").glob("*.test.jsonl")):
            subject = path.name.removesuffix(".test.jsonl")
            dev = all_changed(rng, read(path.with_name(f"{subject}.dev.jsonl")))
            put("cais/mmlu", subject, f"mmlu/{subject}", test=all_changed(rng, read(path)), dev=dev)
            runs += [(f"mmlu_{subject}", shots) for shots in (0, 2, 5)]
        drop = read(arguments.data / "drop/dev.jsonl") + read(arguments.data / "drop/contrast.jsonl")
        drop = all_changed(rng, drop)
        examples = read(arguments.data / "drop/fewshot.jsonl") + drop[:30] + drop[:5]
        put("EleutherAI/drop", None, "drop", validation=drop, train=examples)
        runs += [("drop", 0), ("drop", 1), ("drop", 5)]
        put("openai/openai_humaneval", None, "humaneval", test=read(arguments.data / "humaneval.jsonl"))
        runs.append(("humaneval", 0))
        for path in sorted((arguments.data / "bbh").glob("*.jsonl")):
            task = path.stem
            put("SaylorTwift/bbh", task, f"bbh/{task}", test=all_changed(rng, read(path)))
            shots = (0, 1, 3) if arguments.prompts else (0,)
            runs += [(f"bbh_{kind}_{task}", count) for kind in ("fewshot", "cot_fewshot") for count in shots]
        if arguments.prompts:
            shutil.copytree(arguments.prompts, folder / "cot-prompts")

        task_module.datasets.load_dataset = lambda path, name=None, **_: known[(path, name)]
        expected = []
        for name, shots in runs:
            expected += requests(manager.load([name])["tasks"][name], shots)

        output = folder / "requests.jsonl"
        library = ROOT / "cli/target/dist/lib/*"
        command = [arguments.java, "-cp", str(library), "dev.cria.eval.task.RequestExport", str(folder), str(output)]
        subprocess.run(command + [f"{name}={shots}" for name, shots in runs], check=True)
        actual = [json.loads(line) for line in output.read_text().split("\n") if line]

    different = [(a, b) for a, b in zip(actual, expected) if a != b]
    for ours, theirs in different[:5]:
        for key in theirs:
            if ours.get(key) != theirs[key]:
                print(f"{theirs['task']} with {theirs['shots']} examples, document {theirs['doc']}, {key}:")
                print(f"  Cria    {ours.get(key)!r}\n  harness {theirs[key]!r}")
    print(f"{len(expected)} requests of {len(runs)} runs, {len(actual)} of Cria's: {len(different)} differ")
    return 0 if not different and len(actual) == len(expected) else 1


if __name__ == "__main__":
    sys.exit(main())
