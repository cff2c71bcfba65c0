"""The composition root: where stores lie, whose they are, and which folders become roots."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest
from filelock import FileLock

from dt6_lsp.app import build_engine, store_folder
from dt6_lsp.cli import main
from dt6_lsp.errors import WorkspaceError
from dt6_lsp.settings import Settings
from dt6_lsp.settings.folders import MARK


def roots_of(*roots: Path, data: Path) -> tuple[Path, ...]:
    async def build() -> tuple[Path, ...]:
        engine = build_engine(Settings(), roots, data)
        await engine.close()
        return engine.roots

    return asyncio.run(build())


def a_store(data: Path, workspace: Path) -> Path:
    folder = store_folder(workspace, data)
    folder.mkdir(parents=True)
    (folder / MARK).write_text(f"{workspace}\n", encoding="utf-8")
    (folder / "ledger").write_bytes(b"x" * 1_000_000)
    return folder


def test_a_store_is_named_for_people_and_told_apart_by_the_whole_path(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "My Project", tmp_path / "b" / "My Project"
    one.mkdir(parents=True)
    other.mkdir(parents=True)
    assert store_folder(one, tmp_path).name.startswith("my-project-")
    assert store_folder(one, tmp_path) != store_folder(other, tmp_path)
    assert store_folder(one / ".." / "My Project", tmp_path) == store_folder(one, tmp_path)
    assert store_folder(Path(one.anchor), tmp_path).name.startswith("root-")


def test_a_link_to_a_folder_has_the_store_of_the_folder(tmp_path: Path) -> None:
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to(folder, target_is_directory=True)
    assert store_folder(link, tmp_path) == store_folder(folder, tmp_path)


def test_folders_that_differ_in_case_share_a_store_only_if_they_are_the_same(tmp_path: Path) -> None:
    lower, upper = tmp_path / "project", tmp_path / "PROJECT"
    lower.mkdir()
    same_folder = upper.exists()
    upper.mkdir(exist_ok=True)
    assert (store_folder(lower, tmp_path) == store_folder(upper, tmp_path)) == same_folder


def test_a_folder_inside_another_root_is_indexed_once(tmp_path: Path) -> None:
    outer, inner, other = tmp_path / "outer", tmp_path / "outer" / "inner", tmp_path / "other"
    for folder in (inner, other):
        folder.mkdir(parents=True)
    assert roots_of(inner, outer, other, outer, data=tmp_path / "data") == (outer, other)


def test_no_folder_and_no_such_folder_are_errors(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="No folder is open"):
        roots_of(data=tmp_path)
    with pytest.raises(WorkspaceError, match="does not exist"):
        roots_of(tmp_path / "absent", data=tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(WorkspaceError):
        roots_of(tmp_path / "file", data=tmp_path)


def test_a_store_says_whose_it_is(tmp_path: Path) -> None:
    root = tmp_path / "Füchse"
    root.mkdir()
    roots_of(root, data=tmp_path / "data")
    assert (store_folder(root, tmp_path / "data") / MARK).read_text(encoding="utf-8") == f"{root}\n"


def test_gc_takes_the_stores_of_folders_that_are_gone_and_no_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "here").mkdir()
    data = Path(os.environ["DT6_DATA_DIR"])
    here, gone, held, away = (
        a_store(data, tmp_path / name) for name in ("here", "gone", "held", "mount-point/of-no-drive/away")
    )
    (tmp_path / "mount-point").mkdir()
    nameless = data / "workspaces" / "nameless"
    nameless.mkdir()
    with FileLock(held / "writer.lock"):
        assert main(["gc", "--dry-run"]) == 0
        assert gone.exists()
        assert main(["gc"]) == 0
        assert main(["gc", "--json"]) == 0
    assert [folder.exists() for folder in (here, gone, held, away, nameless)] == [True, False, True, True, True]
    dry, done, as_json = capsys.readouterr().out.split("freed")[0:3]
    assert f"{tmp_path / 'gone'}: would be removed, 1.0 MB. The folder is gone." in dry
    assert f"{tmp_path / 'gone'}: removed, 1.0 MB." in done
    assert f"{tmp_path / 'held'}: left alone. Another process has it open." in done
    assert "gone" not in as_json


def test_gc_takes_what_nobody_has_used_for_long_only_when_it_is_told(tmp_path: Path) -> None:
    data = Path(os.environ["DT6_DATA_DIR"])
    long_ago = time.time() - 40 * 24 * 3600
    used, unused = (a_store(data, tmp_path / name) for name in ("used", "unused"))
    for name in ("used", "unused"):
        (tmp_path / name).mkdir()
    os.utime(unused / MARK, (long_ago, long_ago))
    assert main(["gc"]) == 0
    assert main(["gc", "--unused", "60"]) == 0
    assert unused.exists()
    assert main(["gc", "--unused", "30"]) == 0
    assert (used.exists(), unused.exists()) == (True, False)
    assert main(["gc", "--unused", "-1"]) == 2
