"""semble, the published system that is nearest to DT6: set up in an environment of its own, with DT6's static vectors.

The environment lies in the user's cache folder, or is one that `--semble PYTHON` names. The vectors are handed over as
a model2vec folder: the same tokens and the same weighted rows, and words cut at the same places (only lone letters that
are left of a word count there, too). Not here: the process that measures it (`peer_side`), the comparison (`indexing`).
"""

from __future__ import annotations

import json
import os
import subprocess
import venv
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from dt6_lsp.models.static import StaticTable, packaged_artifact

VERSION = "0.7.0"
SIDE = Path(__file__).with_name("peer_side.py")
_UNKNOWN = "[UNK]"
_CAMEL = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
_WORD = r"[a-z]+|\d+|[^\W\d_a-z]+"


def installed(package: str = "semble", version: str = VERSION) -> Path:
    """The Python of an environment that has this package; made the first time, which downloads it."""
    folder = user_cache_path("dt6-benchmarks", appauthor=False) / f"{package}-{version}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "installed"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"{package}=={version}")
        subprocess.run([python, *install], check=True)
        done.touch()
    return python


def model_folder(folder: Path) -> Path:
    """DT6's static vectors as model2vec reads them, in `folder`."""
    table = StaticTable.load(packaged_artifact())
    rows = table.rows.astype(np.float32) * table.scales[:, None]
    folder.mkdir(parents=True)
    tokenizer = _tokenizer([*table.tokens, _UNKNOWN])
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"normalize": True}), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(_safetensors(np.vstack([rows, np.zeros_like(rows[:1])])))
    return folder


def _tokenizer(tokens: list[str]) -> dict[str, object]:
    """As `dt6_lsp.models.wordpiece` cuts, in the terms of the library `tokenizers`."""
    split = {"type": "Split", "pattern": {"Regex": _WORD}, "behavior": "Removed", "invert": True}
    camel = {"type": "Replace", "pattern": {"Regex": _CAMEL}, "content": " "}
    return {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [camel, {"type": "Lowercase"}]},
        "pre_tokenizer": split,
        "model": {
            "type": "WordPiece",
            "unk_token": _UNKNOWN,
            "continuing_subword_prefix": "",
            "max_input_chars_per_word": 40,
            "vocab": {token: number for number, token in enumerate(tokens)},
        },
    }


def _safetensors(embeddings: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> bytes:
    """The file format: the length of a JSON header, the header, the bytes of the tensors."""
    data = embeddings.astype("<f4").tobytes()
    header = {"embeddings": {"dtype": "F32", "shape": embeddings.shape, "data_offsets": [0, len(data)]}}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + data
