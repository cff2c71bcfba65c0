"""What DT6's own rules keep and remove: the deny list, .dt6ignore, settings, and which of them wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dt6_lsp.settings import WorkspaceSettings
from dt6_lsp.workspace import reasons
from dt6_lsp.workspace.patterns import RuleSet, parse_rules
from dt6_lsp.workspace.walker import IgnoreRules, walk
from tests.unit.workspace_fixtures import make_repository, paths, plain, tree

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("node_modules/x/index.js", reasons.DEPENDENCIES),
        (".venv/lib/a.py", reasons.DEPENDENCIES),
        ("__pycache__/a.py", reasons.BUILD_OUTPUT),
        (".next/page.js", reasons.BUILD_OUTPUT),
        ("dist/bundle.js", reasons.BUILD_OUTPUT),
        ("build/a.o.txt", reasons.BUILD_OUTPUT),
        ("target/debug/x.d", reasons.BUILD_OUTPUT),
        ("out/a.js", reasons.BUILD_OUTPUT),
        (".mypy_cache/x.json", reasons.CACHE),
        ("package-lock.json", reasons.LOCK_FILE),
        ("Cargo.lock", reasons.LOCK_FILE),
        ("go.sum", reasons.LOCK_FILE),
        ("jquery.min.js", reasons.MINIFIED),
        ("api.pb.go", reasons.GENERATED),
        ("api_pb2.py", reasons.GENERATED),
        ("app.js.map", reasons.GENERATED),
        ("logo.PNG", reasons.BINARY),
        (".env", reasons.SECRET),
        (".env.production", reasons.SECRET),
        (".envrc", reasons.SECRET),
        ("prod.env", reasons.SECRET),
        ("id_rsa", reasons.SECRET),
        ("server.pem", reasons.SECRET),
        ("server.key", reasons.SECRET),
        (".npmrc", reasons.SECRET),
        (".pypirc", reasons.SECRET),
        (".netrc", reasons.SECRET),
        ("vault.kdbx", reasons.SECRET),
        ("credentials.json", reasons.SECRET),
        (".ssh/config", reasons.SECRET),
        (".docker/config.json", reasons.SECRET),
        ("home/.aws/config", reasons.SECRET),
        (".aws/credentials", reasons.SECRET),
        (".dockercfg", reasons.SECRET),
        (".dockerconfigjson", reasons.SECRET),
        ("prod-kubeconfig.yaml", reasons.SECRET),
        (".git-credentials", reasons.SECRET),
        (".vault-token", reasons.SECRET),
        ("main.tfstate.backup", reasons.SECRET),
        ("prod.tfvars.json", reasons.SECRET),
        (".gitignore", reasons.IGNORE_FILE),
        ("a/.dt6ignore", reasons.IGNORE_FILE),
        (".gitattributes", reasons.IGNORE_FILE),
        (".gitmodules", reasons.IGNORE_FILE),
        (".git/config", reasons.VERSION_CONTROL),
        (".hg/store", reasons.VERSION_CONTROL),
    ],
)
def test_what_is_never_worth_indexing_is_skipped_with_its_reason(tmp_path: Path, path: str, reason: str) -> None:
    tree(tmp_path, plain(path, "kept.py"))
    found = walk(tmp_path, WorkspaceSettings())
    assert [entry.path for entry in found.files] == ["kept.py"]
    assert found.skipped == {reason: 1}
    assert IgnoreRules(tmp_path, WorkspaceSettings()).reason(path) == reason


@pytest.mark.parametrize(
    "path",
    [
        ".env.example", ".env.sample", "id_rsa.pub", "credentials.py", "secrets.py", "environment.py", "a.gitignore",
        ".github/workflows/ci.yml", "lib/a.rb", "vendor/x.go", "bin/run", "coverage/__init__.py", "cache/store.py",
        "src/build/a.c", "src/target/mod.rs", "build/__init__.py", "packages/x/src/dist.ts", "a.lock.py", "minimal.js",
        "env/settings.py", "token.key.md",
    ],
)  # fmt: skip
def test_source_with_a_suspicious_name_stays(tmp_path: Path, path: str) -> None:
    tree(tmp_path, plain(path))
    assert walk(tmp_path, WorkspaceSettings()).skipped == {}


def test_a_folder_that_could_be_source_is_output_beside_the_manifest_of_a_tool_that_writes_there(
    tmp_path: Path,
) -> None:
    tree(
        tmp_path,
        plain(
            "a/Cargo.toml", "a/target/x.rs", "a/bin/main.rs", "b/package.json", "b/dist/x.ts", "b/target/x.ts",
            "c/App.csproj", "c/obj/x.cs", "c/Program.cs", "d/target/keep.py",
        ),
    )  # fmt: skip
    assert paths(tmp_path) == {
        "a/Cargo.toml", "a/bin/main.rs", "b/package.json", "b/target/x.ts", "c/App.csproj", "c/Program.cs",
        "d/target/keep.py",
    }  # fmt: skip


def test_environments_and_caches_are_known_by_what_lies_in_them(tmp_path: Path) -> None:
    tree(tmp_path, plain("tools/pyvenv.cfg", "tools/lib/a.py", "scratch/CACHEDIR.TAG", "scratch/b.rs", "c.py"))
    found = walk(tmp_path, WorkspaceSettings())
    assert [entry.path for entry in found.files] == ["c.py"]
    assert found.skipped == {reasons.DEPENDENCIES: 1, reasons.CACHE: 1}


def test_gitignore_can_say_that_build_is_source(tmp_path: Path) -> None:
    tree(tmp_path, {**plain("build/a.py"), ".gitignore": "!build/\n"})
    assert paths(tmp_path) == {"build/a.py"}


@pytest.mark.parametrize("name", ["node_modules/x", "build", "lib", ".venv/lib", ".git", ".ssh"])
def test_rules_never_apply_to_the_root_itself(tmp_path: Path, name: str) -> None:
    root = tree(tmp_path / name, plain("a.py", "build/b.py", "pyvenv.cfg"))
    assert paths(root) == {"a.py", "pyvenv.cfg"}


def test_a_root_that_the_repository_around_it_ignores_is_walked_without_the_rules_outside(tmp_path: Path) -> None:
    make_repository(tmp_path)
    tree(tmp_path, {".gitignore": "lib/\n*.md\n", **plain("lib/a.py", "lib/b.md", "src/a.py", "src/b.md")})
    assert paths(tmp_path / "lib") == {"a.py", "b.md"}
    assert paths(tmp_path / "src") == {"a.py"}


def test_a_repository_within_has_its_own_ignore_files_only(tmp_path: Path) -> None:
    make_repository(tmp_path)
    make_repository(tmp_path / "sub")
    tree(tmp_path, {".gitignore": "*.md\n", "sub/.gitignore": "*.txt\n", **plain("a.md", "sub/a.md", "sub/a.txt")})
    assert paths(tmp_path) == {"sub/a.md"}


def test_a_linked_worktree_takes_the_exclude_file_of_its_main_repository(tmp_path: Path) -> None:
    make_repository(tmp_path / "main")
    tree(tmp_path, {"main/.git/worktrees/w/commondir": "../..\n", "main/.git/info/exclude": "*.md\n"})
    tree(tmp_path, {"w/.git": "gitdir: ../main/.git/worktrees/w\n", **plain("w/a.md", "w/a.py")})
    assert paths(tmp_path / "w") == {"a.py"}


VENDOR = plain("vendor/a.go", "vendor/x/b.go", "vendor/c.log", "vendor/node_modules/d.js", "main.go")


@pytest.mark.parametrize(
    ("git", "own", "kept"),
    [
        ("vendor/\n*.log\n", "!vendor/\n", {"main.go", "vendor/a.go", "vendor/x/b.go"}),
        ("vendor/*\n*.log\n", "!vendor/\n", {"main.go", "vendor/a.go", "vendor/x/b.go"}),
        ("*\n", "!vendor/\n!*.go\n", {"main.go", "vendor/a.go", "vendor/x/b.go", "vendor/c.log"}),
        ("vendor/\n", "!vendor/**\n", {"main.go", *VENDOR}),
        ("vendor/\n", "!vendor/x/\n", {"main.go", "vendor/x/b.go"}),
        ("vendor/\n", "!vendor/x/b.go\n", {"main.go", "vendor/x/b.go"}),
        ("vendor/\n", "!b.go\n", {"main.go", "vendor/x/b.go"}),
        ("vendor/\n", "!*.js\n", {"main.go"}),
        ("vendor/\n", "!d.js\n!node_modules/*.js\n", {"main.go"}),
        ("vendor/\n", "!vendor/node_modules/\n", {"main.go", "vendor/node_modules/d.js"}),
        ("", "vendor/\n!a.go\n", {"main.go"}),
        ("", "vendor/\n!vendor/a.go\n", {"main.go", "vendor/a.go"}),
        ("", "*.go\n", {"vendor/c.log"}),
        ("!*.go\n", "*.go\n", {"vendor/c.log"}),
    ],
)  # fmt: skip
def test_dt6ignore_brings_back_what_gitignore_removed(tmp_path: Path, git: str, own: str, kept: set[str]) -> None:
    tree(tmp_path, {**VENDOR, ".gitignore": git, ".dt6ignore": own})
    assert paths(tmp_path) == kept


def test_dt6ignore_brings_back_denied_folders_and_files_by_name(tmp_path: Path) -> None:
    files = plain(
        "node_modules/x/a.js", "dist/b.js", "c.min.js", "Cargo.lock", "venv/pyvenv.cfg", "venv/d.py", "logo.png"
    )
    tree(tmp_path, {**files, ".dt6ignore": "!node_modules/\n!dist\n!*.min.js\n!Cargo.lock\n!venv/\n"})
    assert paths(tmp_path) == set(files) - {"logo.png"}


def test_secrets_and_version_control_are_never_brought_back(tmp_path: Path) -> None:
    secret = plain(".env", "id_rsa", "a.pem", ".ssh/config", ".git/config")
    tree(tmp_path, {**secret, **plain("a.py"), ".dt6ignore": "!.env\n!*\n!**/*\n!.git/**\n!.ssh/\n"})
    assert paths(tmp_path, include=(".env", "*.pem", ".git/")) == {"a.py"}


def test_a_nested_dt6ignore_holds_in_its_folder_and_beats_outer_ones(tmp_path: Path) -> None:
    tree(tmp_path, {**plain("a/x.md", "b/x.md", "x.md"), ".dt6ignore": "*.md\n", "a/.dt6ignore": "!*.md\n"})
    assert paths(tmp_path) == {"a/x.md"}


def test_settings_exclude_and_include_beat_every_file(tmp_path: Path) -> None:
    tree(
        tmp_path, {**plain("private/a.py", "gen/b.py", "c.py"), ".gitignore": "gen/\n", ".dt6ignore": "!private/a.py\n"}
    )
    assert paths(tmp_path) == {"private/a.py", "c.py"}
    assert paths(tmp_path, exclude=("private/",)) == {"c.py"}
    assert paths(tmp_path, exclude=("*.py",), include=("gen/",)) == set()
    assert paths(tmp_path, include=("gen/",)) == {"private/a.py", "gen/b.py", "c.py"}


def test_a_file_that_is_named_by_a_reinclude_is_marked_as_wanted(tmp_path: Path) -> None:
    tree(tmp_path, {**plain("a_pb2.py", "b.py"), ".dt6ignore": "!*_pb2.py\n"})
    found = walk(tmp_path, WorkspaceSettings()).files
    assert {entry.path: entry.wanted for entry in found} == {"a_pb2.py": True, "b.py": False}
    rules = IgnoreRules(tmp_path, WorkspaceSettings())
    assert tuple(rules.entry(entry.path) for entry in found) == found


def test_one_path_can_be_judged_before_it_exists(tmp_path: Path) -> None:
    rules = IgnoreRules(tree(tmp_path, {**plain("src/a.py"), ".gitignore": "*.log\n"}), WorkspaceSettings())
    assert rules.reason("src/new.py") == reasons.VANISHED
    assert rules.reason_for_name("src/new.py") is None
    assert rules.reason_for_name("src/new.log") == reasons.IGNORED


@pytest.mark.parametrize("path", ["../a.py", "/etc/passwd", "src/../../a", "src//a", ".", ""])
def test_a_path_that_is_not_below_the_root_is_outside(tmp_path: Path, path: str) -> None:
    assert IgnoreRules(tmp_path, WorkspaceSettings()).reason(path) == reasons.OUTSIDE


def test_which_changes_call_for_a_new_walk() -> None:
    assert all(map(IgnoreRules.changes_rules, [".gitignore", "a/.dt6ignore", "venv/pyvenv.cfg", ".git/info/exclude"]))
    assert not IgnoreRules.changes_rules("a/b.gitignore")


def test_names_compare_without_case_where_the_file_system_does() -> None:
    rules = RuleSet(tuple(parse_rules("README\n*.LOG\n/Sub/[ab].txt\n", "x")), fold_case=True)
    found = {path for path in ("readme", "a.Log", "sub/A.TXT", "b") if rules.find(path, path.rpartition("/")[2], False)}
    assert found == {"readme", "a.Log", "sub/A.TXT"}
