#!/usr/bin/env python3
"""Asks the reference, Python's jinja2, what templates give, for text/src/test/resources/jinja/cases.jsonl.

A referee for development, not a dependency: the tests read the answers. Needs jinja2 3.1.
Usage: tools/jinja_cases.py text/src/test/resources/jinja
"""

import datetime
import json
import pathlib
import random
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    """The tag that transformers adds; its body is rendered as it stands."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def environment():
    """As transformers sets it up for chat templates, on the 7th of March 2026."""
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = datetime.datetime(2026, 3, 7, 9, 5, 6).strftime
    return env


def white_space(rng, count):
    """Templates of tags with signs, and white space between them."""

    def gap():
        return "".join(rng.choice([" ", "\n", "  ", "\t", "x", "\n\n", ""]) for _ in range(rng.randint(0, 4)))

    def sign():
        return rng.choice(["", "-", "+"])

    def tag():
        a, b = rng.choice(["", "", "-", "+"]), rng.choice(["", "", "-", "+"])
        plain = b.replace("+", "")
        return [
            lambda: "{{" + a + " 'p' " + plain + "}}",
            lambda: "{#" + a + " c " + b + "#}",
            lambda: "{%" + a + " set q = 1 " + b + "%}",
            lambda: "{%" + a + " if 1 " + b + "%}" + gap() + tag() + gap() + "{%" + sign() + " endif " + sign() + "%}",
            lambda: "{%" + a + " for i in [1,2] " + b + "%}" + gap() + "{{ i }}" + gap() + "{%" + sign() + " endfor " + sign() + "%}",
            lambda: "{%" + a + " raw " + plain + "%}" + gap() + "{%" + sign() + " endraw " + sign() + "%}",
        ][rng.randint(0, 5)]()

    return [gap() + "".join(tag() + gap() for _ in range(rng.randint(1, 4))) for _ in range(count)]


def main():
    directory = pathlib.Path(sys.argv[1])
    variables = json.loads((directory / "variables.json").read_text())
    conversations = json.loads((directory / "conversations.json").read_text())
    env = environment()
    rows = []

    def ask(source, values, **row):
        try:
            row["out"] = env.from_string(source).render(**values)
        except Exception as e:
            row["error"] = str(e)
        rows.append(row)

    for line in (directory / "expressions.txt").read_text(encoding="utf-8").splitlines():
        if line:
            source = "{{ " + line + " }}"
            ask(source, variables, template=source)
    for source in json.loads((directory / "templates.json").read_text()):
        ask(source, variables, template=source)
    for source in white_space(random.Random(5), 400):
        ask(source, variables, template=source)
    for file in sorted(directory.glob("*.jinja")):
        for index, conversation in enumerate(conversations):
            ask(file.read_text(), conversation, file=file.name, conversation=index)
    with open(directory / "cases.jsonl", "w") as out:
        for row in rows:
            out.write(json.dumps(row) + "\n")
    print(len(rows), "cases,", sum("error" in row for row in rows), "of them errors")


if __name__ == "__main__":
    main()
