"""What is gathered of a workspace: which imports count, what is central, where it starts; and when it is done anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dt6_lsp.assistant.architecture.facts import Atlas, Facts
from dt6_lsp.cancel import CancelToken
from tests.unit.assistant_fixtures import FakeReader
from tests.unit.workspace_fixture import indexed, parse

if TYPE_CHECKING:
    from pathlib import Path

    from dt6_lsp.assistant.architecture.entries import Entry
    from dt6_lsp.workspace.history import Churn


def facts(source: str) -> Facts:
    return Atlas().of(FakeReader(dict(parse(source).files)), CancelToken())


GUARDED = """
//- app/a.py
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from app.b import B
class A: ...
//- app/b.py
from app.a import A
class B(A): ...
"""


def test_an_import_for_types_makes_no_cycle_and_no_layer() -> None:
    found = facts(GUARDED)
    assert (found.cycles, found.typed) == ((), 1)
    assert found.structure.level == {"app/a.py": 0, "app/b.py": 1}


def test_one_that_also_runs_does() -> None:
    found = facts(GUARDED.replace("class A: ...", "def late():\n    from app.b import B\nclass A: ..."))
    assert (found.cycles, found.typed) == ((("app/a.py", "app/b.py"),), 0)


def test_so_it_is_in_typescript() -> None:
    source = """
    //- src/a.ts
    import type { B } from "./b";
    export class A { b?: B }
    //- src/b.ts
    import { A } from "./a";
    export class B extends A {}
    """
    assert facts(source).cycles == ()
    assert facts(source.replace("import type", "import")).cycles == (("src/a.ts", "src/b.ts"),)


def test_a_name_that_libraries_have_too_is_central_only_where_it_is_imported() -> None:
    users = "\n".join(f"//- app/u{number}.py\nx = 'a b'.split()\n" for number in range(5))
    source = f"//- app/words.py\nclass Words:\n    def split(self): ...\n{users}"
    assert facts(source).ranking.keys == ()
    shared = source.replace("x = 'a b'.split()", "from app.words import Words\nx = Words().split()")
    assert ("Words", "app/words.py") in facts(shared).ranking.keys


def test_what_a_question_names_draws_rank_near() -> None:
    source = """
    //- app/one.py
    from app.near import NearThing
    NearThing()
    //- app/two.py
    from app.far import FarThing
    FarThing()
    //- app/three.py
    from app.far import FarThing
    FarThing()
    //- app/near.py
    class NearThing: ...
    //- app/far.py
    class FarThing: ...
    """
    reader = FakeReader(dict(parse(source).files))
    ranking = Atlas().of(reader, CancelToken()).ranking
    assert ranking.symbols({}, reader, 1)[0].definition.name == "FarThing"
    assert ranking.symbols({"app/one.py": 1.0}, reader, 1)[0].definition.name == "NearThing"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('//- pyproject.toml\n[project.scripts]\ntill = "shop.cli:main"\n//- shop/cli.py\ndef main(): ...\n',
         ("command", "till", "shop/cli.py", 2)),
        ('//- setup.cfg\n[options.entry_points]\nconsole_scripts =\n    till = shop:main\n//- shop.py\nx = 1\n',
         ("command", "till", "shop.py", 3)),
        ('//- package.json\n{"name": "@a/till",\n "bin": "./bin/run.js"}\n//- bin/run.js\nrun()\n',
         ("command", "till", "bin/run.js", 2)),
        ('//- Cargo.toml\n[[bin]]\nname = "till"\npath = "src/till.rs"\n//- src/till.rs\nfn main() {}\n',
         ("command", "till", "src/till.rs", 3)),
        ("//- cmd/till/main.go\npackage main\n\nfunc main() {}\n",
         ("program", "cmd/till/main.go", "cmd/till/main.go", 3)),
        ("//- src/A.java\nclass A {\n  public static void main(String[] a) {}\n}\n",
         ("program", "src/A.java", "src/A.java", 2)),
        ("//- web.py\nfrom fastapi import FastAPI\napp = FastAPI()\n",
         ("application", "FastAPI in web.py", "web.py", 2)),
        ("//- src/index.ts\nexport const x = 1;\n", ("library", "src/index.ts", "src/index.ts", 1)),
    ],
)  # fmt: skip
def test_entry_points(source: str, expected: tuple[str, str, str, int]) -> None:
    def short(entry: Entry) -> tuple[str, str, str, int]:
        return entry.sort, entry.label, entry.path, entry.source.start_line

    assert expected in [short(entry) for entry in facts(source).entries]


def test_a_broken_manifest_says_nothing() -> None:
    assert facts("//- pyproject.toml\n[project\n//- package.json\n{\n//- a.py\nx = 1\n").manifests == ()


def test_facts_are_kept_until_a_file_changes(tmp_path: Path) -> None:
    asked: list[str] = []

    def history(_: CancelToken) -> list[Churn]:
        asked.append("git")
        return []

    atlas = Atlas(history)
    with indexed("//- a.py\nx = 1\n", tmp_path) as index:
        first = atlas.of(index, CancelToken())
        assert atlas.of(index, CancelToken()) is first
        unsaved = index.over({"a.py": "import b\n"})
        other = atlas.of(unsaved, CancelToken())
        assert other is not first
        assert len(asked) == 1
        (tmp_path / "work/b.py").write_text("y = 1\n", encoding="utf-8")
        index.update()
        assert atlas.of(index, CancelToken()).code == ("a.py", "b.py")
        assert len(asked) == 2
