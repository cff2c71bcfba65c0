"""Settings: who wins, what is wrong and how that is said, and what no workspace may do."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dt6_lsp.errors import SettingError
from dt6_lsp.settings import (
    OPTIONS,
    WORKSPACE_FILE,
    BackendSettings,
    ChatSettings,
    ChromaSettings,
    CompletionSettings,
    EmbeddingSettings,
    IntentSettings,
    OllamaSettings,
    OpenAISettings,
    Origin,
    PrivacySettings,
    Settings,
    WorkspaceSettings,
    data_dir,
    load,
    narrowed,
    restricted,
    with_editor,
)


def user_file(text: str) -> Path:
    path = Path(os.environ["DT6_CONFIG"])
    path.write_text(text, encoding="utf-8")
    return path


def workspace_file(root: Path, text: str) -> Path:
    (root / WORKSPACE_FILE).write_text(text, encoding="utf-8")
    return root


# --- sources, in order ----------------------------------------------------------------------------------------------


def test_without_any_source_every_value_is_its_default() -> None:
    loaded = load()
    assert loaded.settings == Settings()
    assert set(loaded.origins.values()) == {Origin("default")}
    assert loaded.problems == ()


def test_a_later_source_wins_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    path = user_file('[chat]\nmodel = "user"\nbackend = "ollama"\ncontext_tokens = 2048\n[log]\nlevel = "error"\n')
    monkeypatch.setenv("DT6_CHAT_MODEL", "environment")
    monkeypatch.setenv("DT6_CHAT_BACKEND", "openai")
    loaded = load(editor={"chat": {"model": "editor", "contextTokens": 4096}}, overrides=["chat.model=command"])
    assert loaded.settings.chat.model == "command"
    assert loaded.settings.chat.context_tokens == 4096
    assert loaded.settings.chat.backend == "openai"
    assert loaded.origins["chat.model"] == Origin("command line", "--set chat.model")
    assert loaded.origins["chat.context_tokens"] == Origin("editor")
    assert loaded.origins["chat.backend"] == Origin("environment", "DT6_CHAT_BACKEND")
    assert loaded.origins["log.level"] == Origin("user file", str(path))


def test_an_editor_lies_over_everything_but_the_command_line() -> None:
    own = load(overrides=["log.level=debug"])
    loaded = with_editor(own, {"dt6": {"log": {"level": "error"}, "chat": {"model": "m"}}})
    assert loaded.settings.log.level == "debug"
    assert loaded.settings.chat.model == "m"
    assert own.settings.chat.model == ""


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("index.at_start", "no", False),
        ("chat.context_tokens", "8192", 8192),
        ("chat.connect_seconds", "1", 1.0),
        ("workspace.exclude", "a/, *.txt", ("a/", "*.txt")),
        ("workspace.exclude", '["a,b", "c"]', ("a,b", "c")),
        ("workspace.exclude", "", ()),
        ("privacy.allowed_hosts", "models.example.org:8443,[::2]", ("models.example.org:8443", "[::2]")),
        ("openai.url", "https://models.example.org/v1", "https://models.example.org/v1"),
    ],
)
def test_text_is_read_by_the_type_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, key: str, text: str, value: object
) -> None:
    monkeypatch.setenv(OPTIONS[key].variable, text)
    settings = load(strict=True).settings
    assert getattr(getattr(settings, OPTIONS[key].section), OPTIONS[key].name) == value


def test_an_editor_that_sends_null_has_no_opinion() -> None:
    assert load(editor={"chat": {"model": None}}).origins["chat.model"] == Origin("default")


def test_the_data_folder_is_the_option_then_the_variable(own_folders: Path, tmp_path: Path) -> None:
    assert data_dir() == own_folders
    assert data_dir(tmp_path) == tmp_path


# --- what is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("chat.contxt_tokens=1", "Did you mean chat.context_tokens?"),
        ("nonsense.at.all=1", "`dt6-lsp config` lists them all."),
        ("chat.backend=olama", "did you mean 'ollama'?"),
        ("chat.context_tokens=many", "must be a whole number, not 'many'"),
        ("chat.context_tokens=1.5", "must be a whole number, not 1.5"),
        ("chat.context_tokens=12", "must be at least 1024, not 12"),
        ("chat.connect_seconds=nan", "must be a number"),
        ("index.at_start=perhaps", "must be true or false"),
        ("ollama.url=localhost:11434", "must be an address like http://127.0.0.1:11434"),
        ("ollama.url=http://host:99999", "must be an address"),
        ("privacy.allowed_hosts=*", "without scheme, path or *"),
        ("privacy.allowed_hosts=https://host", "without scheme, path or *"),
        ("chat.model=a\x1b[2J", "control characters"),
        ("chat.model", "Write --set section.name=value."),
    ],
)
def test_the_command_line_is_told_what_is_wrong_and_stops(override: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(overrides=[override], strict=True)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_server_keeps_the_value_below_and_says_so() -> None:
    user_file("[chat]\ncontext_tokens = 2048\n")
    loaded = load(editor={"chat": {"context_tokens": "many", "contextTokns": 1}})
    assert loaded.settings.chat.context_tokens == 2048
    assert len(loaded.problems) == 2
    assert "Until then it is 2048." in loaded.problems[0]
    assert "Did you mean chat.context_tokens?" in loaded.problems[1]


def test_a_secret_is_not_repeated_in_a_message() -> None:
    loaded = load(editor={"openai": {"api_key": ["sk-secret"]}})
    assert "sk-secret" not in " ".join(loaded.problems)


@pytest.mark.parametrize("text", ["[chat\n", "[chat]\nmodel = 'a'\nmodel = 'b'\n"])
def test_a_user_file_that_is_no_toml_is_named(text: str) -> None:
    path = user_file(text)
    assert str(path) in load().problems[0]
    with pytest.raises(SettingError, match="no valid TOML"):
        load(strict=True)


def test_a_user_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DT6_CONFIG", str(tmp_path / "absent.toml"))
    with pytest.raises(SettingError, match="does not exist"):
        load(strict=True)
    monkeypatch.setenv("DT6_CONFIG", str(tmp_path))
    with pytest.raises(SettingError, match="can't be read"):
        load(strict=True)


def test_an_unknown_variable_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DT6_OLAMA_URL", "http://127.0.0.1:1")
    assert load().problems[0] == "DT6_OLAMA_URL is no setting of DT6. Did you mean DT6_OLLAMA_URL?"


# --- what guards fails closed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "editor",
    [
        {"privacy": {"allowedHosts": "models.example.org"}},
        {"privacy": {"allowed_hosts": ["*"]}},
        {"privacy": {"allowed_host": []}},
        {"privacy": "none"},
    ],
)
def test_a_misunderstood_guard_allows_nothing_whatever_was_set_before(editor: dict[str, Any]) -> None:
    user_file('[privacy]\nallowed_hosts = ["models.example.org"]\n')
    loaded = load(editor=editor)
    assert loaded.settings.privacy.allowed_hosts == ()
    assert loaded.problems


def test_an_address_that_makes_no_sense_becomes_this_machine() -> None:
    user_file('[openai]\nurl = "https://models.example.org/v1"\n')
    assert load(editor={"openai": {"url": "ftp://x"}}).settings.openai == Settings().openai


@pytest.mark.parametrize(
    "editor",
    [
        {"workspace": {"trusted": "yes"}},
        {"workspace": {"trusted": 1}},
        {"workspace": {"trust": True}},
        {"workspace": {"isTrusted": True}},
        {"workspace": True},
    ],
)
def test_a_trust_that_is_not_understood_is_none(editor: dict[str, Any]) -> None:
    assert load(editor=editor).settings.workspace.trusted is False
    assert load(editor=editor).problems


def test_a_variable_that_nearly_is_one_of_a_guard_is_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DT6_WORKSPACE_TRUST", "false")
    assert load().settings.workspace.trusted is False


def test_another_name_that_is_misspelt_costs_no_trust() -> None:
    loaded = load(editor={"workspace": {"exlude": ["a"]}})
    assert loaded.problems
    assert loaded.settings.workspace.trusted


def test_nothing_is_left_to_ask_or_send_to_without_trust() -> None:
    """Over whatever the user has set: every address, key, host and name of somebody who answers is gone."""
    everything = Settings(
        workspace=WorkspaceSettings(trusted=False),
        chat=ChatSettings(backend="gpu", model="m", fallback=("openai",)),
        embedding=EmbeddingSettings(backend="openai", model="e"),
        intents=IntentSettings(arch="@gpu"),
        completion=CompletionSettings(model="m@gpu"),
        ollama=OllamaSettings("http://a.example"),
        openai=OpenAISettings("http://b.example", "secret"),
        chroma=ChromaSettings("http://c.example"),
        privacy=PrivacySettings(("a.example", "b.example")),
        backends=(BackendSettings("gpu", url="http://d.example", api_key="secret"),),
    )
    left = restricted(everything)
    assert not re.search(r"example|secret|gpu|http|'openai'", repr(left))
    assert (left.chat.backend, left.embedding.backend, left.routing.confirm_seconds) == ("none", "static", 0)
    assert restricted(left) == left
    trusted = replace(everything, workspace=WorkspaceSettings())
    assert restricted(trusted) == trusted


# --- a workspace's own file -----------------------------------------------------------------------------------------


def test_a_workspace_may_only_narrow(tmp_path: Path) -> None:
    user_file('[workspace]\nexclude = ["mine/"]\nmax_file_bytes = 500\n')
    workspace_file(tmp_path, '[workspace]\nexclude = ["theirs/"]\nmax_file_bytes = 9_000_000\n')
    loaded = load(tmp_path)
    assert loaded.settings.workspace.exclude == ("mine/", "theirs/")
    assert loaded.settings.workspace.max_file_bytes == 500
    assert loaded.origins["workspace.exclude"].source == "workspace file"
    assert loaded.origins["workspace.max_file_bytes"].source == "user file"
    assert "9000000, and a workspace's own file can only lower it. It stays 500." in loaded.problems[0]
    workspace_file(tmp_path, "[workspace]\nmax_file_bytes = 400\n")
    assert load(tmp_path).origins["workspace.max_file_bytes"].source == "workspace file"
    assert load(tmp_path).problems == ()


def test_a_workspace_is_told_what_is_not_its_to_say_and_stops_nobody(tmp_path: Path) -> None:
    workspace_file(
        tmp_path, '[privacy]\nallowed_hosts = ["evil.example"]\n[workspace]\ninclude = [".env"]\nexclude = 3\n'
    )
    loaded = load(tmp_path, strict=True)
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 3
    assert "A workspace's own file can't set it" in loaded.problems[0]


def test_a_broken_workspace_file_stops_nobody(tmp_path: Path) -> None:
    assert load(workspace_file(tmp_path, "]["), strict=True).problems
    (tmp_path / "file").touch()
    assert load(tmp_path / "file", strict=True).problems == ()


def test_each_root_has_its_own(tmp_path: Path) -> None:
    settings, problems = narrowed(Settings(), workspace_file(tmp_path, '[workspace]\nexclude = ["a/"]\n'))
    assert settings.workspace.exclude == ("a/",)
    assert problems == ()


# --- backends that the user names ------------------------------------------------------------------------------------

GPU = '[backends.gpu]\nkind = "openai"\nurl = "https://gpu.example.org/v1"\napi_key = "k"\nmodel = "large"\n'


def test_a_user_names_more_model_servers_than_the_two_that_are_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    user_file(GPU + '[chat]\nbackend = "gpu"\nfallback = ["small", "ollama"]\n')
    monkeypatch.setenv("DT6_BACKENDS_BIG_BOX_URL", "http://127.0.0.1:11500")
    loaded = load(
        editor={"backends": {"gpu": {"apiKey": "k2"}}}, overrides=["backends.big_box.kind=ollama"], strict=True
    )
    assert loaded.settings.backends == (
        BackendSettings("gpu", "openai", "https://gpu.example.org/v1", "k2", "large"),
        BackendSettings("big_box", "ollama", "http://127.0.0.1:11500"),
    )
    assert loaded.settings.chat.backend == "gpu"
    assert loaded.origins["backends.gpu.api_key"] == Origin("editor")
    assert with_editor(loaded, {}).settings == loaded.settings


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["backends.gpu.url=ftp://x"], "must be an address"),
        (["backends.gpu.kind=gemini", "backends.gpu.url=http://127.0.0.1:1"], "must be one of ollama, openai"),
        (["backends.gpu.model=m"], "backends.gpu has no url"),
        (["backends.gpu.urll=http://127.0.0.1:1"], "Did you mean backends.gpu.url?"),
        (["backends.ollama.url=http://127.0.0.1:1"], "Did you mean ollama.url?"),
        (["backends.9x.url=http://127.0.0.1:1"], "is no setting"),
        (["chat.backend=gpu"], "must be one of auto, none, ollama, openai, not 'gpu'"),
        (["backends.gpu.url=http://127.0.0.1:1", "chat.backend=gpuu"], "did you mean 'gpu'?"),
    ],
)
def test_what_is_wrong_with_a_backend_is_said(overrides: list[str], said: str) -> None:
    with pytest.raises(SettingError, match=re.escape(said)):
        load(overrides=overrides, strict=True)


@pytest.mark.parametrize("wrong", [{"url": "ftp://x"}, {"urll": "http://127.0.0.1:1"}, {"kind": 3}, {"url": None}])
def test_a_backend_that_was_not_understood_is_left_out_whole(wrong: dict[str, Any]) -> None:
    user_file("" if wrong == {"url": None} else GPU)
    loaded = load(editor={"backends": {"gpu": {"model": "m", **wrong}}, "chat": {"backend": "gpu"}})
    assert loaded.settings.backends == ()
    assert loaded.settings.chat.backend == "auto"
    assert len(loaded.problems) == 2


def test_a_workspace_names_no_backend(tmp_path: Path) -> None:
    loaded = load(workspace_file(tmp_path, GPU + '[chat]\nbackend = "openai"\n[intents]\narch = "large"\n'))
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 6
    user_file(GPU)
    workspace_file(tmp_path, '[backends.gpu]\nurl = "https://evil.example/v1"\n[backends]\ngpu = 3\n')
    assert load(tmp_path).settings.backends[0].url == "https://gpu.example.org/v1"
    settings, _ = narrowed(load().settings, tmp_path)
    assert settings.backends[0].url == "https://gpu.example.org/v1"


SAID = st.sampled_from(
    [True, False, 0, 1, 90, 10**9, 9.5, "none", "gpu", "openai", "ollama", "debug", "http://evil.example/v1", [], ["x"]]
)
BACKENDS_KEYS = [
    f"backends.{name}.{field}" for name in ("gpu", "evil") for field in ("url", "kind", "model", "api_key")
]


@given(st.dictionaries(st.sampled_from([*sorted(OPTIONS), *BACKENDS_KEYS]), SAID, max_size=12))
def test_whatever_a_workspace_says_it_chooses_nobody_and_widens_nothing(said: dict[str, Any]) -> None:
    user_file(GPU + '[chat]\nfallback = ["gpu"]\n')
    before = load(strict=True).settings
    with TemporaryDirectory() as folder:
        workspace_file(Path(folder), "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items()))
        loaded = load(Path(folder), strict=True)
    assert not any("TOML" in problem for problem in loaded.problems)
    assert loaded.settings.backends == before.backends
    for option in OPTIONS.values():
        was, now = (getattr(getattr(each, option.section), option.name) for each in (before, loaded.settings))
        if not option.workspace:
            assert now == was
        elif isinstance(was, tuple):
            assert set(was) <= set(now)
        else:
            assert now <= was


# --- whatever is sent -------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*sorted(OPTIONS), "backends", "backends.gpu", "backends.gpu.url"]) | st.text(max_size=12)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_whatever_an_editor_sends_the_settings_stay_valid(sent: dict[str, Any]) -> None:
    settings = load(editor=sent).settings
    for option in OPTIONS.values():
        value = getattr(getattr(settings, option.section), option.name)
        assert isinstance(value, type(option.default))
        assert option.minimum is None or value >= option.minimum
        assert not option.choices or value in option.choices
