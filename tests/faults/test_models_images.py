"""Questions with images: what is read, what is sent in each protocol, and what a model that can't see is good for."""

from __future__ import annotations

import base64
import struct
import zlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.images import MOST_BYTES, MOST_IMAGES, TOKENS, read_images
from dt6_lsp.assistant.services import Services
from dt6_lsp.engine import AskContext, Engine
from dt6_lsp.errors import SettingError
from dt6_lsp.models.orchestrator import ModelHub
from dt6_lsp.models.tokens import TokenCounter
from dt6_lsp.settings import ChatSettings, OllamaSettings, OpenAISettings, Settings
from tests.servers.model_server import Installed, ModelServer
from tests.servers.scripted import IMAGE_TOKENS
from tests.unit.assistant_fixtures import FakeReader, done

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from dt6_lsp.engine import Done

FILES = {"app/io.py": 'def read_all(path):\n    """Reads a file whole."""\n    return open(path).read()\n'}
QUESTION = "Why does read_all show this?"
JPEG, GIF, WEBP = b"\xff\xd8\xff\xe0" + bytes(8), b"GIF89a" + bytes(8), b"RIFF\x10\x00\x00\x00WEBPVP8 "


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = zlib.compress(b"\x00\xff")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def data_uri(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    ollama = [Installed("blind:latest"), Installed("eyes:latest", ("completion", "vision"), 32_768)]
    openai = [Installed("blind", context_length=32_768), Installed("eyes", ("completion", "vision"), 32_768)]
    with ModelServer(ollama, openai) as running:
        yield running


@asynccontextmanager
async def engine(server: ModelServer, backend: str, model: str, *fallback: str) -> AsyncIterator[Engine]:
    settings = Settings(
        chat=ChatSettings(backend=backend, model=model, fallback=fallback),
        ollama=OllamaSettings(server.url),
        openai=OpenAISettings(server.openai_url),
    )
    made = Engine(Services(settings, ModelHub(settings), TokenCounter()), [], FakeReader(dict(FILES)))
    try:
        yield made
    finally:
        await made.close()


async def ask(made: Engine, *images: str) -> Done:
    return done([event async for event in made.ask(QUESTION, context=AskContext(images=images))])


@pytest.mark.parametrize("backend", ["ollama", "openai"])
async def test_a_model_that_can_see_gets_the_image_beside_the_words(
    server: ModelServer, backend: str, tmp_path: Path
) -> None:
    (tmp_path / "shot").write_bytes(png())
    async with engine(server, backend, "eyes") as made:
        answer = await ask(made, str(tmp_path / "shot"), data_uri(png()))
    assert (answer.answer, answer.model, answer.notice) == ("This is an answer.", "eyes", "")
    received = server.chats[-1]
    assert received.images == [png(), png()]
    assert QUESTION in received.prompt
    assert answer.usage.prompt_tokens > 2 * IMAGE_TOKENS
    if backend == "ollama":
        assert received.num_ctx >= 2 * TOKENS


@pytest.mark.parametrize("backend", ["ollama", "openai"])
async def test_a_model_that_can_not_see_is_told_of_and_the_image_was_not_looked_at(
    server: ModelServer, backend: str
) -> None:
    async with engine(server, backend, "blind") as made:
        answer = await ask(made, data_uri(png()))
        assert answer.backend == "none"
        assert "image" in answer.notice.split(". ")[0]
        assert "blind" in answer.notice
        assert answer.notice.endswith("The image was not looked at.")
        assert answer.answer.count(answer.notice) == 1, "a terminal, which shows both, says it once"
        assert "\n" not in answer.notice
        assert (await ask(made)).model == "blind", "words alone are answered as before"
    assert len(server.chats) == (1 if backend == "ollama" else 2), "what is known beforehand is not tried"


@pytest.mark.parametrize("backend", ["ollama", "openai"])
async def test_one_that_can_see_stands_in_where_the_user_gave_an_order(server: ModelServer, backend: str) -> None:
    async with engine(server, backend, "blind", "eyes") as made:
        answer = await ask(made, data_uri(png()))
    assert (answer.model, server.chats[-1].images) == ("eyes", [png()])
    assert "eyes" in answer.notice


async def test_images_need_room_in_the_models_window() -> None:
    with ModelServer([Installed("eyes:latest", ("completion", "vision"), 4096)]) as server:
        async with engine(server, "ollama", "eyes") as made:
            answer = await ask(made, *[data_uri(png())] * 3)
    assert "3 images may need 4,800 tokens" in answer.notice
    assert "The 3 images were not looked at." in answer.notice


# --- what is read ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "kind"), [(png(), "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")]
)
def test_what_an_image_is_its_bytes_say(tmp_path: Path, data: bytes, kind: str) -> None:
    (tmp_path / "picture.txt").write_bytes(data)
    for image in read_images([str(tmp_path / "picture.txt"), data_uri(data, "text/plain")]):
        assert (image.media_type, image.data) == (kind, data)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("absent.png", None, "There is no image"),
        ("notes.png", b"password = hunter2", "no image that models take"),
        ("vector.svg", b"<svg/>", "PNG, JPEG, GIF and WebP"),
        ("huge.png", png() + bytes(MOST_BYTES), "larger than 10,000,000 bytes"),
        (".env", png(), "such files hold secrets"),
        ("id_rsa", png(), "such files hold secrets"),
        ("empty.png", b"", "no image"),
        ("a\0b", None, "can't be read"),
    ],
)
def test_nothing_but_an_image_is_read(tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SettingError, match=said):
        read_images([str(tmp_path / name)])


def test_a_link_to_a_secret_file_is_a_secret_file(tmp_path: Path) -> None:
    (tmp_path / "id_rsa").write_bytes(png())
    try:
        (tmp_path / "shot.png").symlink_to(tmp_path / "id_rsa")
    except OSError:
        pytest.skip("this system makes no links")
    with pytest.raises(SettingError, match="secrets"):
        read_images([str(tmp_path / "shot.png")])


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("data:image/png;base64,%%%", "not in base64"),
        ("data:image/png;base64", "no image"),
        ("data:text/plain,hello", "no image"),
        ("http://example.org/x.png", "There is no image"),
        ("", "There is no image"),
    ],
)
def test_a_uri_that_holds_no_image(uri: str, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        read_images([uri])


def test_a_folder_and_too_many_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="There is no image"):
        read_images([str(tmp_path)])
    with pytest.raises(SettingError, match="8 images, not 9"):
        read_images([data_uri(png())] * (MOST_IMAGES + 1))


async def test_an_image_that_can_not_be_sent_is_a_mistake_of_the_caller(server: ModelServer) -> None:
    async with engine(server, "ollama", "eyes") as made:
        with pytest.raises(SettingError, match="There is no image"):
            await ask(made, "/nowhere/shot.png")
    assert server.chats == []
