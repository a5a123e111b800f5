"""A hold follows its records through every merge and split, and a category never passes to a person it was not about."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fairlead.leads.anchored import CategoryDecision, category_standing, held_records, still_held
from fairlead.leads.document import SubjectCategory

OPEN = SubjectCategory.NOT_CATEGORISED
RECORDS = [f"platform:{n}" for n in range(1, 9)]


@dataclass
class History:
    """One operation: how records are joined, what is held, and which leads were published; all by chance."""

    chance: random.Random
    persons: list[frozenset[str]] = field(default_factory=lambda: [frozenset({r}) for r in RECORDS])
    leads: list[frozenset[str]] = field(default_factory=list)
    holds: list[tuple[str, ...]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)  # what people decided, kept apart from the rule

    def merge(self) -> None:
        if len(self.persons) > 1:
            one, two = self.chance.sample(self.persons, 2)
            self.persons = [p for p in self.persons if p not in (one, two)] + [one | two]

    def split(self) -> None:
        whole = self.chance.choice(self.persons)
        part = frozenset(r for r in whole if self.chance.random() < 0.5)
        if part and part != whole:
            self.persons = [p for p in self.persons if p != whole] + [part, whole - part]

    def publish(self) -> None:
        self.leads = list(self.persons)

    def hold(self) -> None:
        about = self.chance.choice(self.persons)
        records = self.chance.choice((tuple(about), (self.chance.choice(sorted(about)),)))
        self.holds.append(records)
        self.held |= set(records)

    def lift(self) -> None:
        about = self.chance.choice(self.persons)
        kept = [still_held(hold, about) if not about.isdisjoint(hold) else hold for hold in self.holds]
        self.holds = [hold for hold in kept if hold]
        self.held -= about

    def package(self) -> list[frozenset[str]]:
        held = held_records((r for hold in self.holds for r in hold), self.persons)
        return [lead for lead in self.leads if held.isdisjoint(lead)]


def test_no_package_of_two_thousand_histories_holds_a_held_record() -> None:
    built = held_back = 0
    for seed in range(2_000):
        history = History(random.Random(seed))
        for _ in range(40):
            step = history.chance.choice(
                (history.merge, history.split, history.publish, history.hold, history.lift)
            )
            step()
            sent = history.package()
            built += len(sent)
            held_back += len(history.leads) - len(sent)
            for lead in sent:
                assert history.held.isdisjoint(lead), seed
                for person in history.persons:
                    assert history.held.isdisjoint(person) or lead.isdisjoint(person), seed
            free = [p for p in history.persons if history.held.isdisjoint(p)]
            for lead in history.leads:  # and nothing is held back that no hold is about
                if lead in free:
                    assert lead in sent, seed
    assert built > 10_000
    assert held_back > 10_000


def test_a_held_and_a_free_person_who_are_joined_are_held() -> None:
    assert held_records(["a"], [{"a", "b"}, {"c"}]) == {"a", "b"}


def test_a_split_keeps_the_hold_on_the_part_with_the_record() -> None:
    assert held_records(["a"], [{"a"}, {"b"}]) == {"a"}


def test_lifting_for_one_part_leaves_the_other_part_held() -> None:
    assert still_held(("a", "b"), {"a"}) == ("b",)
    assert still_held(("a", "b"), {"a", "b", "c"}) == ()


def decision(category: SubjectCategory, *records: str, day: int = 1) -> CategoryDecision:
    return CategoryDecision(
        records=frozenset(records),
        category=category,
        decided_by="holm",
        at=datetime(2026, 1, day, tzinfo=UTC),
    )


def test_a_category_holds_for_exactly_the_records_it_was_decided_about() -> None:
    decided = [decision(SubjectCategory.VICTIM, "a", "b")]
    assert category_standing(decided, ["b", "a"], when_none=OPEN).category is SubjectCategory.VICTIM
    assert category_standing(decided, ["c"], when_none=OPEN) == category_standing([], ["c"], when_none=OPEN)


def test_a_category_of_a_person_who_changed_is_asked_for_again_with_the_reason() -> None:
    decided = [decision(SubjectCategory.VICTIM, "a", "b")]
    joined = category_standing(decided, ["a", "b", "c"], when_none=OPEN)
    assert joined.category is OPEN
    assert "victim" in joined.decide_again
    assert "1 came to it" in joined.decide_again
    assert "1 left it" in category_standing(decided, ["a"], when_none=OPEN).decide_again


def test_the_last_decision_about_any_of_the_records_counts() -> None:
    decided = [decision(SubjectCategory.VICTIM, "a", "b"), decision(SubjectCategory.SUSPECT, "a", day=2)]
    assert category_standing(decided, ["a", "b"], when_none=OPEN).category is OPEN
    again = [*decided, decision(SubjectCategory.OTHER_PARTY, "a", "b", day=3)]
    assert category_standing(again, ["a", "b"], when_none=OPEN).category is SubjectCategory.OTHER_PARTY
