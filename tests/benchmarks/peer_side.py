"""Runs in semble's environment, never in DT6's: indexes FOLDER with the model folder MODEL and prints how it went.

    PYTHON peer_side.py FOLDER MODEL

Everything that semble reads is indexed (code, documents, configuration), as DT6 does. `seconds` end when it can be
searched; writing it to semble's cache, as its command line does, comes after.
"""

import json
import sys
import time

from semble.cache import save_index_to_cache
from semble.index import SembleIndex
from semble.index.dense import load_model
from semble.types import ContentType


def main(folder: str, model: str) -> None:
    load_model(model)
    started = time.perf_counter()
    index = SembleIndex.from_path(folder, content=tuple(ContentType), model_path=model)
    searchable = time.perf_counter()
    found = len(index.search("open file", 10))
    saving = time.perf_counter()
    save_index_to_cache(index, folder)
    facts = {
        "files": index.stats.indexed_files,
        "chunks": index.stats.total_chunks,
        "found": found,
        "seconds": round(searchable - started, 3),
        "save_seconds": round(time.perf_counter() - saving, 3),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
