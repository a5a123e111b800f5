"""How often attribution was right, against a known truth: pairs per grade, and persons that hold a stranger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

import numpy as np

from fairlead.engine.components import connect
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.intervals import wilson_interval

_GROUP_OF = {
    AttributionGrade.ATTRIBUTED: "person",
    AttributionGrade.PROBABLE: "probable_group",
    AttributionGrade.POSSIBLE: "possible_group",
}
_ORDER = (*_GROUP_OF, AttributionGrade.UNRESOLVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeFigures:
    """Pairs inside groups: how many, how many true, and groups that hold two people's records."""

    groups: int
    pairs: int
    true_pairs: int
    precision: float | None
    recall: float
    f1: float
    mixed: int
    low: float | None
    high: float | None


class Evaluation(TypedDict):
    """Figures of persons against truth; ``grades`` and ``at_least`` hold GradeFigures by grade."""

    precision: float | None
    recall: float
    f1: float
    false_attributions: int
    grades: dict[str, dict[str, float | None]]
    at_least: dict[str, dict[str, float | None]]
    persons: int
    records: int


def evaluate(
    persons: Iterable[Mapping[str, Any]], truth: Mapping[str, str], links: Iterable[Mapping[str, Any]] = ()
) -> Evaluation:
    """Figures of persons (rows of the table) against truth: record id to the real person's id.

    ``grades`` count pairs of records inside persons of a grade. ``at_least`` counts pairs inside what is said
    with a grade or a better one: attributed persons, groups of persons that are probably one, groups that are
    possibly one; ``precision``, ``recall`` and ``f1`` are those of the widest. ``false_attributions`` are
    persons of grade attributed that hold a record of somebody else. Records without a truth are left out.
    With ``links`` (rows of the table), a person joined by weaker links counts in what is said with a better grade,
    too: with those of its records that links of that grade hold together, among themselves and with others.
    ``low`` and ``high`` are Wilson's interval at 95 %.
    """
    rows = list(persons)
    size = Counter(truth.values())
    all_true = sum(n * (n - 1) // 2 for n in size.values())
    grades = {
        grade.value: asdict(_figures((r["person"] for r in rows), _chosen(rows, truth, grade), all_true))
        for grade in AttributionGrade
    }
    at_least = {}
    said = list(links)
    for grade, column in _GROUP_OF.items():
        if said and grade is AttributionGrade.PROBABLE:
            keys, held = _held_together(said, grade, truth)
            at_least[grade.value] = asdict(_figures(keys, held, all_true))
            continue
        weaker = {g for g in AttributionGrade if _ORDER.index(g) > _ORDER.index(grade)}
        chosen = [
            None if row["grade"] in weaker and len(row["members"]) > 1 else _known(row, truth) for row in rows
        ]
        at_least[grade.value] = asdict(_figures((row[column] for row in rows), chosen, all_true))
    widest = at_least[AttributionGrade.POSSIBLE.value]
    return {
        "precision": widest["precision"],
        "recall": widest["recall"],
        "f1": widest["f1"],
        "false_attributions": grades[AttributionGrade.ATTRIBUTED.value]["mixed"],
        "grades": grades,
        "at_least": at_least,
        "persons": len(rows),
        "records": len(truth),
    }


def _held_together(
    links: list[Mapping[str, Any]], grade: AttributionGrade, truth: Mapping[str, str]
) -> tuple[list[str], list[list[str] | None]]:
    """For every record the lowest one that links of this grade or a better one lead to, and who it is of."""
    enough = {g.value for g in _ORDER[: _ORDER.index(grade) + 1]}
    chosen = [
        link
        for link in links
        if (link["decision"] == "joined" and link["grade"] in enough)
        or link["decision"] == "same"
        or link["wider"] in enough
    ]
    records = sorted({*truth, *(link[end] for link in chosen for end in ("left", "right"))})
    numbers = {record: number for number, record in enumerate(records)}
    left, right = (np.array([numbers[link[end]] for link in chosen], np.int64) for end in ("left", "right"))
    lowest = connect(len(records), left, right)
    return [records[n] for n in lowest], [[truth[r]] if r in truth else [] for r in records]


def _known(row: Mapping[str, Any], truth: Mapping[str, str]) -> list[str]:
    return [truth[member] for member in row["members"] if member in truth]


def _chosen(
    rows: list[Mapping[str, Any]], truth: Mapping[str, str], grade: AttributionGrade
) -> list[list[str] | None]:
    """The real persons behind each person of this grade; None for persons of others."""
    return [_known(row, truth) if row["grade"] == grade else None for row in rows]


def _figures(keys: Iterable[str], held: Iterable[list[str] | None], all_true: int) -> GradeFigures:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for key, known in zip(keys, held, strict=True):
        if known is not None:
            groups[key].update(known)
    pairs = sum(_pairs(real.total()) for real in groups.values())
    right = sum(_pairs(count) for real in groups.values() for count in real.values())
    precision, recall = right / pairs if pairs else None, right / all_true if all_true else 0.0
    low, high = wilson_interval(right, pairs) if pairs else (None, None)
    return GradeFigures(
        groups=len(groups),
        pairs=pairs,
        true_pairs=right,
        precision=precision,
        recall=recall,
        f1=2 * right / (pairs + all_true) if pairs + all_true else 0.0,
        mixed=sum(len(real) > 1 for real in groups.values()),
        low=low,
        high=high,
    )


def _pairs(count: int) -> int:
    return count * (count - 1) // 2
