"""Why a file or folder is not indexed: one short word each, the same in reports, tests and JSON.

Not here: who decides it (`rules`, `documents`).
"""

from __future__ import annotations

IGNORED = "ignored"  # by .gitignore or .git/info/exclude
EXCLUDED = "excluded"  # by .dt6ignore or the setting workspace.exclude
VERSION_CONTROL = "version control"
IGNORE_FILE = "ignore file"  # and the other files that tell git and its like what to do
DEPENDENCIES = "dependencies"
BUILD_OUTPUT = "build output"
CACHE = "cache"
LOCK_FILE = "lock file"
MINIFIED = "minified"
GENERATED = "generated"
BINARY = "binary"
SECRET = "secret"
TOO_LARGE = "too large"
EMPTY = "empty"
LINK = "link"
SPECIAL = "special file"
UNREADABLE = "unreadable"
UNREADABLE_NAME = "unreadable name"
VANISHED = "vanished"
OUTSIDE = "outside"  # a path that leaves the workspace

_OTHER_FOLDER = "No rule brings these in: open a folder with source files."
MENDS = {
    BINARY: "DT6 reads text only: open a folder with source files.",
    SECRET: _OTHER_FOLDER,
    VERSION_CONTROL: _OTHER_FOLDER,
    SPECIAL: _OTHER_FOLDER,
    EMPTY: "There is nothing in them yet: open a folder with source files.",
    LINK: "DT6 follows no links: open the folder that they lead to.",
    TOO_LARGE: "Set workspace.max_file_bytes higher in your own settings.",
    UNREADABLE: "Check the permissions.",
    UNREADABLE_NAME: "Rename them: control characters and what is no text can't stand in a path.",
}
"""What helps when nothing is left to index, where a `!pattern` does not."""
