"""What the benchmarks stand on: workspaces that are what they say, and a comparison with equal means."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from dt6_lsp.models.static import StaticEmbeddings, StaticTable, packaged_artifact
from dt6_lsp.models.wordpiece import WordPieces
from tests.benchmarks import peer
from tests.benchmarks.measure import p50, p95, quantile, spread
from tests.benchmarks.workspaces import _renamed, function, real_code, write

if TYPE_CHECKING:
    from pathlib import Path

CODE = "def parseHTTPHeader_v2(self, rawBytes: bytes) -> dict[str, Any]:  # XMLHttpRequest2\n    return {}\n"


def test_semble_gets_the_same_tokens_and_the_same_vectors(tmp_path: Path) -> None:
    table = StaticTable.load(packaged_artifact())
    folder = peer.model_folder(tmp_path / "model")
    tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(CODE, add_special_tokens=False).ids
    known = [token for token in tokens if token < len(table.tokens)]  # model2vec leaves the unknown out
    assert known == WordPieces(table.tokens)(CODE)
    data = (folder / "model.safetensors").read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    rows = np.frombuffer(data[begin:], "<f4").reshape(len(table.tokens) + 1, -1)
    summed = rows[known].sum(axis=0)
    np.testing.assert_allclose(summed / np.linalg.norm(summed), StaticEmbeddings(table).embed_query(CODE), atol=1e-5)


def test_a_workspace_of_real_code_has_the_lines_asked_for_and_is_a_sample_of_larger_ones(tmp_path: Path) -> None:
    small, large = (write(tmp_path / str(lines), real_code(), lines) for lines in (500, 3_000))
    assert small >= 500
    assert large >= 3_000
    files = {lines: {path.name for path in (tmp_path / str(lines)).rglob("*.*")} for lines in (500, 3_000)}
    assert files[500] < files[3_000]


def test_a_second_copy_of_real_code_has_other_names() -> None:
    text = "class ThreadPool:\n    def max_workers(self, n): return os.cpu_count() or n\n"
    again = _renamed(text, 1)
    assert again == "class ThreadPool_c1:\n    def max_workers_c1(self, n): return os.cpu_count_c1() or n\n"
    assert _renamed(text, 0) == text


def test_made_up_functions_are_all_different() -> None:
    bodies = {function(number).split("\n", 1)[1] for number in itertools.chain(range(300), range(10**6, 10**6 + 40))}
    assert len(bodies) == 340


def test_quantiles_are_values_that_occurred() -> None:
    assert [quantile(range(1, 101), share) for share in (0.5, 0.95, 1.0)] == [50, 95, 100]
    kept = spread([number / 1000 for number in range(1, 101)])
    assert (p50(kept), p95(kept), len(kept)) == (50, 95, 20)
