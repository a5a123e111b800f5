"""Groups of records that one person may be behind: grown from the strongest link down, refusing what contradicts.

A group never holds two dates of birth, two unrelated names, or two records that a person judged different.
What is refused is reported with the rule that refused it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import DamerauLevenshtein

from fairlead.attribution.names import (
    MARKS,
    WHOLE_NAME_LETTERS,
    WHOLE_NAME_SLIPS,
    are_alike,
    are_two_given_names,
    bones,
)
from fairlead.attribution.pairs import GENERATION_YEARS
from fairlead.terms.grades import AttributionGrade

CHAIN_SIZE = 3
ROLES_STAY_APART = "roles-stay-apart"
_RANK = {AttributionGrade.ATTRIBUTED: 0, AttributionGrade.PROBABLE: 1, AttributionGrade.POSSIBLE: 2}
_SWAPPED_DATE_EDITS = 2


@dataclass(frozen=True, slots=True)
class Edge:
    """A scored pair: left and right are record numbers; ``held_back`` names the rule by which it never joins.

    ``by_mail``: both hold an e-mail address that nobody who contradicts holds.
    """

    left: int
    right: int
    grade: AttributionGrade
    bits: float
    held_back: str | None = None
    by_mail: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What a record says of the person itself: name tokens, date of birth, script of the name."""

    names: tuple[str, ...] = ()
    date_of_birth: str | None = None
    script: str | None = None


@dataclass(slots=True)
class Group:
    """Records joined so far, what they say of the person, and whom they were judged not to be."""

    members: list[int]
    identities: set[Facts] = field(default_factory=set)
    apart: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of an edge: joined, refused with a rule, or noted."""

    decision: str
    rule: str | None = None


def names_agree(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two names may be one person's: initials, order, spellings, nicknames and single errors are forgiven.

    Two generation marks are two persons; so are two given names that the lists know: Marie and Marine.
    """
    marks = [name[-1] if len(name) > 2 and name[-1] in MARKS else "" for name in (left, right)]
    if all(marks) and marks[0] != marks[1]:
        return False
    left, right = (name[:-1] if mark else name for name, mark in zip((left, right), marks, strict=True))
    if not left or not right:
        return True
    if len(left) == 1 or len(right) == 1:
        one, other = (left, right) if len(left) == 1 else (right, left)
        return any(are_alike(one[0], token) for token in other)
    turned = are_alike(left[0], right[-1]) and are_alike(left[-1], right[0])
    return turned or (not are_two_given_names(left[0], right[0]) and _agree_in_order(left, right))


