"""From evidence to an order: every feature of a chunk or a file is one small function here, its weight is in `Weights`.

A file's score is that of its best chunk, plus what its other chunks, its path and its definitions say, times what the
part it plays costs it. Its best chunk takes the file's place in the list; its other chunks follow at a discount, so
that no file fills the list. Not here: finding evidence (`search`), reading a question (`question`) or path
(`path_facts`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from dt6_lsp.syntax.languages import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from dt6_lsp.index.candidates import Candidate
    from dt6_lsp.index.path_facts import PathFacts
    from dt6_lsp.index.question import Name, Question
    from dt6_lsp.index.terms import Terms
    from dt6_lsp.syntax.model import Kind


@dataclass(frozen=True, slots=True)
class Weights:
    """What each feature is worth, beside a best chunk's 0..1. Found on repositories that were held out in turn
    (`python -m tests.benchmarks.ablation`); a feature that gains less than .001 there has no place here."""

    # a chunk
    words_share: float = 0.35  # of BM25 against the cosine
    symbol_overlap: float = 0.6
    defining_chunk: float = 0.5  # decides which chunk of the file is shown
    # a file, added
    coherence: float = 0.6
    stem_covered: float = 0.4
    stem_found: float = 0.25
    folders_found: float = 0.6
    stem_begun: float = 0.3
    size: float = 0.25
    named_so: float = 0.3  # the query is a name, and the file's
    defines_symbol: float = 1.0  # the query is the name of a definition
    defines_name: float = 0.15  # a word of the query is
    near: float = 0.15
    # a file, as a factor, unless the question asks for it
    test: float = 0.55
    example: float = 0.5
    prose: float = 0.4
    aside: float = 0.6
    declares: float = 0.9
    data: float = 0.4
    foreign: float = 0.7
    # the list
    next_chunk: float = 0.35  # each further chunk of a file, against the one before


WEIGHTS = Weights()

_COHERENT_CHUNKS = 4
_ASKED_SHARE = 0.5
_FAR_AHEAD = 0.75  # an article that has four times as much of the question as any code costs nothing for being prose
_NOTICE = 0.5  # a licence's words are seldom what shows best what a file says

_KINDS: Mapping[str, float] = (
    dict.fromkeys(("class", "interface", "struct", "trait", "enum", "type", "module"), 1.0)
    | dict.fromkeys(("function", "macro"), 0.9)
    | dict.fromkeys(("method",), 0.7)
    | dict.fromkeys(("namespace", "constant"), 0.6)
    | dict.fromkeys(("variable", "property"), 0.45)
    | dict.fromkeys(("constructor", "field"), 0.3)
)
_OTHER_KIND = 0.2
_OTHER_CASE = 0.6
_OTHER_CONTAINER = 0.6


@dataclass(frozen=True, slots=True)
class Defines:
    """A definition whose name is in the question, and the chunk in which it begins."""

    chunk_id: int
    name: str
    container: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for a question: BM25 and cosine by chunk id, chunks by file id (`sizes`), closeness to the open
    file by file id (`near`, 0..1)."""

    chunks: Mapping[int, Candidate]
    words: Mapping[int, float]
    meaning: Mapping[int, float]
    defines: Iterable[Defines] = ()
    sizes: Mapping[int, int] = field(default_factory=dict)
    near: Mapping[int, float] = field(default_factory=dict)


class FileView(NamedTuple):
    """A file as its features see it. `defines` is the strength of its best definition of a name in the question;
    `outdated`: there is a later version of what its folder holds. (There are a hundred for each query, and twice as
    many chunks: no dataclass, which takes five times as long to make.)"""

    facts: PathFacts
    language: str
    outdated: bool
    chunks: int
    near: float
    defines: float
    ahead: float  # of all code, by words: 0 where code has as much of the question, 1 where it has nothing
    stem_said: float  # what the words are worth that its name shares with the question: 1 for each that no other has
    folders_said: float  # and those that only its folders share


