"""JSON as people write it in configuration: with comments and commas too many.

A string or a comment that is never closed ends with the text: so each character is read once, whatever is written.
"""

from __future__ import annotations

import json
import re
from typing import Any

_STRING = r'("(?:\\.|[^"\\])*+"?)'
_COMMENT = re.compile(_STRING + r"|//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])", re.DOTALL)


def read_object(text: str) -> dict[str, Any]:
    """The object that the text is; an empty one where it is something else or broken."""
    plain = _COMMA.sub(lambda found: found[1] or "", _COMMENT.sub(lambda found: found[1] or " ", text))
    try:
        value = json.loads(plain.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def table(value: Any) -> dict[str, Any]:
    """`value` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    """`value` as strings: itself, or those of a list."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
