"""The index of a hash set, kept on disk from run to run: a new version that only adds does not build it anew.

It lies in segments. What is added becomes a segment of its own; when it is much, or segments are many, or something
was taken away, all of it is built again. Deleting the folder loses nothing but time. A segment whose bytes are not
those that were written would lose matches in silence, so every file is held against its digest (BLAKE3) when opened.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow as pa
from blake3 import blake3
from numpy.typing import NDArray

from fairlead.engine.object_cache import cache_folder
from fairlead.engine.places import Place
from fairlead.known.index import RESULT, HammingIndex
from fairlead.terms.errors import RunError

KEEP_FROM = 20_000  # entries; smaller ones are built faster than read
MOST_SEGMENTS = 4
_DIGESTS = "digests.json"
MOST_ADDED = 0.25  # share of all entries that a new segment may hold

Hashes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Segment:
    index: HammingIndex
    values: Hashes  # in the order of the index
    rows: NDArray[np.int64]  # where each of them stands among the hashes given


class KeptIndex:
    """Segments that together hold exactly the hashes given; ``built`` counts those indexed by this call."""

    def __init__(self, segments: list[_Segment], built: int) -> None:
        self._segments = segments
        self.built = built

    @classmethod
    def open(cls, folder: Path, hashes: Hashes) -> Self:
        """The index of ``hashes``, (n, 32), all different, from what is kept in ``folder`` and what is missing there."""
        order = np.argsort(_keys(hashes))
        kept: list[_Segment] = []
        for path in sorted(folder.glob("segment-*")) if folder.is_dir() else []:
            segment = _read(path, hashes, order)
            if segment is None:  # something was taken away, or the segment is not whole
                kept = []
                break
            kept.append(segment)
        missing = np.ones(len(hashes), bool)
        for segment in kept:
            missing[segment.rows] = False
        count = int(missing.sum())
        overlap = sum(len(s.rows) for s in kept) + count != len(hashes)
        if overlap or (
            kept and (count > MOST_ADDED * len(hashes) or len(kept) + bool(count) > MOST_SEGMENTS)
        ):
            kept, missing, count = [], np.ones(len(hashes), bool), len(hashes)
        for left_by_a_killed_run in folder.parent.glob(f".{folder.name}.*"):
            shutil.rmtree(left_by_a_killed_run, ignore_errors=True)
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
        if count:
            rows = np.flatnonzero(missing)
            kept.append(_write(folder, len(kept), hashes[rows], rows))
        return cls(kept, count)

    def search(self, queries: Hashes, radius: int) -> pa.Table:
        """As ``HammingIndex.search``: entries are numbers of the hashes given."""
        parts = []
        for segment in self._segments:
            found = segment.index.search(queries, radius)
            entry = segment.rows[found.column("entry").to_numpy()]
            parts.append(pa.table([found.column("query"), entry, found.column("distance")], schema=RESULT))
        whole = pa.concat_tables(parts) if parts else RESULT.empty_table()
        return whole.sort_by([("query", "ascending"), ("entry", "ascending")])


def folder_of(place: Place, hash_set: str, values_from: str = "", values_to: str = "") -> Path:
    """Where the index of a set, or of a range of its hashes, is kept.

    That is beside the tables, or on each machine when the tables lie in object storage.
    """
    name = hashlib.blake2b(hash_set.encode(), digest_size=12).hexdigest()
    if values_from or values_to:
        name += f"-{values_from}-{values_to}"
    if isinstance(place, Path):
        return place.parent / "indexes" / name
    tables = hashlib.blake2b(str(place).encode(), digest_size=12).hexdigest()
    return cache_folder() / "indexes" / tables / name


def forget_index(place: Place, hash_set: str) -> None:
    """Remove what is kept here of a set's index, in whatever ranges."""
    whole = folder_of(place, hash_set)
    for kept in [whole, *whole.parent.glob(f"{whole.name}[-.]*")]:
        if kept.is_dir():
            shutil.rmtree(kept, ignore_errors=True)
        else:
            kept.unlink(missing_ok=True)


def _keys(hashes: Hashes) -> NDArray[np.void]:
    return np.ascontiguousarray(hashes).view(np.dtype((np.void, hashes.shape[1]))).reshape(-1)


def _read(path: Path, hashes: Hashes, order: NDArray[np.int64]) -> _Segment | None:
    try:
        if json.loads((path / _DIGESTS).read_text()) != _digests(path):
            return None
        values = np.load(path / "values.npy")
        index = HammingIndex.open(path / "index")
    except (OSError, ValueError, RunError):
        return None
    if values.ndim != 2 or values.shape[1] != hashes.shape[1] or len(values) != len(index):
        return None
    keys, wanted = _keys(hashes), _keys(values)
    place = np.searchsorted(keys, wanted, sorter=order)
    if (place >= len(keys)).any():
        return None
    rows = order[place]
    return _Segment(index, values, rows) if bool((keys[rows] == wanted).all()) else None


def _write(folder: Path, number: int, values: Hashes, rows: NDArray[np.int64]) -> _Segment:
    index = HammingIndex.build(values)
    temporary = folder.parent / f".{folder.name}.{number}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    index.save(temporary / "index")
    np.save(temporary / "values.npy", values)
    (temporary / _DIGESTS).write_text(json.dumps(_digests(temporary)))
    folder.mkdir(parents=True, exist_ok=True)
    temporary.rename(folder / f"segment-{number:04d}")
    return _Segment(index, values, rows)


def _digests(segment: Path) -> dict[str, str]:
    """BLAKE3 by name of every file of a segment but the list of digests."""
    return {
        str(path.relative_to(segment)): blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest()
        for path in sorted(segment.rglob("*"))
        if path.is_file() and path.name != _DIGESTS
    }