# --- features of a file: (question, file) -> 0..1


def stem_covered(_question: Question, file: FileView) -> float:
    """How much of the file's name the question says."""
    return file.stem_said / max(len(file.facts.stem), 1)


def stem_found(question: Question, file: FileView) -> float:
    """How much of the question the file's name says."""
    return file.stem_said / len(question.said)


def folders_found(question: Question, file: FileView) -> float:
    """How much of the question its folders say, beyond its name."""
    return file.folders_said / len(question.said)


def stem_begun(question: Question, file: FileView) -> float:
    """How much of the file's name only begins a word of the question, as short names do: auth.py, authentication."""
    return len((file.facts.stem & question.beginnings) - question.said) / max(len(file.facts.stem), 1)


def size(_question: Question, file: FileView) -> float:
    """A file of many chunks is more likely meant than one of few; 150 chunks make 1."""
    return math.log1p(file.chunks) / 5


def named_so(question: Question, file: FileView) -> float:
    """Whether the file has the name that is looked for, as files of one class have."""
    return float(question.symbolic and file.facts.name in question.squeezed)


def defines_symbol(question: Question, file: FileView) -> float:
    return file.defines if question.symbolic else 0.0


def defines_name(question: Question, file: FileView) -> float:
    return 0.0 if question.symbolic else file.defines


def near(_question: Question, file: FileView) -> float:
    return file.near


FILE_FEATURES: Mapping[str, Callable[[Question, FileView], float]] = {
    feature.__name__: feature
    for feature in (
        stem_covered, stem_found, folders_found, stem_begun, size, named_so, defines_symbol, defines_name, near,
    )
}  # fmt: skip
"""By the name of their weight."""


def roles(question: Question, file: FileView) -> dict[str, float]:
    """The parts that the file plays, each with how much of its cost applies: half where the question seems to ask for
    such files, because a word such as "test" may also be what the project is about."""
    played = {role: _share_of_cost(question, role) for role in file.facts.roles}
    if file.outdated and file.facts.version and f"v{file.facts.version[1]}" not in question.said:
        played.setdefault("aside", _share_of_cost(question, "aside"))
    if _is_prose(file.language, file.facts):
        spared = 0.0 if question.symbolic else min(file.ahead / _FAR_AHEAD, 1.0) ** 2
        played["prose"] = 0.0 if question.asks_prose else _share_of_cost(question, "prose") * (1 - spared)
    elif question.asks_prose:
        played["prose"] = _ASKED_SHARE  # not being it costs, then
    return played


def _share_of_cost(question: Question, role: str) -> float:
    return _ASKED_SHARE if question.asks_for(role) else 1.0


def _is_prose(language: str, facts: PathFacts) -> bool:
    return language == TEXT or "prose" in facts.roles


# --- features of a chunk


def symbol_overlap(question: Question, chunk: Candidate, terms: Terms) -> float:
    """The chunk's own name: how much of it the question says, times how much of the question it says."""
    if not chunk.symbol:
        return 0.0
    parts = terms.of_name(chunk.symbol.rpartition(".")[2])
    both = len(parts & question.said)
    return both / len(parts) * (both / len(question.said)) if both else 0.0


def coherence(scores: Iterable[float]) -> float:
    """A file that answers in several places: the sum of its best chunks."""
    return sum(sorted(scores, reverse=True)[:_COHERENT_CHUNKS])


def definition_strength(question: Question, found: Defines) -> float:
    """How well a definition answers to a name in the question (0..1)."""
    return max((_answers(name, found) for name in question.names), default=0.0)


def _answers(name: Name, found: Defines) -> float:
    if name.text.lower() != found.name.lower():
        return 0.0
    strength = _KINDS.get(found.kind, _OTHER_KIND)
    strength *= 1.0 if name.text == found.name else _OTHER_CASE
    inside = not name.container or name.container in found.container.split(".")
    return strength if inside else strength * _OTHER_CONTAINER


