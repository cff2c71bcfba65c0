"""Images that a question carries: read from the files that the user named, or from data URIs.

Only what was named is read: no folder, no pattern, nothing from the network. Its first bytes say what a file is, not
its name, so that nothing but a picture leaves this way; a file that is secret by its name does not either.
Not here: whether the model can see (`pipeline` asks its choice), and how a protocol writes images down.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from dt6_lsp.errors import ModelError, SettingError
from dt6_lsp.models import failures
from dt6_lsp.models.base import Image
from dt6_lsp.workspace.defaults import is_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dt6_lsp.models.base import Message
    from dt6_lsp.models.orchestrator import Choice

MOST_IMAGES = 8
MOST_BYTES = 10_000_000  # of one image; servers take 10 to 20 MB
TOKENS = 1_600  # kept for each: what a model makes of a large picture, whatever the server says

_BEGINNINGS = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_KINDS = "PNG, JPEG, GIF and WebP"


def read_images(named: Sequence[str]) -> tuple[Image, ...]:
    """Absolute paths or `data:` URIs, in order; blocking. `SettingError` for the first that can't be sent."""
    if len(named) > MOST_IMAGES:
        raise SettingError(f"A question can carry {MOST_IMAGES} images, not {len(named)}.", "Leave some out.")
    return tuple(_from_uri(name) if name[:5].lower() == "data:" else _from_file(Path(name)) for name in named)


def with_images(messages: tuple[Message, ...], images: tuple[Image, ...]) -> tuple[Message, ...]:
    """They go with the last message, which is the user's."""
    return (*messages[:-1], replace(messages[-1], images=images)) if images else messages


def image_tokens(images: Sequence[Image], choice: Choice) -> int:
    """What they may take of the model's window. `ModelError` where it can't see, or has no room for them."""
    if not images:
        return 0
    if choice.sees is False:
        raise failures.blind(choice.backend.name if choice.backend else "none", choice.model)
    needed = TOKENS * len(images)
    if needed > choice.context_tokens // 2:
        cause = f"{len(images)} images may need {needed:,} tokens of the {choice.context_tokens:,} that the model has."
        raise ModelError(cause, "Ask about fewer images at once.")
    return needed


def not_seen(images: Sequence[Image]) -> str:
    """What to say where nobody looked at them."""
    return (
        f"{'The image was' if len(images) == 1 else f'The {len(images)} images were'} not looked at." if images else ""
    )


def _from_file(path: Path) -> Image:
    try:
        if is_secret(path.as_posix()) or is_secret(path.resolve().as_posix()):
            raise SettingError(f"{path} was not read, because such files hold secrets.", "Name an image.")
        if not path.is_file():  # a pipe or a device would never end
            raise SettingError(f"There is no image {path}.", "Give the path of an image file.")
        with path.open("rb") as file:
            return _image(file.read(MOST_BYTES + 1), str(path))
    except (OSError, ValueError) as error:  # ValueError: no path at all
        why = getattr(error, "strerror", None) or error
        raise SettingError(f"{path} can't be read ({why}).", "Name an image that you may read.") from None


def _from_uri(uri: str) -> Image:
    head, comma, body = uri.partition(",")
    shown = f"The data URI {head[:60]!r}"
    if not comma or len(body) > 2 * MOST_BYTES:
        raise SettingError(f"{shown} holds no image, or too large a one.", f"Images have {MOST_BYTES:,} bytes at most.")
    try:
        data = unquote_to_bytes(body)
        return _image(base64.b64decode(data, validate=True) if head.lower().endswith(";base64") else data, shown)
    except binascii.Error:
        raise SettingError(f"{shown} is not in base64.", "Write it as data:image/png;base64,...") from None


def _image(data: bytes, shown: str) -> Image:
    if len(data) > MOST_BYTES:
        raise SettingError(f"{shown} is larger than {MOST_BYTES:,} bytes.", "Make the image smaller.")
    kind = next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), "")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        kind = "image/webp"
    if not kind:
        raise SettingError(f"{shown} is no image that models take.", f"They take {_KINDS}.")
    return Image(kind, data)