def _agree_in_order(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    doubled = (len(left) > 2 and right[-1] in left) or (len(right) > 2 and left[-1] in right)
    if are_alike(left[0], right[0]) and (doubled or are_alike(left[-1], right[-1])):
        return True
    whole = "".join(left), "".join(right)
    return len(whole[0]) >= WHOLE_NAME_LETTERS and DamerauLevenshtein.distance(*whole) <= WHOLE_NAME_SLIPS


def births_agree(left: str, right: str) -> bool:
    """Whether two dates of birth may be one, written with a single error or day and month swapped."""
    if left == right:
        return True
    years = [int(date[:4]) if date[:4].isdigit() else 0 for date in (left, right)]
    if all(years) and abs(years[0] - years[1]) >= GENERATION_YEARS:
        return False
    return DamerauLevenshtein.distance(left, right) <= _SWAPPED_DATE_EDITS


def _may_be_one_name(left: Facts, right: Facts) -> bool:
    """Whether two names may be one, also one in two scripts, of which consonants are all that is compared."""
    if left.script != right.script and left.names and right.names:
        ends = [[bones(name[0]), bones(name[-1])] for name in (left.names, right.names)]
        if ends[0] in (ends[1], ends[1][::-1]):
            return True
    return names_agree(left.names, right.names)


def _may_have_married(left: Facts, right: Facts) -> bool:
    """Whether two names may be one person's after a change of surname: first name and date of birth agree."""
    return (
        left.date_of_birth is not None
        and left.date_of_birth == right.date_of_birth
        and are_alike(left.names[0], right.names[0])
        and not are_two_given_names(left.names[0], right.names[0])
    )


class Clustering:
    """Joins records into groups, grade by grade. Records of a better group take no part in the next grade.

    A better link that was only noted keeps a record from joining others by a weak one, such as an address; an e-mail
    address that both hold joins them all the same.
    """

    def __init__(self, facts: Sequence[Facts], *, apart: Iterable[tuple[int, int]] = ()) -> None:
        self._parent = list(range(len(facts)))
        self._groups = {
            n: Group([n], {f} if f.names or f.date_of_birth else set()) for n, f in enumerate(facts)
        }
        self._level: dict[int, AttributionGrade] = {}
        self._tied: set[int] = set()
        for left, right in apart:
            self._groups[left].apart.add(right)
            self._groups[right].apart.add(left)

    def root(self, record: int) -> int:
        """The record that stands for the group."""
        parent = self._parent
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    def members(self, record: int) -> list[int]:
        """All records in the record's group."""
        return self._groups[self.root(record)].members

    def join(self, left: int, right: int, grade: AttributionGrade) -> None:
        """Join whatever speaks against it: a person judged the two the same."""
        self._unite(self.root(left), self.root(right), grade)

    def decide(self, edges: Sequence[Edge]) -> list[Decided]:
        """Decide every edge; the answers are in the order of the edges given."""
        order = sorted(
            range(len(edges)),
            key=lambda n: (_RANK.get(edges[n].grade, 9), -edges[n].bits, edges[n].left, edges[n].right),
        )
        answers = [Decided("noted")] * len(edges)
        for number in order:
            answers[number] = self._decide(edges[number])
        return answers

    def widen(self, edges: Sequence[Edge], grade: AttributionGrade) -> list[int]:
        """Join groups that edges of this grade or better lead to; returns the edges that joined two groups.

        For groups wider than a person: what was kept apart because of a role or of a better grade is joined here,
        since such a group only says that one human being may be behind all of it. Contradictions still refuse.
        """
        chosen = [n for n, edge in enumerate(edges) if _RANK.get(edge.grade, 9) <= _RANK[grade]]
        chosen.sort(key=lambda n: (_RANK[edges[n].grade], -edges[n].bits, edges[n].left, edges[n].right))
        joining: list[int] = []
        for number in chosen:
            edge = edges[number]
            left, right = self.root(edge.left), self.root(edge.right)
            if left == right or edge.held_back not in (None, ROLES_STAY_APART):
                continue
            if self._refusal(self._groups[left], self._groups[right]) or self._is_chain(edge, left, right):
                continue
            self._unite(left, right, edge.grade)
            joining.append(number)
        return joining

    def _is_chain(self, edge: Edge, left: int, right: int) -> bool:
        """Whether a weak link would close two groups that are already groups."""
        smaller = min(len(self._groups[left].members), len(self._groups[right].members))
        return edge.grade is AttributionGrade.POSSIBLE and smaller >= CHAIN_SIZE

    def _decide(self, edge: Edge) -> Decided:
        left, right = self.root(edge.left), self.root(edge.right)
        if left == right:
            return Decided("joined")
        if edge.grade not in _RANK:
            return Decided("noted")
        rule = self._refusal(self._groups[left], self._groups[right])
        if rule is not None:
            return Decided("refused", rule)
        reason = self._reason_to_note(edge, left, right)
        if reason is not None:
            if edge.grade is not AttributionGrade.POSSIBLE:
                self._tied |= {edge.left, edge.right}
            return Decided("noted", reason)
        if self._is_chain(edge, left, right):
            return Decided("refused", "chain")
        self._unite(left, right, edge.grade)
        return Decided("joined")

    def _reason_to_note(self, edge: Edge, left: int, right: int) -> str | None:
        if edge.held_back is not None:
            return edge.held_back
        if any(self._level.get(root, edge.grade) != edge.grade for root in (left, right)):
            return "weaker-than-the-group"
        weak = edge.grade is AttributionGrade.POSSIBLE and not edge.by_mail
        if weak and self._tied.intersection((edge.left, edge.right)):
            return "weaker-than-another-link"
        return None

    def _refusal(self, left: Group, right: Group) -> str | None:
        if left.apart.intersection(right.members) or right.apart.intersection(left.members):
            return "judged-different"
        pairs = [(a, b) for a in left.identities for b in right.identities]
        if any(
            a.date_of_birth and b.date_of_birth and not births_agree(a.date_of_birth, b.date_of_birth)
            for a, b in pairs
        ):
            return "two-dates-of-birth"
        if not all(_may_be_one_name(a, b) or _may_have_married(a, b) for a, b in pairs):
            return "unrelated-names"
        return None

    def _unite(self, left: int, right: int, grade: AttributionGrade) -> None:
        if left == right:
            return
        if len(self._groups[left].members) < len(self._groups[right].members):
            left, right = right, left
        kept, gone = self._groups[left], self._groups.pop(right)
        self._parent[right] = left
        kept.members += gone.members
        kept.identities |= gone.identities
        kept.apart |= gone.apart
        self._level[left] = grade
