"""What became of persons from one run to the next: merged, split, grown, shrunk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """How the persons of one run became those of the next."""

    MERGED = "merged"
    SPLIT = "split"
    REGROUPED = "regrouped"
    GREW = "grew"
    SHRANK = "shrank"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """Persons of the run before (ids), persons of this run (ids), and what happened between them."""

    kind: ChangeKind
    before: tuple[str, ...]
    after: tuple[str, ...]


def find_changes(
    before: Mapping[str, Iterable[str]], after: Mapping[str, Iterable[str]]
) -> list[PersonChange]:
    """Compare persons (id to record ids) of two runs; persons whose members are the same are left out.

    An id stands for its members, so persons with one id in both runs did not change. Persons belong to one change
    when they share a record; a person whose records are all new has no history.
    """
    was = {record: person for person, members in before.items() for record in members}
    now = {record: person for person, members in after.items() for record in members}
    forward: dict[str, set[str]] = {}
    backward: dict[str, set[str]] = {}
    for record, person in was.items():
        if record in now and now[record] != person:
            forward.setdefault(person, set()).add(now[record])
            backward.setdefault(now[record], set()).add(person)
    changes: list[PersonChange] = []
    seen: set[str] = set()
    for start in sorted(forward):
        if start in seen:
            continue
        old, new, waiting = {start}, set[str](), [start]
        while waiting:
            for there in forward[waiting.pop()] - new:
                new.add(there)
                waiting += backward[there] - old
                old |= backward[there]
        seen |= old
        sizes = (sum(len(list(before[p])) for p in old), sum(len(list(after[p])) for p in new))
        changes.append(
            PersonChange(
                kind=_kind(len(old), len(new), sizes), before=tuple(sorted(old)), after=tuple(sorted(new))
            )
        )
    return changes


def _kind(old: int, new: int, sizes: tuple[int, int]) -> ChangeKind:
    if old > 1:
        return ChangeKind.MERGED if new == 1 else ChangeKind.REGROUPED
    if new > 1:
        return ChangeKind.SPLIT
    return ChangeKind.GREW if sizes[1] > sizes[0] else ChangeKind.SHRANK