# --- what is seen of the files, whatever it is worth


class SeenChunk(NamedTuple):
    """All but `id` from 0 to 1. `words` and `meaning` are scaled over all chunks; `defines` is how well a definition
    that begins here answers to a name in the question; `clear` is less than 1 for a notice such as a licence's."""

    id: int
    words: float
    meaning: float
    overlap: float
    defines: float
    clear: float


class SeenFile(NamedTuple):
    """`features` are by the name of their weight, `roles` too: how much of their cost applies (an exponent)."""

    chunks: Sequence[SeenChunk]
    features: Mapping[str, float]
    roles: Mapping[str, float]


def see(
    question: Question, evidence: Evidence, facts_of: Callable[[str], PathFacts], terms: Terms
) -> Sequence[SeenFile]:
    """Everything that the order depends on, but for the weights."""
    words = _scaled(evidence.words, evidence.chunks)
    meaning = _scaled(evidence.meaning, evidence.chunks) if evidence.meaning else words
    defining, defines = _definitions(question, evidence)
    files = _by_file(evidence.chunks.values())
    all_features = tuple(FILE_FEATURES.items())
    seen: list[SeenFile] = []
    for view, chunks in zip(_views(question, evidence, files, facts_of, defines), files.values(), strict=True):
        found = [
            SeenChunk(
                chunk.id,
                words[chunk.id],
                meaning[chunk.id],
                symbol_overlap(question, chunk, terms) if chunk.symbol else 0.0,
                defining.get(chunk.id, 0.0),
                _NOTICE if chunk.notice else 1.0,
            )
            for chunk in chunks
        ]
        features = {name: feature(question, view) for name, feature in all_features}
        seen.append(SeenFile(found, features, roles(question, view)))
    return seen


def _views(
    question: Question,
    evidence: Evidence,
    files: Mapping[int, Sequence[Candidate]],
    facts_of: Callable[[str], PathFacts],
    defines: Mapping[int, float],
) -> Iterable[FileView]:
    """One for each file, in their order."""
    facts = [facts_of(chunks[0].path) for chunks in files.values()]
    rare, newest = rarity(question, facts), _newest(facts)
    by_words = evidence.words
    best = [max([by_words.get(chunk.id, 0.0) for chunk in chunks]) for chunks in files.values()]
    prose = [_is_prose(chunks[0].language, path) for chunks, path in zip(files.values(), facts, strict=True)]
    code = max((words for words, is_prose in zip(best, prose, strict=True) if not is_prose), default=0.0)
    said, near, sizes = question.said, evidence.near, evidence.sizes
    for (file_id, chunks), path, words in zip(files.items(), facts, best, strict=True):
        version = path.version
        yield FileView(
            path,
            chunks[0].language,
            version is not None and version[1] < newest[version[0]],
            sizes.get(file_id, len(chunks)),
            near.get(file_id, 0.0),
            defines.get(file_id, 0.0),
            1 - min(code / words, 1.0) if words else 0.0,
            0.0 if said.isdisjoint(path.stem) else _worth(path.stem & said, rare),
            0.0 if said.isdisjoint(path.folders) else _worth((path.folders - path.stem) & said, rare),
        )


# --- the order


def rank(
    question: Question,
    evidence: Evidence,
    facts_of: Callable[[str], PathFacts],
    terms: Terms,
    weights: Weights = WEIGHTS,
) -> list[tuple[int, float]]:
    """All chunks with their scores, best first."""
    return order(see(question, evidence, facts_of, terms), weights)


