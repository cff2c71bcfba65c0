"""The forms in which people lean on what was said before: tables of patterns, in English and in German.

Not here: in which order they are tried (`cues`).
"""

from __future__ import annotations

import re

FLAGS = re.IGNORECASE


def _compiled(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), FLAGS)


# --- whole questions that say nothing alone ---------------------------------------------------------------------------

_OF_SOMETHING = (
    r"(?:code|source(?: code)?|implementation|signature|callers?|callees|parameters?|params|arguments?|args"
    r"|return (?:value|type)|docstring|definition|usages|references|call sites?|body|tests?|examples?|details?)"
)
_WHOLE: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "it is a question word alone",
        (
            r"(?:since |by |for |until )?(?:why|how|where|when|who|whom|which|what)(?: so| come| not| for)?"
            r"(?: exactly| is that| is that so| is it so)?",
            r"(?:seit |bis )?(?:warum|wieso|weshalb|wozu|wie|wo|wann|wer)(?: das| so| nicht| genau)?",
        ),
    ),
    (
        "it asks to go on",
        (
            r"go on|continue|keep going|elaborate",
            r"(?:tell me )?more(?: details?| on that| about (?:it|that|them|this))?",
            r"weiter|mehr(?: dazu| davon| details)?|erz[aä]hl mehr|genauer",
        ),
    ),
    (
        "it asks for the answer in other words",
        (
            r"(?:explain|say|describe|show|put|simplify)(?: it| that| this)?(?: more| again| further| simpler| shorter"
            r"| briefly| in (?:more )?detail| in other words| step by step)+",
            r"shorter|simpler|longer|briefly|as a (?:list|table)|in (?:short|brief|detail|english|german|one sentence)",
            r"k[uü]rzer|einfacher|ausf[uü]hrlicher|auf (?:deutsch|englisch)",
            r"(?:das )?genauer erkl[aä]ren|das (?:noch ?mal|genauer) erkl[aä]ren",
        ),
    ),
    (
        "it doubts the answer",
        (
            r"are you (?:really )?sure|really|seriously|is (?:that|this) (?:right|true|correct|so)",
            r"bist du sicher|wirklich|stimmt das",
        ),
    ),
    (
        "it asks for what else there is",
        (
            r"(?:what|where|who|how|anything|anywhere|someone) else(?: \S+){0,3}",
            r"(?:was|wo|wer|wie) (?:sonst|noch)(?: noch)?(?: \S+){0,2}",
        ),
    ),
    (
        "it asks what comes next",
        (
            r"then what|what then|what next|and then|(?:and |so )?what happens (?:then|next|after(?:wards| that)?)",
            r"und dann|was dann|was (?:passiert|kommt|geschieht) (?:dann|danach)",
        ),
    ),
    (
        "it does not say of what",
        (
            r"(?:(?:show|give|list|print)(?: me)? )?(?:(?:an?|the|some|any|all|all the|another|one more|more) )?"
            + _OF_SOMETHING,
            rf"(?:what(?:'s| is| are| were)|who(?:'s| is| are))(?: the)? {_OF_SOMETHING}",
            rf"(?:are there|is there|do we have)(?: an?| the| any)? {_OF_SOMETHING}",
            r"where(?:'s| is| are) the (?:code|implementation|definition|callers?|call sites?|docstring)",
        ),
    ),
    (
        "it asks for an example",
        (
            r"for example|for instance|e\.g\.?|like what|such as",
            r"z\.\s?b\.?|(?:(?:zeig|gib|nenn)e?(?: mir)? )?(?:zum|ein|noch ein) beispiel",
        ),
    ),
    (
        "it asks what was meant",
        (
            r"what do you mean(?: by (?:that|this|it))?|i (?:still )?don'?t (?:understand|get it)(?: that| this)?",
            r"(?:wie|was) meinst du(?: das| damit)?|(?:das )?verstehe ich nicht",
        ),
    ),
    (
        "it asks which of them",
        (r"(?:which|what|how many|what kind) (?:ones?|of (?:them|those|these))\b.*",
         r"welche[rs]? (?:davon|von ihnen)\b.*"),
    ),
    (
        "it compares with something that it does not name",
        (
            r"is there an? (?:faster|better|simpler|shorter|safer|easier|cleaner|different) (?:way|one|version)",
            r"(?:is there )?(?:anything|something) (?:similar|comparable|like (?:it|that|this))",
            r"why not (?:an? |the )?\w+(?: \w+)?",
            r"is there another (?:way|one)|(?:are there )?(?:any )?(?:other )?alternatives?",
            r"(?:the )?(?:(?:a?sync|synchronous|asynchronous|other|old|new|public|private|first|second|next|last)) "
            r"(?:version|variant|one|case|form|overload|branch)",
        ),
    ),
    (
        "it is a part of a question only",
        (
            r"(?:only |even |just |not |also )*(?:in|on|for|with|without|under|during|from)\s+"
            r"(?!(?:which|what|whom|whose)\b)(?:[\w-]+\s*){1,3}(?:,? too|,? as well)?\?",
            r"(?:nur |auch |nicht )*(?:auf|bei|mit|ohne|f[uü]r|unter|im)\s+"
            r"(?!(?:welche\w*|was|wen|wem)\b)(?:[\w-]+\s*){1,3}\?",
        ),
    ),
)  # fmt: skip
WHOLE = tuple((_compiled(*alternatives), why) for why, alternatives in _WHOLE)

