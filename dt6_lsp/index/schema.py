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
- Triggers keep what must never disagree: a chunk that goes takes its full-text row with it and is logged as gone.
"""

from __future__ import annotations

SCHEMA_VERSION = 1

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
CREATE INDEX chunks_of_file ON chunks(file_id, ordinal);

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

CREATE TABLE refs(
  file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  line INTEGER NOT NULL,
  column INTEGER NOT NULL
);
CREATE INDEX refs_of_file ON refs(file_id);
CREATE INDEX refs_by_name ON refs(name);

CREATE TABLE imports(
  file_id INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
  module TEXT NOT NULL,
  line INTEGER NOT NULL
);
CREATE INDEX imports_of_file ON imports(file_id);

CREATE VIRTUAL TABLE fts USING fts5(
  body, path, symbol, tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
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
) WITHOUT ROWID;

CREATE TABLE unembedded(chunk_id INTEGER PRIMARY KEY REFERENCES chunks(id) ON DELETE CASCADE);

CREATE TABLE vector_log(
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  chunk_id INTEGER NOT NULL,
  live INTEGER NOT NULL
);

CREATE TRIGGER chunk_added AFTER INSERT ON chunks BEGIN
  INSERT INTO unembedded(chunk_id) VALUES(new.id);
END;

CREATE TRIGGER chunk_gone AFTER DELETE ON chunks BEGIN
  DELETE FROM fts WHERE rowid = old.id;
  INSERT INTO vector_log(chunk_id, live) VALUES(old.id, 0);
END;
"""
