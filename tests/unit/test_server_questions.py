"""What a question over LSP says of the file it is asked in."""

from __future__ import annotations

from dt6_lsp.server.questions import _outside
from dt6_lsp.workspace.defaults import is_secret


def test_a_file_of_no_root_that_is_secret_by_its_name_is_known_as_such() -> None:
    assert is_secret(_outside("file:///home/me/.ssh/id_rsa"))
    assert is_secret(_outside("file:///home/me/.aws/credentials"))
    assert not is_secret(_outside("file:///home/me/notes/plan.md"))
    assert _outside("untitled:Untitled-1") == ""
