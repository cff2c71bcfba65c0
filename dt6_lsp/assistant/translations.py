"""Whether a text is for readers of another language than the question's: by its letters, and by its file's name.

Not here: which language of those that share letters a text is in; for that there is only the name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

OTHERWISE = 0.3  # the weight of a text that is for other readers
_SUFFIX = re.compile(
    r"[._-](?P<code>zh|cn|tw|ko|kr|ja|jp|de|fr|es|pt|br|ru|uk|tr|pl|nl|vi|ar|fa|hi)"
    r"(?:[-_](?:[a-z]{2}|hans|hant))?\.(?:md|markdown|mdx|rst|txt|adoc)$",
    re.IGNORECASE,
)
_FOLDER = re.compile(
    r"(?:^|/)(?P<code>zh|ko|ja|de|fr|es|pt|ru|uk|tr|pl|vi|ar|fa)(?:[-_][A-Za-z]{2,4})?/", re.IGNORECASE
)
_SCRIPTS = {
    "CJK": ("zh", "cn", "tw", "ja", "jp"), "HIRAGANA": ("ja", "jp"), "KATAKANA": ("ja", "jp"),
    "HANGUL": ("ko", "kr"), "CYRILLIC": ("ru", "uk"), "ARABIC": ("ar", "fa"), "DEVANAGARI": ("hi",),
}  # fmt: skip
_LETTERS_LOOKED_AT = 400
_SHARE = 0.3  # of the letters: code and names in it are Latin everywhere


def script(text: str) -> str:
    """The script of a text's letters, as Unicode names it; LATIN unless another one has a good part of them."""
    letters = [character for character in text[: 4 * _LETTERS_LOOKED_AT] if character.isalpha()][:_LETTERS_LOOKED_AT]
    counts = Counter(unicodedata.name(letter, "LATIN").split()[0] for letter in letters)
    others = [(count, name) for name, count in counts.items() if name in _SCRIPTS]
    return max(others)[1] if sum(count for count, _ in others) > _SHARE * len(letters) else "LATIN"


def is_translation(path: str) -> bool:
    """Told from the name alone."""
    return _named(path) is not None


def weight(question: str, path: str, text: str) -> float:
    """1 for what the asker can read as far as can be told, else less. English, as code is documented, is for all."""
    asked, written = script(question), script(text)
    if written not in ("LATIN", asked):
        return OTHERWISE
    named = _named(path)
    return OTHERWISE if named and named["code"].lower() not in _SCRIPTS.get(asked, ()) else 1.0


def _named(path: str) -> re.Match[str] | None:
    return _SUFFIX.search(path) or _FOLDER.search(path)
