"""How often attribution was right, against a known truth: pairs per grade, and persons that hold a stranger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fairlead.attribution.intervals import wilson
from fairlead.terms.grades import AttributionGrade


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeFigures:
    """Pairs inside persons of a grade: how many, how many true, and persons that hold two people's records."""

    persons: int
    pairs: int
    true_pairs: int
    precision: float | None
    recall: float
    mixed_persons: int
    low: float | None
    high: float | None


def evaluate(persons: Iterable[Mapping[str, Any]], truth: Mapping[str, str]) -> dict[str, Any]:
    """Figures of persons (rows of the table) against truth: record id to the real person's id.

    ``precision`` and ``recall`` count pairs of records in one person; ``false_attributions`` are persons of
    grade attributed that hold a record of somebody else; ``wider_recall`` also counts pairs in persons that
    are noted as maybe the same. Records without a truth are left out. ``low`` and ``high`` are Wilson's
    interval at 95 %.
    """
    rows = [dict(row) for row in persons]
    size = Counter(truth.values())
    all_true = sum(n * (n - 1) // 2 for n in size.values())
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        known = [truth[m] for m in row["members"] if m in truth]
        pairs = len(known) * (len(known) - 1) // 2
        right = sum(n * (n - 1) // 2 for n in Counter(known).values())
        tally = counted[row["grade"]]
        tally.update(persons=1, pairs=pairs, true_pairs=right, mixed=int(len(set(known)) > 1))
    by_grade = {grade.value: asdict(_figures(counted[grade.value], all_true)) for grade in AttributionGrade}
    total: Counter[str] = Counter()
    for tally in counted.values():
        total.update(tally)
    whole = _figures(total, all_true)
    wider = _figures(_wider(rows, truth), all_true)
    return {
        "precision": whole.precision,
        "recall": whole.recall,
        "false_attributions": by_grade[AttributionGrade.ATTRIBUTED.value]["mixed_persons"],
        "grades": by_grade,
        "wider_precision": wider.precision,
        "wider_recall": wider.recall,
        "persons": len(rows),
        "records": len(truth),
    }


def _figures(tally: Counter[str], all_true: int) -> GradeFigures:
    pairs, right = tally["pairs"], tally["true_pairs"]
    low, high = wilson(right, pairs) if pairs else (None, None)
    return GradeFigures(
        persons=tally["persons"],
        pairs=pairs,
        true_pairs=right,
        precision=right / pairs if pairs else None,
        recall=right / all_true if all_true else 0.0,
        mixed_persons=tally["mixed"],
        low=low,
        high=high,
    )


def _wider(rows: list[dict[str, Any]], truth: Mapping[str, str]) -> Counter[str]:
    """Pairs when each person is merged with the single strongest person it may be."""
    parent = {row["person"]: row["person"] for row in rows}

    def root(person: str) -> str:
        while parent[person] != person:
            parent[person] = parent[parent[person]]
            person = parent[person]
        return person

    for row in sorted(rows, key=lambda r: r["person"]):
        for other in row["maybe_same"]:
            if other["person"] in parent:
                parent[max(root(row["person"]), root(other["person"]))] = min(
                    root(row["person"]), root(other["person"])
                )
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[root(row["person"])] += [truth[m] for m in row["members"] if m in truth]
    tally: Counter[str] = Counter()
    for known in groups.values():
        tally.update(
            persons=1,
            pairs=len(known) * (len(known) - 1) // 2,
            true_pairs=sum(n * (n - 1) // 2 for n in Counter(known).values()),
            mixed=int(len(set(known)) > 1),
        )
    return tally
