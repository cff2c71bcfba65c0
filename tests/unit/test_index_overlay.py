"""Unsaved texts of an editor: its own questions are answered as if they were saved, and nobody else hears of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dt6_lsp.index.buffers import MOST
from dt6_lsp.index.federation import Federation
from dt6_lsp.settings import Settings, WorkspaceSettings
from tests.index_fixtures import FakeEmbedder, function, opened, rows, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dt6_lsp.index.index import Index
    from dt6_lsp.index.model import Reader

FILES = {
    "shop/basket.py": function("fill_basket", "Put an item into the basket.") + "\n\n" + function("empty_basket"),
    "shop/price.py": "from shop.basket import fill_basket\n\n\n" + function("price_of", "What an item costs."),
    "shop/till.py": function("ring_up", "Ring up the price of a basket."),
    "notes.md": "# Notes\n\nThe basket is emptied at night.\n",
}
EDITED = {
    "shop/price.py": "from shop.till import ring_up\n\n\n" + function("discount_of", "A lower price, fill_basket(x)."),
    "shop/till.py": "",
    "shop/voucher.py": function("redeem_voucher", "Redeem a voucher for a basket.") + "\n\nfill_basket(1)\n",
    "notes.md": "# Notes\n\nNothing at all.\n",
}
NAMES = ("fill_basket", "price_of", "discount_of", "redeem_voucher", "ring_up", "result", "fill_basket_step")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    write(tmp_path / "work", FILES)
    with opened(tmp_path / "work", tmp_path / "store") as index:
        index.update()
        yield index


def answers(reader: Reader) -> dict[str, object]:
    paths = sorted({*FILES, *EDITED})
    return {
        "files": reader.files(),
        "definitions": [reader.definitions(name) for name in NAMES],
        "uses": [(reader.uses(name), reader.count_uses(name), len(reader.uses(name, 3))) for name in NAMES],
        "symbols": [reader.symbols(query, 5) for query in ("basket", "of", "rv", "red", "ring_up", "FiBa")],
        "files' own": [(reader.outline(path), reader.imports(path), reader.chunks(path)) for path in paths],
    }


def test_everything_is_answered_as_if_the_texts_were_saved(tmp_path: Path, index: Index) -> None:
    write(tmp_path / "saved", {**FILES, **EDITED})
    with opened(tmp_path / "saved", tmp_path / "other-store") as saved:
        saved.update()
        overlay = index.over(EDITED)
        assert answers(overlay) == answers(saved)
        for query in ("redeem_voucher", "a lower price", "put an item into the basket", "night"):
            found, expected = overlay.search(query, 3), saved.search(query, 3)
            assert [hit.path for hit in found][:1] == [hit.path for hit in expected][:1]
            assert {hit.path for hit in found} == {hit.path for hit in expected}
            assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
        assert found[0].score == pytest.approx(expected[0].score, rel=0.2)


def test_nobody_else_hears_of_them(tmp_path: Path, index: Index) -> None:
    before, kept = answers(index), rows(tmp_path / "store")
    overlay = index.over(EDITED)
    assert overlay.search("redeem_voucher")[0].path == "shop/voucher.py"
    assert answers(index) == before
    with opened(tmp_path / "work", tmp_path / "store") as follower:
        assert not [hit for hit in follower.search("redeem_voucher") if "voucher" in hit.text]
    assert rows(tmp_path / "store") == kept
    stored = [path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()]
    assert not [data for data in stored if b"redeem_voucher" in data]


def test_a_text_that_is_as_on_disk_costs_nothing(index: Index) -> None:
    assert index.over(FILES) is index
    assert index.over({}) is index


def test_what_would_not_be_indexed_stays_out(tmp_path: Path) -> None:
    root = tmp_path / "work"
    write(root, {"a.py": function("alpha"), ".gitignore": "out/\n", "out/b.py": "x = 1\n", "outside.py": "x = 1\n"})
    (root / "link.py").symlink_to(tmp_path / "work" / "a.py")
    left_out = ["out/b.py", ".env", "id_rsa", "link.py", "../outside.py", "/etc/passwd", "gone/new.py"]
    with opened(root, tmp_path / "store", settings=Settings(workspace=WorkspaceSettings(max_file_bytes=5000))) as index:
        index.update()
        texts = {path: function("left_out") for path in left_out} | {"big.py": "#" * 6000}
        assert index.over(texts) is index
        key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA" * 20 + "\n-----END RSA PRIVATE KEY-----\n"
        overlay = index.over({"a.py": key, "b.py": 'password = "q7Xk!92mPz"\n'})
        assert [path for path in overlay.files() if path.endswith(".py")] == ["b.py", "outside.py"]
        assert "q7Xk" not in overlay.chunks("b.py")[0].text


def test_the_newest_few_count_and_each_is_parsed_once(index: Index) -> None:
    texts = {f"new{number}.py": function(f"fresh_{number}") for number in range(MOST + 4)}
    overlay = index.over(texts)
    assert [path for path in overlay.files() if path.startswith("new")] == sorted(list(texts)[4:])
    again = index.over(dict(texts))
    assert again.definitions("fresh_9") == overlay.definitions("fresh_9") != []


def test_a_buffer_is_embedded_only_where_it_differs(tmp_path: Path) -> None:
    root, embedder = tmp_path / "work", FakeEmbedder()
    write(root, FILES)
    with opened(root, tmp_path / "store", embedder) as index:
        index.update()
        embedder.embedded.clear()
        overlay = index.over({"shop/basket.py": FILES["shop/basket.py"] + "\n\n" + function("weigh_basket")})
        assert overlay.search("weigh_basket")[0].symbol == "weigh_basket"
        assert overlay.search("weigh a basket")
        assert [text.split("(")[0] for text in embedder.embedded] == ["def weigh_basket"]
        embedder.broken = True
        assert index.over({"x.py": function("broken_scale")}).search("broken_scale")[0].path == "x.py"


def test_several_roots_each_hide_their_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(tmp_path / name, {"a.py": function(f"alpha_{name}")})
    with opened(tmp_path / "one", tmp_path / "s1") as one, opened(tmp_path / "two", tmp_path / "s2") as two:
        one.update()
        two.update()
        overlay = Federation([one, two]).over({"two/a.py": function("omega"), "three/a.py": function("nowhere")})
        assert [item.path for item in overlay.definitions("omega")] == ["two/a.py"]
        assert [item.path for item in overlay.definitions("alpha_one")] == ["one/a.py"]
        assert overlay.definitions("alpha_two") == []
        assert overlay.search("omega")[0].path == "two/a.py"
        assert overlay.definitions("nowhere") == []
