"""The model server as a program, for tests in other languages.

    python -m tests.servers [RULES.json]

It prints one line of JSON with its addresses, and serves until its standard input ends. RULES.json is a list of
[words, answer] or [words, answer, "held"]: a prompt that contains the words gets the answer of the first that fits (of
one that is held only the first token); others get the usual one.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.servers.model_server import ModelServer, Reply


def main(argv: list[str]) -> int:
    if len(argv) > 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    rules = json.loads(Path(argv[0]).read_text(encoding="utf-8")) if argv else []
    with ModelServer(answer=lambda prompt: _answer(rules, prompt)) as server:
        sys.stdout.write(json.dumps({"ollama": server.url, "openai": server.openai_url}) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    return 0


def _answer(rules: list[list[str]], prompt: str) -> Reply:
    for words, said, *held in rules:
        if words in prompt:
            return Reply(said, held=bool(held))
    return Reply("This is an answer.")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
