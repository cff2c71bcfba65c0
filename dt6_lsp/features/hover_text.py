"""A hover in words: Markdown for editors that render it, plain text for the others.

Signature and doc come from the workspace, so they are made harmless first. Not here: finding anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dt6_lsp.assistant.sanitize import fenced, inline, sanitize

if TYPE_CHECKING:
    from dt6_lsp.features.hover import Hover
    from dt6_lsp.index.model import Use

_MOST_DOC = 1_200


def render_markdown(found: Hover) -> str:
    doc = sanitize(_doc(found))
    where = f"{found.kind} {inline(found.title)}, defined at {inline(f'{found.path}:{found.line}')}"
    uses = ", ".join(inline(_place(use)) for use in found.top_uses)
    parts = (fenced(found.signature or found.title, found.language), doc, where, _used(found, uses))
    return "\n\n".join(part for part in parts if part)


def render_plain(found: Hover) -> str:
    where = f"{found.kind} {found.title}, defined at {found.path}:{found.line}"
    uses = ", ".join(_place(use) for use in found.top_uses)
    parts = (found.signature or found.title, _doc(found), where, _used(found, uses))
    return "\n\n".join(part for part in parts if part)


def _doc(found: Hover) -> str:
    if len(found.doc) <= _MOST_DOC:
        return found.doc.strip()
    return found.doc[:_MOST_DOC].rsplit("\n", 1)[0].rstrip() + " …"


def _place(use: Use) -> str:
    return f"{use.path}:{use.line}"


def _used(found: Hover, uses: str) -> str:
    times = {0: "Not used in the workspace", 1: "Used once"}.get(found.used_by, f"Used {found.used_by} times")
    more = " …" if found.used_by > len(found.top_uses) else ""
    others = {0: "", 1: " One other definition has the name."}.get(
        found.others, f" {found.others} other definitions have the name."
    )
    return f"{times}: {uses}{more}.{others}" if uses else f"{times}.{others}"
