"""Tables as a walked, digested and examined operation leaves them, made without a single picture.

Part sizes are those of the stages that write them. Digests are random, hashes lie as those of real pictures do
(`benchmarks.known.hashes`), three files in ten are the first of their content, half the contents are pictures.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.known.hashes import natural_hashes, spread_hashes
from fairlead.engine.parts import PartStore, part_name
from fairlead.tables import Table
from fairlead.tables.evidence import EXHIBITS, FILES
from fairlead.tables.known import HASH_SETS, KNOWN
from fairlead.tables.media import EXAMINED

EXHIBIT_COUNT = 10
ENTRIES = 100_000
_FILES_A_PART, _EXAMINED_A_PART = 2_000, 500
_BASE = 250_000
_AT = datetime(2025, 9, 16, tzinfo=UTC)


def make_tables(root: Path, files: int, seed: int = 3) -> PartStore:
    """Write EXHIBITS, FILES, EXAMINED, KNOWN and HASH_SETS for so many files."""
    rng = np.random.default_rng(seed)
    store = PartStore(root)
    contents = files * 3 // 10
    digests = _hex(rng, contents, 32)
    sizes = rng.integers(10_000, 4_000_000, contents)
    _write_exhibits(store)
    for number, batch in enumerate(_files(rng, files, digests, sizes)):
        store.write(FILES, part_name("files", f"{number:08d}"), [batch])
    hashes = _hashes(contents // 2, seed)
    for number, batch in enumerate(_examined(rng, digests, sizes, hashes)):
        store.write(EXAMINED, part_name("examined", f"{number:08d}"), [batch])
    _write_list(store, digests, hashes, rng)
    return store


def _hashes(count: int, seed: int) -> np.ndarray:
    base = natural_hashes(min(count, _BASE), seed)
    return base if count <= _BASE else spread_hashes(base, -(-count // _BASE), seed)[:count]


def _hex(rng: np.random.Generator, count: int, size: int) -> pa.Array:
    text = pa.py_buffer(binascii.hexlify(rng.bytes(count * size)))
    offsets = pa.py_buffer(np.arange(count + 1, dtype=np.int64) * 2 * size)
    return pa.Array.from_buffers(pa.large_string(), count, [None, offsets, text])


def _batch(table: Table, rows: int, columns: dict[str, pa.Array]) -> pa.RecordBatch:
    arrays = [
        columns[f.name].cast(f.type) if f.name in columns else pa.nulls(rows, f.type) for f in table.schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=table.schema)


def _same(value: object, rows: int) -> pa.Array:
    return pa.array([value]).take(pa.array(np.zeros(rows, np.int32)))


def _write_exhibits(store: PartStore) -> None:
    for number in range(EXHIBIT_COUNT):
        row = {"exhibit": f"X/{number}", "sequence": number + 1, "kind": "image", "path": f"/x/{number}", "size_bytes": 1,
               "sha256": f"{number:064x}", "authority": "order", "received_at": _AT, "handling": "H0"}  # fmt: skip
        store.write(EXHIBITS, part_name("exhibit", str(number)), [EXHIBITS.batch([row])])


def _files(
    rng: np.random.Generator, files: int, digests: pa.Array, sizes: np.ndarray
) -> Iterator[pa.RecordBatch]:
    for low in range(0, files, _FILES_A_PART):
        rows = min(_FILES_A_PART, files - low)
        numbers = np.arange(low, low + rows)
        which = np.where(numbers < len(digests), numbers, rng.integers(0, len(digests), rows))
        text = pa.array(numbers).cast(pa.string())
        path = pc.binary_join_element_wise("media/store/", pc.utf8_lpad(text, 12, "0"), ".jpg", "")
        sha256 = digests.take(pa.array(which)).cast(pa.string())
        yield _batch(
            FILES,
            rows,
            {
                "exhibit": _same(f"X/{low * EXHIBIT_COUNT // files}", rows),
                "locator": pc.binary_join_element_wise("path:", path, ""),
                "path_bytes": path.cast(pa.binary()),
                "path": path,
                "size_bytes": pa.array(sizes[which]),
                "read_bytes": pa.array(sizes[which]),
                "modified_at": _same(_AT, rows),
                "allocation": _same("live", rows),
                "verdict": _same("read", rows),
                "sha256": sha256,
                "sha1": pc.utf8_slice_codeunits(sha256, 0, 40),
                "md5": pc.utf8_slice_codeunits(sha256, 0, 32),
            },
        )


def _examined(
    rng: np.random.Generator, digests: pa.Array, sizes: np.ndarray, hashes: np.ndarray
) -> Iterator[pa.RecordBatch]:
    item = {"namespace": "exif", "key": "Model", "value": "a camera", "offset": 30, "length": 40}
    for low in range(0, len(digests), _EXAMINED_A_PART):
        rows = min(_EXAMINED_A_PART, len(digests) - low)
        numbers = np.arange(low, low + rows)
        seen = numbers % 2 == 0
        place = np.minimum(numbers // 2, len(hashes) - 1)
        pdq = pa.array(
            [hashes[p].tobytes() if s else None for p, s in zip(place, seen, strict=True)], pa.binary(32)
        )
        sha256 = digests.slice(low, rows).cast(pa.string())
        yield _batch(
            EXAMINED,
            rows,
            {
                "sha256": sha256,
                "sha1": pc.utf8_slice_codeunits(sha256, 0, 40),
                "md5": pc.utf8_slice_codeunits(sha256, 0, 32),
                "size_bytes": pa.array(sizes[low : low + rows]),
                "exhibit": _same("X/0", rows),
                "locator": pc.binary_join_element_wise("path:", pa.array(numbers).cast(pa.string()), ""),
                "media_type": pa.array(np.where(seen, "image/jpeg", "text/plain")),
                "family": pa.array(np.where(seen, "picture", "text")),
                "extension_mismatch": _same(value=False, rows=rows),
                "pdq": pdq,
                "pdq_quality": pa.array(np.where(seen, rng.integers(40, 101, rows), 0), mask=~seen),
                "pdq_pipeline": pa.array(["pdq-full/made" if s else None for s in seen]),
                "verdict": pa.array(np.where(seen, "decoded", "identified")),
                "metadata": pa.array(
                    [[item] * 3 if s else [] for s in seen], EXAMINED.schema.field("metadata").type
                ),
            },
        )


def _write_list(store: PartStore, digests: pa.Array, hashes: np.ndarray, rng: np.random.Generator) -> None:
    """100,000 PDQ entries, one in a hundred of them near a content, and 100,000 digests, one in a hundred of a content."""
    entries = natural_hashes(ENTRIES, seed=77)
    near = rng.choice(ENTRIES, ENTRIES // 100, replace=False)
    entries[near] = hashes[rng.integers(0, len(hashes), len(near))]
    listed = np.unique(entries, axis=0)
    strange = _hex(rng, ENTRIES, 32).to_pylist()
    strange[: ENTRIES // 100] = digests.take(
        pa.array(rng.integers(0, len(digests), ENTRIES // 100))
    ).to_pylist()
    values = [("pdq", row.tobytes().hex()) for row in listed] + [
        ("sha256", v) for v in dict.fromkeys(strange)
    ]
    rows = [{"set": "made", "entry": f"{a}:{v}", "algorithm": a, "value": v, "meaning": "of-interest",
             "release": "releasable", "row": n} for n, (a, v) in enumerate(values)]  # fmt: skip
    store.write(KNOWN, part_name("known", "made"), [KNOWN.batch(rows)])
    settings = {"set": "made", "version": "1", "format": "csv", "meaning": "of-interest", "release": "releasable",
                "radius": 31, "minimum_quality": 50, "flood_limit": 10**9, "video_rule": "known", "let_through": [],
                "entries": len(rows), "rejected": 0, "repeated": 0, "source": "made", "sha256": "0" * 64}  # fmt: skip
    store.write(HASH_SETS, part_name("hash-set", "made"), [HASH_SETS.batch([settings])])