# --- how such a question begins, and what it may have around it -------------------------------------------------------

POLITE = _compiled(
    r"^(?:(?:please|bitte|can you|could you|would you|kannst du|k[oö]nntest du|hm+|ok(?:ay)?|well|now|right|thanks?"
    r"|great|i see|aha|ah|danke)\b[\s,.!]*)+",
)
THANKS = _compiled(r"[\s,]+(?:please|bitte|then|though|denn)(?=[?!.\s]*$)")
CONNECTIVE = _compiled(
    r"^(?:and|but|so|then|also|or|plus|und|aber|oder|dann|auch)\b(?!\s+(?:far|that|as)\b)[\s,:…]*(?:also\b\s*)?",
)
WHAT_ABOUT = _compiled(
    r"^(?:(?:and|but|so|or|und|aber),?\s+)*(?:(?:what|how) about|what of|what if|was wenn"
    r"|(?:the )?same (?:question |thing )?for"
    r"|was ist (?:denn )?mit|wie (?:sieht es|steht es|ist es) mit)\b\s*",
)
CONDITION = _compiled(r"^(?:if|when|unless|without|wenn|falls|ohne)\b(?!.*,)")

# --- what points back, wherever it stands -----------------------------------------------------------------------------

ANYWHERE = (
    (
        _compiled(
            r"\byou (?:just )?(?:said|mentioned|wrote|meant|told|showed|listed|quoted)\b",
            r"\byour (?:last |previous |first )?(?:answer|reply|explanation)\b",
            r"\b(?:mentioned|said|shown|described|listed) (?:above|before|earlier)\b",
            r"\bthe (?:previous|last) (?:question|answer)\b",
            r"\bdu (?:\w+ )?(?:gesagt|erw[aä]hnt|genannt)\b|\bdeine[r]? antwort\b",
        ),
        "it speaks of an answer before",
    ),
    (
        _compiled(
            r"\bthe (?:former|latter|other (?:one|two|ones)|first one|second one|third one|last one)\b"
            r"(?! of| that| who| in)",
            r"\b(?:that|this|which|the same|another) one\b(?!-)|\bin (?:that|this|which) case\b",
            r"\b(?:der|die|das) (?:andere|erste|zweite|letzte)[?.! ]*$",
        ),
        "it points to something named before",
    ),
)

# --- words that stand for something -----------------------------------------------------------------------------------