def order(files: Sequence[SeenFile], weights: Weights) -> list[tuple[int, float]]:
    """As `rank`, of what has been seen."""
    share, name = weights.words_share, weights.symbol_overlap
    base = [
        [share * chunk.words + (1 - share) * chunk.meaning + name * chunk.overlap for chunk in file.chunks]
        for file in files
    ]
    together = [coherence(scores) for scores in base]
    most = max(together, default=0.0) or 1.0
    ranked: list[tuple[int, float]] = []
    for file, scores, sum_of_best in zip(files, base, together, strict=True):
        score = file_score(file, max(scores) + weights.coherence * sum_of_best / most, weights)
        if len(scores) == 1:
            ranked.append((file.chunks[0].id, score))
            continue
        shown = {
            chunk.id: chunk.clear * base_score + weights.defining_chunk * chunk.defines
            for chunk, base_score in zip(file.chunks, scores, strict=True)
        }
        ranked.extend(_spread(shown, score, weights))
    return sorted(ranked, key=lambda item: (-item[1], item[0]))


def file_score(file: SeenFile, score: float, weights: Weights) -> float:
    """`score` is what the file's chunks say."""
    for name, value in file.features.items():
        if value:
            score += getattr(weights, name) * value
    for role, share in file.roles.items():
        score *= getattr(weights, role) ** share
    return score


def _spread(shown: Mapping[int, float], score: float, weights: Weights) -> Iterable[tuple[int, float]]:
    """The file's chunks: the best takes its score, each further one at most a share of the one before."""
    first, *others = sorted(shown, key=lambda chunk_id: (-shown[chunk_id], chunk_id))
    yield first, score
    for place, chunk_id in enumerate(others, 1):
        yield chunk_id, score * weights.next_chunk**place * shown[chunk_id] / (shown[first] or 1.0)


def _newest(facts: Iterable[PathFacts]) -> dict[str, int]:
    """The latest version of what each folder keeps in several."""
    newest: dict[str, int] = {}
    for folder, number in filter(None, (each.version for each in facts)):
        newest[folder] = max(newest.get(folder, 0), number)
    return newest


def _definitions(question: Question, evidence: Evidence) -> tuple[dict[int, float], dict[int, float]]:
    """The best strength by chunk id, and by file id."""
    by_chunk: dict[int, float] = {}
    by_file: dict[int, float] = {}
    for found in evidence.defines:
        chunk = evidence.chunks.get(found.chunk_id)
        if chunk is not None:
            strength = definition_strength(question, found)
            by_chunk[chunk.id] = max(by_chunk.get(chunk.id, 0.0), strength)
            by_file[chunk.file_id] = max(by_file.get(chunk.file_id, 0.0), strength)
    return by_chunk, by_file


def _by_file(chunks: Iterable[Candidate]) -> dict[int, list[Candidate]]:
    files: dict[int, list[Candidate]] = defaultdict(list)
    for chunk in chunks:
        files[chunk.file_id].append(chunk)
    return files


def rarity(question: Question, facts: Collection[PathFacts]) -> dict[str, float]:
    """How much a term of the question that a path has tells files apart: 1 when one of these has it, 0 when all do."""
    said = question.said
    counts = Counter(term for each in facts for term in said & each.stem | said & each.folders)
    return {term: math.log((len(facts) + 1) / count) / math.log(len(facts) + 1) for term, count in counts.items()}


def _worth(terms: Collection[str], rarity_of: Mapping[str, float]) -> float:
    return sum(rarity_of[term] for term in terms) if terms else 0.0


def _scaled(scores: Mapping[int, float], chunk_ids: Collection[int]) -> dict[int, float]:
    """Of all `chunk_ids`, from 0 to 1; one without a score, or with less than none, has 0."""
    found = [max(scores.get(chunk_id, 0.0), 0.0) for chunk_id in chunk_ids]
    low, high = min(found, default=0.0), max(found, default=0.0)
    if high <= low:
        return dict.fromkeys(chunk_ids, 1.0 if high > 0 else 0.0)
    return {chunk_id: (score - low) / (high - low) for chunk_id, score in zip(chunk_ids, found, strict=True)}
