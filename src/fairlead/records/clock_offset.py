"""By how much a source's clock was wrong: measured on payments that a second source recorded, too."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.engine.catalogue import Catalogue

FEWEST_PAIRS = 5
WIDEST_SPREAD_S = 300.0

_DIFFERENCES = """
WITH mine AS (
    SELECT reference, split_part(payment, ':', -1) AS own, min(paid_at) AS at FROM payments
    WHERE source = $source AND kind = 'payment' AND paid_at IS NOT NULL GROUP BY ALL),
theirs AS (
    SELECT reference, split_part(payment, ':', -1) AS own, min(paid_at) AS at FROM payments
    WHERE source = $against AND kind = 'payment' AND paid_at IS NOT NULL GROUP BY ALL),
met AS (
    SELECT m.at AS mine, t.at AS theirs, count(*) OVER (PARTITION BY m.own) AS a, count(*) OVER (PARTITION BY t.own) AS b
    FROM mine m JOIN theirs t ON m.reference IN (t.reference, t.own) OR t.reference = m.own)
SELECT epoch(mine) - epoch(theirs) AS seconds FROM met WHERE a = 1 AND b = 1
"""
_FIGURES = f"""
SELECT count(*) AS pairs, median(seconds) AS middle, quantile_cont(seconds, 0.05) AS low,
    quantile_cont(seconds, 0.95) AS high
FROM ({_DIFFERENCES})
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """Seconds by which the source was ahead of the other: median, and where the middle 90 % lie.

    ``steady`` is false where there are too few pairs, or where they lie so far apart that no single offset holds.
    """

    source: str
    against: str
    pairs: int
    seconds: int
    low: float
    high: float

    @property
    def steady(self) -> bool:
        """Whether one offset describes the clock."""
        return self.pairs >= FEWEST_PAIRS and self.high - self.low <= WIDEST_SPREAD_S

    @property
    def evidence(self) -> str:
        """The sentence for ``clock_evidence`` in the mapping."""
        return (
            f"median over {self.pairs} payments that {self.against} recorded, too; "
            f"90 % lie between {self.low:.0f} and {self.high:.0f} seconds"
        )


def measure_offset(catalogue: Catalogue, *, source: str, against: str, known: int = 0) -> ClockOffset:
    """Compare payments of two sources that name each other by reference, one to one.

    ``known`` is the offset with which the source was loaded; it is added, so that the answer is the whole offset.
    """
    (row,) = catalogue.rows(_FIGURES, {"source": source, "against": against})
    middle, low, high = (float(row[name] or 0.0) + known for name in ("middle", "low", "high"))
    return ClockOffset(
        source=source, against=against, pairs=row["pairs"], seconds=round(middle), low=low, high=high
    )
