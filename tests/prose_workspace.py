"""A workspace that is mostly prose: articles that talk about the code beside them, in its words and by its names.

The code is a small task service in Python, TypeScript and Go. Every name of `DEFINED` is defined in one place, used in
many files, and named many times in every second article: in sentences, headings, code fences and file names. Made from
a seed, so that it is the same everywhere. Not here: what search should make of it (`test_index_prose`).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Definition:
    """`about` says in plain words what it does; it is the definition's comment, and articles say it too."""

    name: str
    path: str
    about: str


_FUNCTIONS = (
    Definition("run", "service/loop.py", "take tasks off the queue until the service is told to stop"),
    Definition("id", "service/identity.py", "give the next number that no other task has"),
    Definition("db", "service/storage.py", "open the connection that all handlers share"),
    Definition("parse_headers", "service/wire.py", "split the header lines of a request into names and values"),
    Definition("backoff", "service/retries.py", "say how long to wait before the next attempt"),
    Definition("load_settings", "service/configuration.py", "read the settings file and fill in what it leaves out"),
    Definition("render_page", "service/pages.py", "turn a template and its values into the text of a page"),
    Definition("emit", "service/events.py", "tell every listener that something has happened"),
    Definition("sign", "service/tokens.py", "make the signature that a client must send back"),
    Definition("merge_rows", "service/reports.py", "put rows of the same day together and add up their numbers"),
)
_CLASSES = (
    Definition("Job", "service/model.py", "one piece of work, with its state and the result when it is done"),
    Definition("Worker", "service/workers.py", "a thread that does one piece of work after another"),
    Definition("Clock", "service/clock.py", "what time it is, so that tests can say so"),
    Definition("RateLimiter", "service/limits.py", "let a client in only so many times a minute"),
    Definition("Mailbox", "service/mail.py", "keep letters until somebody has read them"),
)
_TYPESCRIPT = (
    Definition("el", "web/src/dom.ts", "make an element of the page with its children"),
    Definition("useJobs", "web/src/jobs.ts", "keep the list of tasks on the page in step with the server"),
    Definition("Toast", "web/src/toast.ts", "a short message that goes away by itself"),
)
_GO = (
    Definition("Ping", "agent/ping.go", "ask the service whether it is alive"),
    Definition("Agent", "agent/agent.go", "the program that stands on each machine and reports"),
)
DEFINED: Sequence[Definition] = (*_FUNCTIONS, *_CLASSES, *_TYPESCRIPT, *_GO)

ONLY_IN_PROSE: Mapping[str, str] = {
    "articles/team/office-hours.md": "The office is open from eight to six, and the bicycle cellar is locked at seven.",
    "articles/team/release-names.md": "Each release is named after a river, and no river is used for two of them.",
    "articles/team/moving-from-version-two.md": "Customers of version two keep invoices: export them and migrate.",
}
"""Articles of which each says something that nothing else says."""

_SAYINGS = (
    "Call `{name}` when you want to {about}.",
    "`{name}` is there to {about}, and `{other}` builds on it.",
    "Nobody should have to think about `{name}`: it will {about}.",
    "If `{name}` fails, look at `{other}` first, then run the job again with a fresh id.",
    "We renamed it to `{name}` because people kept asking how to {about}.",
    "See also `{other}`, which has an id of its own, and the run that calls {name}.",
    "Before {name} existed, every job had to {about} by hand.",
    "In a small team the definition of {name} is a matter of taste.",
    "A good {name} is boring; a bad {name} wakes you up at night.",
    "The function {name} and the class {other} are the first things that new people read.",
)
_TITLES = (
    "{name}", "Using {name}", "How {name} works", "What is {name}?", "{name} and {other}", "Why we wrote {name}",
    "{name} in production", "A guide to {name}",
)  # fmt: skip
_FENCES = (
    "```python\nfrom service import {name}\n\nresult = {name}(job, id=7)\nprint(result.id, result.run())\n```",
    "```python\ndef {name}(job):\n    return {other}(job)\n```",
    "```ts\nconst {name} = ({other}) => {other}.run({other}.id)\n```",
)
_WORDS = (
    "customer", "invoice", "calendar", "window", "journey", "harbour", "garden", "meeting", "letter", "budget",
    "weather", "answer", "story", "kitchen", "market",
)  # fmt: skip


NAMING = (
    "{name}", "where is {name} defined?", "what does {name} do", "how does `{name}` work", "definition of {name}",
    "show me the {name} function",
)  # fmt: skip
"""Ways to ask for one definition by its name."""

ASKING_FOR_PROSE = ("documentation of {name}", "guide to {name}", "an article about {name}")


