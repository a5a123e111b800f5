"""A random sample of links for people to judge, and what their judgements say of the grade's precision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fairlead.engine.catalogue import Catalogue
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.intervals import wilson_interval
from fairlead.terms.platform import Judgement

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSample:
    """Pairs drawn from all links of one grade that were not refused, in the order drawn."""

    grade: AttributionGrade
    seed: int
    population: int
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFigures:
    """How a sample was judged. ``low`` and ``high`` are Wilson's interval at 95 %.

    Pairs judged unsure are counted apart; ``low_if_unsure_is_wrong`` counts them against the grade.
    """

    grade: AttributionGrade
    seed: int
    population: int
    drawn: int
    same: int
    different: int
    unsure: int
    precision: float | None
    low: float
    high: float
    low_if_unsure_is_wrong: float


def draw_sample(catalogue: Catalogue, grade: AttributionGrade, *, count: int, seed: int) -> LinkSample:
    """Draw up to ``count`` pairs; the same tables and seed give the same pairs, in any order of the parts."""
    rows = catalogue.rows(
        """SELECT "left", "right", count(*) OVER () AS population FROM links
        WHERE grade = $grade AND decision IN ('joined', 'noted') AND pattern IS NOT NULL
        ORDER BY md5($seed || '|' || "left" || '|' || "right") LIMIT $count""",
        {"grade": grade.value, "seed": str(seed), "count": count},
    )
    population = rows[0]["population"] if rows else 0
    pairs = tuple((row["left"], row["right"]) for row in rows)
    return LinkSample(grade=grade, seed=seed, population=population, pairs=pairs)


def figures_of(
    sample: LinkSample, judged: Mapping[Pair, Judgement] | Iterable[tuple[Pair, Judgement]]
) -> SampleFigures:
    """What people's judgements of the sampled pairs say about the grade."""
    known = dict(judged)
    said = [known[pair] for pair in sample.pairs if pair in known]
    same, different, unsure = (said.count(j) for j in (Judgement.SAME, Judgement.DIFFERENT, Judgement.UNSURE))
    low, high = wilson_interval(same, same + different)
    return SampleFigures(
        grade=sample.grade,
        seed=sample.seed,
        population=sample.population,
        drawn=len(sample.pairs),
        same=same,
        different=different,
        unsure=unsure,
        precision=same / (same + different) if same + different else None,
        low=low,
        high=high,
        low_if_unsure_is_wrong=wilson_interval(same, len(said))[0],
    )
