"""Whether a question leans on what was said before, told from its surface: how it begins, what is missing, and words
such as "that" for which it names nothing itself. English, and German as far as the rows say.

Each cue is a row: a pattern and the words for people. In doubt a question stands by itself: a follow-up that is missed
is asked again, one that is imagined answers something else.
Not here: what it leans on (`followups`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from dt6_lsp.assistant.memory.antecedents import has_antecedent
from dt6_lsp.assistant.mentions import identifiers, places

_MOST_WORDS = 30  # what is longer explains itself, or is a log
_FRAGMENT = 5  # words after an "and" that need no verb
_FLAGS = re.IGNORECASE


@dataclass(frozen=True, slots=True)
class Cue:
    """`kind` says how the gap is filled: `word` at start..end of the question stands for something named before,
    `what-about` puts something else in its place, `rest` needs the question before as a whole."""

    kind: Literal["word", "what-about", "rest"]
    why: str
    start: int = 0
    end: int = 0


# --- the question as a whole ------------------------------------------------------------------------------------------

_AND = re.compile(
    r"^(?:and|but|so|then|also|or|plus|und|aber|oder|dann|auch)\b(?!\s+(?:far|that|as)\b)[\s,:…]*(?:also\b\s*)?", _FLAGS
)
_ABOUT = re.compile(
    r"^(?:(?:and|but|so|or|ok(?:ay)?|und|aber),?\s+)*"
    r"(?:(?:what|how) about|what of|same (?:question )?for|was ist (?:denn )?mit|wie (?:sieht es|steht es|ist es) mit)\b\s*",
    _FLAGS,
)
_GENERAL = (
    r"code|source(?: code)?|implementation|signature|callers?|callees|parameters?|params|arguments?|args"
    r"|return (?:value|type)|docstring|definition|usages?|references|call sites?|body|tests?|examples?|details?"
)
_WHOLE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:{pattern})[\s?!.…]*", _FLAGS), why)
    for pattern, why in (
        (r"(?:(?:and|but|und|aber),?\s+)?(?:why|how|where|when|who|which|since when|how so|how come|why not|what for|by whom"
         r"|warum|wieso|weshalb|wozu|wie|wo|wann|wer|seit wann|wie das|warum nicht)(?: exactly| genau| that| so| is that so)?",
         "it is a question word alone"),
        (r"(?:please )?(?:go on|continue|keep going|more|tell me more|more (?:details?|please|on that)|elaborate"
         r"|weiter|mehr(?: dazu| davon| details)?|erz[aä]hl mehr|genauer)(?: please| bitte)?", "it asks to go on"),
        (r"(?:can you |could you |please )*(?:explain|say|describe|show|put)(?: it| that| this)?"
         r" (?:more|again|further|simpler|shorter|in (?:more )?detail|in other words|briefly|step by step)(?: please)?",
         "it asks for the answer in other words"),
        (r"(?:shorter|simpler|longer|briefly|in (?:short|brief|detail|english|german|one sentence)|as a (?:list|table)"
         r"|k[uü]rzer|einfacher|auf deutsch|auf englisch)(?: please| bitte)?", "it asks for the answer in another form"),
        (r"(?:are you (?:really )?sure|really|is that (?:right|true|correct|so)|seriously|bist du sicher|wirklich|stimmt das)",
         "it doubts the answer"),
        (r"(?:what|where|who|how|anything|anywhere|was|wo|wer|wie) (?:else|sonst)(?: noch)?(?: \S+){0,3}",
         "it asks for what else there is"),
        (r"(?:and )?(?:then what|what then|what next|and then|what happens (?:then|next|after(?:wards)?)|und dann"
         r"|was (?:dann|passiert dann|kommt danach))", "it asks what comes next"),
        (rf"(?:(?:show|give|list|print)(?: me)? )?(?:an?|the|some|any|all(?: the)?|another|one more|more)? ?(?:{_GENERAL})",
         "it does not say of what"),
        (rf"(?:what(?:'s| is| are| were)|who(?:'s| is| are)|are there|is there|do we have)(?: an?| the| any)?"
         rf" (?:{_GENERAL})", "it does not say of what"),
        (r"where(?:'s| is| are) the (?:code|implementation|definition|callers?|call sites?|docstring)",
         "it does not say of what"),
        (r"(?:for example|e\.g\.?|like what|such as|z\.\s?b\.?|zum beispiel|ein beispiel|(?:zeig|gib)(?: mir)? (?:ein|noch ein) beispiel)",
         "it asks for an example"),
        (r"what do you mean(?: by that)?|i (?:still )?don'?t (?:understand|get it)|was meinst du(?: damit)?"
         r"|(?:das )?verstehe ich nicht", "it asks what was meant"),
        (r"(?:which|what|how many) (?:ones?|of (?:them|those|these))\b.*|welche davon\b.*", "it asks which of them"),
        (r"is there an? (?:faster|better|simpler|shorter|safer|easier|cleaner|other|different) (?:way|one|version)"
         r"|is there another (?:way|one)|any alternatives?", "it compares with something that it does not name"),
    )
)  # fmt: skip
_ANYWHERE: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, _FLAGS), why)
    for pattern, why in (
        (r"\byou (?:just )?(?:said|mentioned|wrote|meant|told|showed|listed|quoted)\b"
         r"|\byour (?:last |previous |first )?(?:answer|reply|explanation)\b"
         r"|\b(?:mentioned|said|shown|described|listed) (?:above|before|earlier)\b|\b(?:previous|last) (?:question|answer)\b"
         r"|\bdu (?:gesagt|erw[aä]hnt|genannt)\b|\bdeine antwort\b", "it speaks of an answer before"),
        (r"\bthe (?:former|latter|other (?:one|two|ones)|first one|second one|third one|last one)\b(?! of| that| who| in)"
         r"|\b(?:that|this|which|the same|another) one\b|\bin (?:that|this|which) case\b"
         r"|\b(?:der|die|das) (?:andere|erste|zweite|letzte)[?.! ]*$", "it points to something named before"),
    )
)  # fmt: skip
_STARTS_BARE = re.compile(
    r"^(?:(?:only |even |just |not )?(?:in|on|for|with|without|under|during|from)|only|even|auch|nur|bei|mit|ohne|auf|f[uü]r)\s+"
    r"(?!(?:which|what|whom|whose|welche\w*|was)\b)(?:[\w-]+\s*){1,3}(?:,? too|,? as well)?\s*\?\s*$",
    _FLAGS,
)  # "in tests?"
_VARIANT = re.compile(
    r"^(?:the )?(?:async|sync|other|old|new|public|private|default|first|second|next|last)(?:hronous)?"
    r" (?:version|variant|one|case|form|overload|branch)\s*\?\s*$",
    _FLAGS,
)

# --- words that stand for something -----------------------------------------------------------------------------------

_THINGS = (
    r"function|method|class|constructor|struct|interface|trait|enum|type|variable|constant|setting|option|value|field"
    r"|file|module|package|test|error|exception|message|call|caller|parameter|argument|check|lock|code|logic|behaviou?r"
    r"|thing|part|place|line|step|approach|way|limit|number|flag|table|query|request|event|case|path|name|list|object"
    r"|functions|methods|classes|files|modules|tests|errors|values|calls|callers|things|parts|places|steps|numbers"
)
_OF_EDITOR = r"file|function|method|class|module|line|code|selection|snippet|block|test|variable|type"
_OF_WORKSPACE = (
    r"project|repo|repositor(?:y|ies)|code ?base|workspace|package|library|lib|app|application|program|tool|server|folder"
    r"|directory|monorepo|system|product|crate|plugin|extension"
)
_MASKED = re.compile(  # "it" of no meaning, "that" that joins, and what is here and not said
    r"\bis it (?:\w+ly )?(?:possible|necessary|ok(?:ay)?|fine|worth|better|best|true|enough|allowed|required|intended"
    r"|common|likely|wise|advisable)\b(?=.* (?:to|that|if|when|\w+ing)\b)"
    r"|\b(?:does|did|would|will|can) it (?:take|make sense|cost|matter)\b(?=.* (?:to|if|which|whether|how|when)\b)"
    r"|\b(?:make|makes|made) it (?:possible|easy|easier|hard|harder)\b|\bit (?:is|was) (?:possible|necessary) to\b"
    rf"|\b(?:this|these) (?:{_OF_WORKSPACE})\b|\bwhat time is it\b|\bhow is it going\b|\bwie geht es dir\b"
    r"|\b(?:es gibt|gibt es|wie sp[aä]t ist es|ist es (?:m[oö]glich|n[oö]tig|sinnvoll|erlaubt)(?=.*\bzu\b))\b",
    _FLAGS,
)
_AUX = r"(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|had|must|might|may|isn't|doesn't|didn't|can't)"
_ASKS = r"(?:^|[.;,:!?]\s*|\b(?:how|where|why|when|what|who|which|and|but|so|or|then)\b(?:\s+[\w-]+){0,2}?\s+)"
_ANAPHOR = re.compile(
    rf"\b(?P<thing>(?:that|this|those|these|the same|said) (?:{_THINGS}))\b(?!\s+(?:that|which|who|where|of)\b)"
    rf"|(?P<the>(?<=\bdoes )the (?:function|method|class|constructor)|(?<=\bis )the (?:function|method|class))"
    r"(?= (?:do|return|take|raise|throw|use|call|called|used|tested|defined|work|mean|expect|need)\b)"
    r"|\b(?P<its>its|their)\b(?!\s+own\b)"
    r"|\b(?P<it>it|they|them|those|these|this)\b(?!\s+(?:own|" + _OF_WORKSPACE + r")\b)"
    rf"|(?:(?<=\s)|^)(?P<that>that)\b(?=\s*(?:[?.!,;]|$|(?:and|or|but|too|again|as well|instead|anyway|yet)\b))"
    rf"|{_ASKS}{_AUX}\s+(?P<asked>that)\b"
    r"|\b(?:of|for|like|about|after|before|from|to|by|with|without|into|behind|besides|than|on)\s+(?P<after>that)\b"
    r"(?!\s+(?:the|a|an|i|we|you|they|is|are|was|has|can|will)\b)"
    r"|\b(?:if|when|because|how|why|where|while|once|does|do|did|explain|call|calls|use|uses|test|tests|change|changes)"
    r"\s+(?P<doing>that)\b(?=\s+(?:is|was|works?|happens?|fails?|returns?|gets?|matters?|means?|again|function|method)\b)"
    r"|\b(?:from|in|up|over|out) (?P<there>there)\b|\b(?P<end>there)\s*[?.!]*\s*$",
    _FLAGS,
)  # fmt: skip
_GERMAN = re.compile(
    r"\b(?:wird|werden|ist|sind|macht|machen|tut|hat|haben|kann|soll|war|passiert|funktioniert|heißt|heisst|bedeutet|ruft|nutzt"
    r"|benutzt|verwendet|warum|wieso|wie|wo|wenn|testet|erkl[aä]r(?:e)?)\s+(?:denn\s+)?(?P<das>das|dies|es|sie|er|ihn)\b"
    r"(?=\s*[?.!,]|\s*$|\s+(?:[\w]+(?:t|en|n)\s*[?.!]*\s*$|(?:denn|nicht|so|auch|genau|hier|dort|noch|schon|von|in|an|auf|mit)\b))"
    r"|\b(?P<dav>davon|dazu|damit|daf[uü]r|darin|daran|dar[uü]ber|dagegen|dessen|deren|derselbe[nr]?|dieselbe[nr]?)\b"
    r"|\b(?P<diese>diese[rsmn]?\s+(?:Funktion|Methode|Klasse|Datei|Modul|Variable|Fehler|Test|Wert|Aufruf|Stelle|Teil)\w{0,2})\b"
    r"|\b(?P<seine>seine[nrms]?|ihre[nrms]?)\s+(?=\w)",
    _FLAGS,
)


def cue(question: str, *, selected: bool = False, open_file: bool = False) -> Cue | None:
    """What shows that the question leans on those before; None where it stands by itself. Something `selected` is what
    "this" means; with an `open_file` "this function" is there."""
    text = question.strip()
    if not text or len(text.split()) > _MOST_WORDS or text.count("\n") > 2:
        return None
    if about := _ABOUT.match(text):
        return Cue("what-about", "it asks about something else in place of what was asked before", about.end(), len(text))
    if selected:
        return _spoken_of(text)
    return _whole(text) or _after_and(text) or _spoken_of(text) or _word(text, open_file=open_file)


def _whole(text: str) -> Cue | None:
    for pattern, why in _WHOLE:
        if pattern.fullmatch(text):
            return Cue("rest", why)
    bare = _STARTS_BARE.match(text) or _VARIANT.match(text)
    return Cue("rest", "it is a part of a question only") if bare else None


def _after_and(text: str) -> Cue | None:
    """"And errors?": what follows has no verb of its own. With one, the other cues decide."""
    start = _AND.match(text)
    if start is None:
        return None
    rest = text[start.end() :]
    words = rest.rstrip("?!. ").split()
    if inner := _whole(rest):
        return inner
    if not words or len(words) > _FRAGMENT or _VERB.search(rest):
        return None
    return Cue("what-about", "it goes on from the question before", start.end(), len(text))


_VERB = re.compile(
    rf"^(?:what|where|who|why|how|which|when|whose|was|wo|wer|warum|wie|welche\w*|wann|wozu)\b|\b{_AUX}\b|\b(?:wird|werden|ist|sind|hat|kann)\b"
    r"|^(?:show|list|give|explain|find|tell|describe|compare|print|write|zeig\w*|nenn\w*|erkl\w*)\b",
    _FLAGS,
)


def _spoken_of(text: str) -> Cue | None:
    for pattern, why in _ANYWHERE:
        if pattern.search(text):
            return Cue("rest", why)
    return None


def _word(text: str, *, open_file: bool) -> Cue | None:
    hidden = _MASKED.sub(lambda match: "·" * len(match[0]), text)
    if open_file:
        hidden = re.sub(rf"\bthis (?:{_OF_EDITOR})\b", lambda match: "·" * len(match[0]), hidden, flags=_FLAGS)
    found = [*_ANAPHOR.finditer(hidden), *_GERMAN.finditer(hidden)]
    for match in sorted(found, key=_place):
        kind = match.lastgroup or ""
        start, end = match.span(kind)
        if not has_antecedent(text[:start], text[start:end], text[end:]):
            return Cue("word", f'it says "{text[start:end]}" and does not name what that is', start, end)
    return None


def _place(match: re.Match[str]) -> int:
    return match.start(match.lastgroup or 0)


def names_something(text: str) -> bool:
    return bool(identifiers(text) or places(text))
