"""The tables of a workspace's ledger, and the version that says which tables they are.

Not here: reading and writing them (`rows`, `reads`, `vector_rows`), and what happens to a ledger of another version
(`ledger`).

- A chunk's id is never given twice (AUTOINCREMENT): it is the chunk's name in ChromaDB too.
- `vectors` are keyed by the hash of what was embedded, not by chunk: a rename, a branch switch or a copy embeds
  nothing again.
- `skipped` remembers files that were read and hold nothing to index (binary, generated ...), so that they are read
  once.
- `unembedded` lists the chunks that still lack a vector of the current fingerprint.
- `vector_log` is the one account of what dense search has gained and lost, in order. Everything derived from the
  ledger (the in-memory segment of every process, ChromaDB) remembers how far it has read, and so survives any
  death.
- `fts` keeps no text of its own, which would be as large as the chunks': what it needs to forget a chunk, it reads
  through `fts_source`. The function `terms` in there is that of `index.terms`; the ledger's connections know it.
- `refs` has one row for a name in a file, however often it is used there (five times, mostly): `places` are the lines
  and columns, as JSON.
- `names` are those of symbols, each once, and `name_parts` finds them by any three letters. A name that nothing has
  any more is collected later.
- Triggers keep what must never disagree: a chunk that goes takes its full-text row with it, while what that was made
  of is still there, and is logged as gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from dt6_lsp.index.terms import Terms

SCHEMA_VERSION = 4

TABLES = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE files(
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL UNIQUE,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  hash TEXT NOT NULL,
  language TEXT NOT NULL,
  path_hash BLOB NOT NULL
);

CREATE TABLE skipped(
  path TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  reason TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE chunks(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL,
  kind TEXT NOT NULL,
  symbol TEXT NOT NULL,
  text_hash BLOB NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX chunks_of_file ON chunks(file_id, start_line);

CREATE TABLE symbols(
  id INTEGER PRIMARY KEY,
  file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  container TEXT NOT NULL,
  kind TEXT NOT NULL,
  start_line INTEGER NOT NULL,
  end_line INTEGER NOT NULL,
  name_line INTEGER NOT NULL,
  name_column INTEGER NOT NULL,
  folded TEXT NOT NULL,
  humps TEXT NOT NULL,
  signature TEXT NOT NULL,
  doc TEXT NOT NULL
);
CREATE INDEX symbols_of_file ON symbols(file_id, start_line);
CREATE INDEX symbols_by_name ON symbols(name);
CREATE INDEX symbols_by_folded_name ON symbols(folded);
CREATE INDEX symbols_by_humps ON symbols(humps);

CREATE TABLE names(id INTEGER PRIMARY KEY, folded TEXT NOT NULL UNIQUE);

CREATE VIRTUAL TABLE name_parts USING fts5(
  folded, content = 'names', content_rowid = 'id', detail = none, columnsize = 0,
  tokenize = 'trigram case_sensitive 1'
);

CREATE TRIGGER name_added AFTER INSERT ON names BEGIN
  INSERT INTO name_parts(rowid, folded) VALUES(new.id, new.folded);
END;

CREATE TRIGGER name_gone AFTER DELETE ON names BEGIN
  INSERT INTO name_parts(name_parts, rowid, folded) VALUES('delete', old.id, old.folded);
END;

CREATE TABLE refs(
  name TEXT NOT NULL,
  file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
  uses INTEGER NOT NULL,
  places TEXT NOT NULL,
  PRIMARY KEY(name, file_id)
) WITHOUT ROWID;
CREATE INDEX refs_of_file ON refs(file_id);

CREATE TABLE imports(
  file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
  module TEXT NOT NULL,
  line INTEGER NOT NULL,
  names TEXT NOT NULL
);
CREATE INDEX imports_of_file ON imports(file_id);

CREATE VIEW fts_source AS
  SELECT c.id, terms(c.text) AS body, terms(f.path) AS path, terms(c.symbol) AS symbol
  FROM chunks c JOIN files f ON f.id = c.file_id;

CREATE VIRTUAL TABLE fts USING fts5(
  body, path, symbol, content = 'fts_source', content_rowid = 'id',
  tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
);

CREATE TABLE fingerprints(
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  model TEXT NOT NULL,
  dimension INTEGER NOT NULL
);

CREATE TABLE vectors(
  text_hash BLOB NOT NULL,
  fingerprint_id INTEGER NOT NULL REFERENCES fingerprints(id) ON DELETE CASCADE,
  vector BLOB NOT NULL,
  PRIMARY KEY(text_hash, fingerprint_id)
);

CREATE TABLE unembedded(chunk_id INTEGER PRIMARY KEY REFERENCES chunks(id) ON DELETE CASCADE);

CREATE TABLE vector_log(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  chunk_id INTEGER NOT NULL,
  live INTEGER NOT NULL
);

CREATE TRIGGER chunk_added AFTER INSERT ON chunks BEGIN
  INSERT INTO unembedded(chunk_id) VALUES(new.id);
END;

CREATE TRIGGER file_goes BEFORE DELETE ON files BEGIN
  DELETE FROM chunks WHERE file_id = old.id;
END;

CREATE TRIGGER chunk_goes BEFORE DELETE ON chunks BEGIN
  DELETE FROM fts WHERE rowid = old.id;
END;

CREATE TRIGGER chunk_gone AFTER DELETE ON chunks BEGIN
  INSERT INTO vector_log(chunk_id, live) VALUES(old.id, 0);
END;
"""


def know_terms(connection: sqlite3.Connection, terms: Terms) -> None:
    """Lets this connection work with full-text rows: `fts_source` calls a function of ours."""
    connection.execute("PRAGMA trusted_schema=ON")  # or it may not, in some builds of SQLite
    connection.create_function("terms", 1, terms.joined, deterministic=True)