_THINGS = (
    r"(?:function|method|class|constructor|struct|interface|trait|enum|type|variable|constant|setting|option|value"
    r"|field|file|module|package|test|error|exception|message|call|caller|parameter|argument|check|lock|logic|part"
    r"|behaviou?r|thing|place|line|step|approach|way|limit|number|flag|table|query|request|event|path|name|list|object"
    r"|code)(?:e?s)?"
)
OF_EDITOR = r"(?:file|function|method|class|module|line|code|selection|snippet|block|test|variable|type)"
_OF_WORKSPACE = (
    r"(?:project|repo|repositor(?:y|ies)|code ?base|workspace|package|library|lib|app|application|program|tool|server"
    r"|folder|directory|monorepo|system|product|crate|plugin|extension|version)"
)
AUX = (
    r"(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|had|must|might|may|isn't|aren't|doesn't"
    r"|didn't|can't|won't)"
)
_ASKS = r"(?:^|[.;,:!?]\s*|\b(?:how|where|why|when|what|who|which|and|but|so|or|then)\b(?:\s+[\w-]+){0,2}?\s+)"
MEANINGLESS = _compiled(  # an "it" that stands for nothing, and a "this" that is here and not said
    r"\bis it (?:\w+ly )?(?:possible|necessary|ok(?:ay)?|fine|worth|better|best|true|enough|allowed|required|intended"
    r"|common|likely|wise|advisable)\b(?=.* (?:to|that|if|when|\w+ing)\b)",
    r"\b(?:does|did|would|will|can) it (?:take|make sense|cost|matter)\b(?=.* (?:to|if|which|whether|how|when)\b)",
    r"\bis it (?:decided|known|ensured|guaranteed|made sure|determined|checked|told)\b"
    r"(?=\s+(?:that|which|whether|if|who|what)\b)",
    r"\bis it (?:documented|written|explained|clear|described|said|stated)\b"
    r"(?=\s+(?:that|which|whether|if|who|what|how|where)\b)",
    r"\b(?:would|will|could) it be\b(?=.* to\b)|\bdoes it mean (?:for|when|if|to)\b|\bis it called an?\b",
    r"\b(?:what day|what year|how late) is it\b|\bgot it\b|\b(?:how's|how is) it going\b",
    r"\b(?:install|uninstall|deploy|self-host|upgrade|download) (?:it|this)\b",
    r"\b(?:use|used|run) (?:it |this )?(?:commercially|as a library|in production)\b",
    r"\b(?:it|this) (?:commercially|as a library|in production)\b",
    r"\bbe (?:used|installed)\b(?=.*\b(?:library|without)\b)",
    r"\b(?:make|makes|made) it (?:possible|easy|easier|hard|harder)\b|\bit (?:is|was) (?:possible|necessary) to\b",
    rf"\b(?:this|these) {_OF_WORKSPACE}\b|\bwhat time is it\b|\bhow is it going\b|\bwie geht es dir\b",
    r"\bes gibt\b|\bgibt es\b|\bwie sp[aä]t ist es\b|\bist es (?:m[oö]glich|n[oö]tig|sinnvoll|erlaubt)\b(?=.*\bzu\b)",
)
POINTERS = (
    _compiled(
        rf"\b(?P<thing>(?:that|this|those|these|said) {_THINGS})\b(?!\s+(?:that|which|who|where|of)\b)",
        r"(?P<the>(?<=\bdoes )the (?:function|method|class|constructor)|(?<=\bis )the (?:function|method|class))"
        r"(?= (?:do|return|take|raise|throw|use|call|called|used|tested|defined|work|mean|expect|need)\b)",
        r"\b(?P<its>its|their)\b(?!\s+own\b)",
        rf"\b(?P<it>it|they|them|those|these|this)\b(?!\s+(?:own|{_OF_WORKSPACE})\b)",
        r"(?:(?<=\s)|^)(?P<that>that)\b(?=\s*(?:[?.!,;]|$|(?:and|or|but|too|again|as well|instead|anyway|yet)\b))",
        rf"{_ASKS}{AUX}(?:\s+not)?\s+(?P<asked>that)\b",
        r"\b(?:of|for|like|about|after|before|from|to|by|with|without|into|behind|besides|than|on)\s+(?P<after>that)\b"
        r"(?!\s+(?:the|a|an|i|we|you|they|is|are|was|has|can|will)\b)",
        r"\b(?:if|when|because|how|why|where|while|once|does|do|did|explain|calls?|uses?|tests?|changes?|simplify|set"
        r"|turn|mock|disable|handle|handles)\s+(?P<doing>that)\b"
        r"(?=\s+(?:is|was|works?|happens?|fails?|returns?|gets?|matters?|means?|again|on|off|from|in|up|there|or)\b)",
        r"\b(?:from|in|up|over|out) (?P<there>there)\b"
        r"|(?<!\bare )(?<!\bis )(?<!\bhello )(?<!\bhey )(?<!\bhi )(?<!\byou )\b(?P<end>there)\s*[?.!]*\s*$",
    ),
    _compiled(
        r"\b(?:wird|werden|ist|sind|macht|machen|tut|hat|haben|kann|soll|war|passiert|funktioniert|hei(?:ß|ss)t|bedeutet"
        r"|ruft|gibt|gilt|geht|l[aä]uft|klappt|ich|man|wir|du|nutzt|benutzt|verwendet|dauert|warum|wieso|wie|wo|wenn|testet|erkl[aä]re?|z[eä]igt)\s+(?:denn\s+)?"
        r"(?P<das>das|dies|es|sie|er|ihn)\b(?=\s*[?.!,]|\s*$|\s+\w+(?:t|en|n)\s*[?.!]*\s*$"
        r"|\s+(?:denn|nicht|so|auch|genau|hier|dort|noch|schon|zur[uü]ck|auf|von|in|an|mit)\b)",
        r"\bhat (?P<es>es|sie|er)\b(?! gegeben)",
        r"\b(?P<davon>davon|dazu|damit|daf[uü]r|wof[uü]r wird das|darin|daran|dar[uü]ber|dagegen|dessen|deren)\b",
        r"\b(?P<diese>diese[rsmn]?\s+(?:Funktion|Methode|Klasse|Datei|Modul|Variable|Fehler|Test|Wert|Aufruf|Stelle"
        r"|Teil)\w{0,2})\b",
        r"\b(?P<seine>seine[nrms]?|ihre[nrms]?)\s+(?=\w)",
    ),
)