def write(root: Path, articles: int = 1_500, sources: int = 150) -> None:
    """So many files of each kind, all names of `DEFINED` and all of `ONLY_IN_PROSE` among them."""
    chances = random.Random(20)
    for path, text in (*_sources(chances, sources), *_articles(chances, articles)):
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


# --- code


def _sources(chances: random.Random, count: int) -> Iterator[tuple[str, str]]:
    for found in _FUNCTIONS:
        yield found.path, _python(chances, [_function(found.name, found.about, chances)])
    for found in _CLASSES:
        yield found.path, _python(chances, [_class(found.name, found.about, chances)])
    for found in _TYPESCRIPT:
        yield found.path, _typescript(found)
    for found in _GO:
        yield found.path, _go(found)
    for number in range(count - len(DEFINED)):
        topic = _WORDS[number % len(_WORDS)]
        names = [f"{topic}_{verb}_{number}" for verb in ("open", "close", "check")]
        parts = [_function(name, f"{name.split('_')[1]} the {topic}", chances) for name in names]
        yield f"service/{topic}/step_{number}.py", _python(chances, parts)


def _python(chances: random.Random, parts: Sequence[str]) -> str:
    used = chances.sample([found.name for found in _FUNCTIONS + _CLASSES], 4)
    imports = "".join(f"from service import {name}\n" for name in used)
    uses = "".join(f"    {name.lower()}_result = {name}(job, limit={place})\n" for place, name in enumerate(used))
    return "\n\n".join((imports, *parts, f"def _prepare_all(job):\n{uses}    return job\n"))


def _function(name: str, about: str, chances: random.Random) -> str:
    steps = "".join(f"    {word} = store.{word}(job.id, job.run)\n" for word in chances.sample(_WORDS, 5))
    return f'def {name}(store, job):\n    """{about.capitalize()}."""\n{steps}    return store\n'


def _class(name: str, about: str, chances: random.Random) -> str:
    methods = "".join(
        f"    def {word}_of(self, job):\n        return self.{word}s[job.id].run\n\n"
        for word in chances.sample(_WORDS, 4)
    )
    start = "    def __init__(self, job):\n        self.job = job\n\n"
    return f'class {name}:\n    """{about.capitalize()}."""\n\n{start}{methods}'


def _typescript(found: Definition) -> str:
    return (
        f"import {{ job, run }} from './service'\n\n/** {found.about.capitalize()}. */\n"
        f"export function {found.name}(job: Task, id: number) {{\n  const made = run(job, id)\n  return made.id\n}}\n"
    )


def _go(found: Definition) -> str:
    return (
        f"package agent\n\n// {found.name} is there to {found.about}.\n"
        f"type {found.name} struct {{\n\tid  int\n\tjob string\n\trun func() error\n}}\n"
    )


# --- prose


def _articles(chances: random.Random, count: int) -> Iterator[tuple[str, str]]:
    for path, saying in ONLY_IN_PROSE.items():
        yield path, _article(path.rpartition("/")[2][:-3].replace("-", " ").capitalize(), [_chatter(chances, saying)])
    for found in DEFINED:  # as glossaries have them: a page with the very name
        yield f"articles/glossary/{found.name}.md", _article(found.name, [_section(chances, found)])
    for number in range(count - len(ONLY_IN_PROSE) - len(DEFINED)):
        found = chances.choice(DEFINED)
        if number % 2:
            sections = [_section(chances, found if place == 0 else chances.choice(DEFINED)) for place in range(3)]
            title = _about(chances, chances.choice(_TITLES), found)
        else:
            sections, title = [_chatter(chances) for _ in range(3)], f"Notes of day {number}"
        yield (
            f"articles/{2015 + number % 10}/{number:04}-{title.lower().replace(' ', '-').strip('?')}.md",
            _article(title, sections),
        )


def _article(title: str, sections: Sequence[str]) -> str:
    return f"# {title}\n\n" + "\n\n".join(sections) + "\n"


def _section(chances: random.Random, found: Definition) -> str:
    heading = _about(chances, chances.choice(_TITLES), found)
    sayings = [_about(chances, saying, found) for saying in chances.sample(_SAYINGS, 5)]
    return f"## {heading}\n\n" + " ".join(sayings) + "\n\n" + _about(chances, chances.choice(_FENCES), found)


def _about(chances: random.Random, template: str, found: Definition) -> str:
    other = chances.choice(DEFINED)
    return template.format(name=found.name, about=found.about, other=other.name)


def _chatter(chances: random.Random, saying: str = "") -> str:
    """Paragraphs that have nothing to do with code."""
    sentences = [
        "The {} and the {} were late, so the {} had to wait for a {}.".format(*chances.sample(_WORDS, 4))
        for _ in range(6)
    ]
    return " ".join([*sentences[:3], saying, *sentences[3:]]).replace("  ", " ")
