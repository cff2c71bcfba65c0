"""Text of others as data in a prompt: between marks that it can't forge.

Whatever looks like such a mark, or like the tokens by which chat models tell who speaks, is escaped inside; so are its
look-alikes in other scripts and with invisible characters between the letters, because what fools a reader may fool a
model. What nobody can see is taken out.
Not here: what is quoted (`prompts`), and text that goes to people (`sanitize`).
"""

from __future__ import annotations

import re
import unicodedata

OPEN, CLOSE = "<excerpt", "</excerpt>"
LONGEST_SOURCE = 300  # characters of a path that are shown; the end of it, which holds the name

_MARK = r"<(?=[^\w<]{0,16}excerpt)"
# ChatML, Llama 3, Phi, GPT-OSS, Command R, DeepSeek (whose bars and blanks are not ASCII): <|name|>. Gemma:
# <start_of_turn>. Llama 2: <<SYS>>, <s>. Hermes, Qwen: <tool_call>, <think>. StarCoder: <fim_prefix>. GLM: <sop>.
# Mistral: [INST].
_ROLE = (
    r"<(?=[|｜](?! )[\w▁:. -]{1,60}[|｜]>|/?(?:start|end)_of_\w+>|</?SYS>>|/?(?:s|bos|eos|pad|sop|eop)>"
    r"|/?(?:tool_\w+|think|thinking|function|function_\w+|tools)[>= ]|(?:fim_\w+|file_sep|repo_name)>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w+|THINK|IMG\w*|gMASK|MASK)\])"
)
_ESCAPED = re.compile(rf"(?P<mark>{_MARK})|(?:{_ROLE})", re.IGNORECASE)
_ROLES = re.compile(_ROLE, re.IGNORECASE)
_OPENING = re.compile(r"[<\[＜﹤‹〈〈⟨❮❰˂ᐸ≺⧼⋖［【〔⟦〚]")
_SQUARE = "[［【〔⟦〚"
_WINDOW = 80  # characters after an opening that are compared
_HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_UNSEEN = re.compile(f"{_HIDDEN.pattern[:-1]}\u200b\u2060\ufeff\u00ad]")
_INVISIBLE = frozenset(("Cf", "Mn", "Me", "Cc"))
# What looks like the letters of "excerpt" and of role tokens, and like their bars; NFKD knows wide and styled ones.
_LOOK_ALIKE = {
    ord(other): letter
    for letter, others in {
        "a": "аαᴀ", "c": "сꮯσςᴄ", "d": "ԁᴅ", "e": "еεєᴇ℮", "g": "ɢ", "h": "һʜ", "i": "іιıɪ", "j": "ј", "k": "кκᴋ",
        "l": "ӏʟ", "m": "мᴍ", "n": "нηɴ", "o": "оοᴏ", "p": "рρᴘ", "r": "гʀ", "s": "ѕꜱ", "t": "тτᴛ", "u": "υᴜ",
        "v": "νᴠ", "x": "хχ×", "y": "уʏ", "|": "∣│❘ǀ¦", "/": "⁄∕⧸", ">": "›〉〉⟩❯❱˃ᐳ≻⧽", "]": "】〕⟧〛",
    }.items()
    for other in others
}  # fmt: skip


def quoted(text: str, *, source: str = "", note: str = "") -> str:
    """An excerpt. `source` is what a model may cite."""
    named = f' source="{attribute(source)}"' if source else ""
    noted = f' note="{attribute(note)}"' if note else ""
    return f"{OPEN}{named}{noted}>\n{escape(text)}\n{CLOSE}"


def invisible(text: str) -> set[str]:
    """The characters of a text that nobody can see, or that make others stand where they are not: Trojan Source
    (Boucher and Anderson, 2021). A zero-width joiner is none, as names and emoji of many scripts need it."""
    return set(_UNSEEN.findall(text))


def escape(text: str) -> str:
    """The text in which nothing looks like a mark of DT6's or of a chat template. Lines stay where they are."""
    seen = _HIDDEN.sub("", text)
    if seen.isascii():
        return _ESCAPED.sub(_apart, seen)
    return _OPENING.sub(lambda match: _apart_where_alike(match, _ESCAPED), seen)


def without_roles(text: str) -> str:
    """What the user typed or pasted: only the tokens of chat templates are broken up."""
    return _ROLES.sub(lambda match: match[0] + " ", text)


def attribute(text: str) -> str:
    """A path or a note that can't end the mark it stands in."""
    plain = re.sub(r"[\"\s]", lambda match: " " if match[0] == " " else "_", _HIDDEN.sub("_", text))
    return re.sub(r"[<>]", "_", escape(plain[-LONGEST_SOURCE:]))


def _apart(match: re.Match[str]) -> str:
    return "&lt;" if match.groupdict().get("mark") else match[0] + " "


def _apart_where_alike(opening: re.Match[str], marks: re.Pattern[str]) -> str:
    """An opening that is followed by what reads like a mark, however it is written."""
    char, rest = opening[0], opening.string[opening.end() : opening.end() + _WINDOW]
    plain = ("[" if char in _SQUARE else "<") + (rest if rest.isascii() else _folded(rest))
    found = marks.match(plain)
    if found is None:
        return char
    return "&lt;" if found.groupdict().get("mark") else char + " "


def _folded(text: str) -> str:
    """As a reader sees it: no width, style, accent, script or invisible character."""
    plain = unicodedata.normalize("NFKD", text)
    seen = (char for char in plain if char == "\n" or unicodedata.category(char) not in _INVISIBLE)
    return "".join(seen).casefold().translate(_LOOK_ALIKE)
