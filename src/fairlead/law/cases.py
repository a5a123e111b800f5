"""Worked examples: sentences about the law of a place, each with the answer the resolver must give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.law.fields import Fields, Finding
from fairlead.law.load import CASES_FILE, RecordSet
from fairlead.law.resolve import ask, assess_with
from fairlead.terms.law import AgeBand, ContentKind, ImageClass, LawVerdict, LegalAct


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One worked example: what is asked, and the verdicts and record ids expected, in order of days."""

    sentence: str
    jurisdiction: str
    act: LegalAct
    image: ImageClass
    age_band: AgeBand
    content: ContentKind | None
    from_on: date
    to_on: date
    verdicts: tuple[LawVerdict, ...]
    records: tuple[str, ...]
    maximum: str


def parse_cases(name: str, table: Mapping[str, Any], findings: list[Finding]) -> list[tuple[str, Case]]:
    """The worked examples of one file, each with its place in it."""
    fields = Fields(table, file=name, place="", findings=findings)
    fields.text("schema", required=True)
    read = []
    for number, row in enumerate(fields.tables("case"), start=1):
        first = row.must_day("from")
        case = Case(
            sentence=row.text("sentence", required=True),
            jurisdiction=row.text("jurisdiction", required=True),
            act=row.word("act", LegalAct),
            image=row.word("image", ImageClass),
            age_band=row.word("age_band", AgeBand, AgeBand.UNDER_18),
            content=row.maybe_word("content", ContentKind),
            from_on=first,
            to_on=row.day("to") or first,
            verdicts=row.words("verdicts", LawVerdict, required=True, distinct=False),
            records=row.texts("records"),
            maximum=row.text("maximum"),
        )
        row.end()
        read.append((f"case {number}", case))
    fields.end()
    return read


def check_case(records: RecordSet, case: Case) -> str:
    """What differs between a worked example and the resolver's answer; empty when nothing does."""
    question = ask(case.jurisdiction, case.act, case.image, case.age_band, case.content)
    answers = [p.answer for p in assess_with(records, question, (case.from_on, case.to_on)).periods]
    verdicts = tuple(answer.verdict for answer in answers)
    if verdicts != case.verdicts:
        return f"expected {', '.join(case.verdicts)}, the resolver says {', '.join(verdicts)}"
    found: dict[str, None] = {}
    for answer in answers:
        found |= dict.fromkeys(v.id for v in (*answer.provisions, *answer.unconfirmed))
        found |= dict.fromkeys(gap.id for gap in answer.gaps)
    if tuple(found) != case.records:
        return f"expected the records {', '.join(case.records) or 'none'}, found {', '.join(found) or 'none'}"
    maxima = {v.penalty.max for a in answers for v in a.provisions}
    if case.maximum and case.maximum not in maxima:
        return f"no provision relied on has the maximum {case.maximum}"
    return ""


def find_cases(
    files: Mapping[str, Mapping[str, Any]], findings: list[Finding]
) -> Iterator[tuple[str, str, Case]]:
    """Every worked example of a folder: file, place, example."""
    for name, table in files.items():
        if name.endswith("/" + CASES_FILE):
            for place, case in parse_cases(name, table, findings):
                yield name, place, case
