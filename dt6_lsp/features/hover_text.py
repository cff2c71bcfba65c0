"""A hover in words: Markdown for editors that render it, plain text for the others.

Signature, doc, names, paths and commits come from the workspace, so they are made harmless first. Not here: finding
anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dt6_lsp.assistant.sanitize import fenced, inline, sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from dt6_lsp.features.changes import Changed
    from dt6_lsp.features.hover import Hover

    Uri = Callable[[str], str]
    Place = Callable[[str, int], str]

_MOST_DOC = 1_200
_MOST_SUBJECT = 100
_MOST_EXPLANATION = 2_500
_NO_LABEL = re.compile(r"[`\[\]<>\\]")  # in a link, renderers differ in what they make of these


def render_markdown(found: Hover, uri_of: Uri | None = None) -> str:
    """`uri_of` a path: places become links there."""

    def place(path: str, line: int) -> str:
        label = inline(f"{path}:{line}")
        return label if uri_of is None or _NO_LABEL.search(path) else f"[{label}]({uri_of(path)}#L{line})"

    doc = sanitize(_doc(found))
    where = f"{found.kind} {inline(found.title)}, defined at {place(found.path, found.line)}"
    return _joined(
        fenced(found.signature or found.title, found.language),
        doc,
        _explained(found, inline),
        where,
        _used(found, place),
        sanitize(_changed(found.changed)),
        _related(found, place, inline),
    )


def render_plain(found: Hover) -> str:
    where = f"{found.kind} {found.title}, defined at {found.path}:{found.line}"
    return _joined(
        found.signature or found.title,
        _doc(found),
        _explained(found, str),
        where,
        _used(found, _plain),
        _changed(found.changed),
        _related(found, _plain, str),
    )


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _plain(path: str, line: int) -> str:
    return f"{path}:{line}"


def _doc(found: Hover) -> str:
    if len(found.doc) <= _MOST_DOC:
        return found.doc.strip()
    return found.doc[:_MOST_DOC].rsplit("\n", 1)[0].rstrip() + " …"


def _explained(found: Hover, name: Callable[[str], str]) -> str:
    """Harmless already. It says who wrote it, as nobody has checked it."""
    if found.explanation is None:
        return ""
    made = found.explanation
    text = made.text if len(made.text) <= _MOST_EXPLANATION else sanitize(made.text[:_MOST_EXPLANATION] + " …")
    return f"{text}\n\nExplained by {name(made.model)} ({made.backend})."


def _used(found: Hover, place: Place) -> str:
    times = {0: "Not used in the workspace", 1: "Used once"}.get(found.used_by, f"Used {found.used_by} times")
    uses = ", ".join(place(use.path, use.line) for use in found.top_uses)
    more = " …" if found.used_by > len(found.top_uses) else ""
    others = {0: "", 1: " One other definition has the name."}.get(
        found.others, f" {found.others} other definitions have the name."
    )
    return f"{times}: {uses}{more}.{others}" if uses else f"{times}.{others}"


def _changed(changed: Changed | None) -> str:
    if changed is None:
        return ""
    subject = " ".join(changed.commit.subject.split())
    cut = subject if len(subject) <= _MOST_SUBJECT else subject[:_MOST_SUBJECT].rstrip() + " …"
    what = "Last changed" if changed.exact else "Not committed as it is; its file was last changed"
    return f"{what} {changed.commit.date}: {cut}"


def _related(found: Hover, place: Place, name: Callable[[str], str]) -> str:
    near = "; ".join(f"{name(item.qualified)} at {place(item.path, item.name_line)}" for item in found.related)
    return f"Related: {near}." if near else ""
