"""The stage that compares contents with hash sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.known.index import HammingIndex
from fairlead.known.transforms import TRANSFORMS, transformed
from fairlead.tables import Table
from fairlead.tables.known import KNOWN, MATCHES
from fairlead.tables.media import CONTENTS, FRAMES
from fairlead.terms.matching import PDQ_MATCH_RADIUS, PDQ_MINIMUM_QUALITY, Algorithm, MatchKind

_EXACT = """
SELECT c.sha256, k."set", k.entry, -1::INTEGER AS frame, 'identity' AS transform, 'exact' AS kind,
       k.algorithm, 0::INTEGER AS distance, 0::INTEGER AS threshold, c.pdq_quality AS quality,
       k.algorithm AS pipeline, k.scheme, k.category, k.meaning, k.release
FROM known k JOIN contents c ON
     (k.algorithm = 'sha256' AND k.value = c.sha256)
  OR (k.algorithm = 'sha1' AND k.value = c.sha1)
  OR (k.algorithm = 'md5' AND k.value = c.md5)
WHERE c.verdict <> 'empty'
ORDER BY 1, 2, 3
"""
_HASHED = f"""
SELECT sha256, -1::INTEGER AS frame, pdq, pdq_quality AS quality, pdq_pipeline AS pipeline
FROM contents WHERE pdq IS NOT NULL AND pdq_quality >= {PDQ_MINIMUM_QUALITY}
UNION ALL
SELECT sha256, -1::INTEGER, pdq_alternate, pdq_quality, 'alternate of ' || pdq_pipeline
FROM contents WHERE pdq_alternate IS NOT NULL AND pdq_alternate <> pdq AND pdq_quality >= {PDQ_MINIMUM_QUALITY}
UNION ALL
SELECT sha256, "index", pdq, pdq_quality, pdq_pipeline
FROM frames WHERE pdq IS NOT NULL AND pdq_quality >= {PDQ_MINIMUM_QUALITY}
ORDER BY sha256, frame, pipeline
"""
_LISTED = f"SELECT * FROM known WHERE algorithm = '{Algorithm.PDQ}' ORDER BY \"set\", entry"


class MatchStage:
    """Contents and frames against all hash sets: exact digests, and PDQ within a radius.

    Near matching is exact search: every entry within ``radius`` bits of a picture of sufficient quality,
    in any of the eight rotations and mirrors, is in the table.
    """

    name = "match"
    reads: tuple[Table, ...] = (KNOWN, CONTENTS, FRAMES)
    writes: Table = MATCHES

    def __init__(self, *, radius: int = PDQ_MATCH_RADIUS) -> None:
        self.radius = radius
        self.version = f"1/radius={radius}/quality={PDQ_MINIMUM_QUALITY}"

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield exact and near matches as two partitions."""
        yield "exact", catalogue.query(_EXACT).cast(MATCHES.schema)
        yield "near", pa.Table.from_batches([self._near(catalogue)])

    def _near(self, catalogue: Catalogue) -> pa.RecordBatch:
        listed = catalogue.rows(_LISTED)
        hashed = catalogue.rows(_HASHED)
        best: dict[tuple[Any, ...], dict[str, Any]] = {}
        if listed and hashed:
            index = HammingIndex.build(
                np.frombuffer(bytes.fromhex("".join(k["value"] for k in listed)), np.uint8).reshape(-1, 32)
            )
            hashes = np.frombuffer(b"".join(h["pdq"] for h in hashed), np.uint8).reshape(-1, 32)
            for transform in TRANSFORMS:
                found = index.search(transformed(hashes, transform), self.radius)
                for pair in found.to_pylist():
                    row = self._row(hashed[pair["query"]], listed[pair["entry"]], transform, pair["distance"])
                    key = (row["sha256"], row["set"], row["entry"], row["frame"])
                    # One row a pair: the smallest distance, and at equal distance the first transform.
                    if key not in best or row["distance"] < best[key]["distance"]:
                        best[key] = row
        return MATCHES.batch(best[key] for key in sorted(best))

    def _row(
        self, hashed: dict[str, Any], listed: dict[str, Any], transform: str, distance: int
    ) -> dict[str, Any]:
        return {
            "sha256": hashed["sha256"],
            "set": listed["set"],
            "entry": listed["entry"],
            "frame": hashed["frame"],
            "transform": transform,
            "kind": MatchKind.NEAR.value,
            "algorithm": listed["algorithm"],
            "distance": distance,
            "threshold": self.radius,
            "quality": hashed["quality"],
            "pipeline": hashed["pipeline"],
            "scheme": listed["scheme"],
            "category": listed["category"],
            "meaning": listed["meaning"],
            "release": listed["release"],
        }
