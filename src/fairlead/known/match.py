"""The stages that decide which agreements count as matches, and which are held back for a person.

Two rules hold agreements back. Flood: an entry that agrees with more contents than its set's limit is taken for
a bad entry until somebody let it through. Benign: a content that is byte for byte an entry of a benign set is not
also reported as looking like something. Exact agreements are never held back by the second rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.tables import Table
from fairlead.tables.known import FOUND, HASH_SETS, HELD, MATCHES, VIDEOS_FOUND
from fairlead.terms.matching import Algorithm, MatchKind, Meaning

_DECIDED = f"""
WITH agreed AS (
  SELECT * FROM found
  UNION ALL BY NAME
  SELECT sha256, "set", '{Algorithm.VPDQ}:' || video AS entry, -1::INTEGER AS frame, transform,
         '{MatchKind.NEAR}' AS kind, '{Algorithm.VPDQ}' AS algorithm, distance, threshold, quality, pipeline,
         scheme, category, meaning, release
  FROM videos_found WHERE matched),
counted AS (SELECT "set", entry, count(DISTINCT sha256) AS contents FROM agreed GROUP BY "set", entry),
benign AS (SELECT DISTINCT sha256 FROM agreed WHERE kind = '{MatchKind.EXACT}' AND meaning = '{Meaning.BENIGN}')
SELECT a.*, c.contents,
  CASE WHEN c.contents > s.flood_limit AND NOT list_contains(coalesce(s.let_through, []), a.entry) THEN 'flood'
       WHEN a.kind = '{MatchKind.NEAR}' AND a.meaning <> '{Meaning.BENIGN}' AND b.sha256 IS NOT NULL THEN 'benign'
  END AS reason
FROM agreed a JOIN counted c USING ("set", entry) JOIN hash_sets s USING ("set")
LEFT JOIN benign b ON b.sha256 = a.sha256
"""
_SETS = 'SELECT DISTINCT "set" FROM hash_sets ORDER BY 1'
_ORDER = "ORDER BY sha256, entry, frame, transform"
_READ = (FOUND, VIDEOS_FOUND, HASH_SETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchStage:
    """FOUND and VIDEOS_FOUND to MATCHES: what agrees and is not held back, one part a hash set."""

    name: str = "match"
    version: str = "2"
    reads: tuple[Table, ...] = _READ
    writes: Table = MATCHES

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Partitions by hash set, so that a set that did not change keeps its part."""
        yield from _by_set(catalogue, MATCHES, "reason IS NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStage:
    """FOUND and VIDEOS_FOUND to HELD: what agrees but is held back, with the reason."""

    name: str = "hold"
    version: str = "1"
    reads: tuple[Table, ...] = _READ
    writes: Table = HELD

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Partitions by hash set."""
        yield from _by_set(catalogue, HELD, "reason IS NOT NULL")


def _by_set(catalogue: Catalogue, table: Table, condition: str) -> Iterator[tuple[str, pa.Table]]:
    columns = ", ".join(f'"{name}"' for name in table.schema.names)
    for row in catalogue.rows(_SETS):
        found = catalogue.query(
            f'SELECT {columns} FROM ({_DECIDED}) WHERE "set" = $set AND {condition} {_ORDER}', row
        )
        yield row["set"], found.cast(table.schema)
