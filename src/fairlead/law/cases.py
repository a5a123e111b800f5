"""Worked examples: sentences about the law of a place, each with the answer the resolver must give."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fairlead.law.assessment import Answer
from fairlead.law.fields import Fields, Finding
from fairlead.law.load import CASES_FILE, LawFolder, RecordSet
from fairlead.law.record import Gap, ProvisionVersion
from fairlead.law.resolve import ask, assess_with
from fairlead.law.tiers import FactsKnown
from fairlead.law.toml import write_toml
from fairlead.terms.law import AgeBand, ContentKind, Fact, ImageClass, LawVerdict, LegalAct


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
    minimum: str = ""
    facts: FactsKnown = ()
    quote: str = ""
    citation: str = ""


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
            minimum=row.text("minimum"),
            facts=_facts(row),
            quote=row.text("quote"),
            citation=row.text("citation"),
        )
        row.end()
        read.append((f"case {number}", case))
    fields.end()
    return read


def _facts(fields: Fields) -> FactsKnown:
    """Facts of a case as a table of true and false."""
    row = fields.table("facts")
    return tuple(sorted((fact, row.flag(fact.value)) for fact in Fact if fact.value in row.names()))


def check_case(records: RecordSet, case: Case) -> str:
    """What differs between a worked example and the resolver's answer; empty when nothing does."""
    answers = _answers(records, case)
    verdicts = tuple(answer.verdict for answer in answers)
    if verdicts != case.verdicts:
        return f"expected {', '.join(case.verdicts)}, the resolver says {', '.join(verdicts)}"
    found = _found(answers)
    if found != case.records:
        return f"expected the records {', '.join(case.records) or 'none'}, found {', '.join(found) or 'none'}"
    relied = [v for a in answers for v in a.provisions]
    for word, expected, said in (
        ("maximum", case.maximum, {v.penalty.max for v in relied}),
        ("minimum", case.minimum, {v.penalty.min for v in relied}),
    ):
        if expected and expected not in said:
            return f"no provision relied on has the {word} {expected}"
    words = [r.wording.words for r in _records(answers) if r.wording is not None]
    if case.quote and not any(case.quote in text for text in words):
        return "the words quoted stand in no record that the answer rests on"
    return ""


def _answers(records: RecordSet, case: Case) -> list[Answer]:
    facts = dict(case.facts)
    question = ask(case.jurisdiction, case.act, case.image, case.age_band, case.content, facts=facts)
    return [p.answer for p in assess_with(records, question, (case.from_on, case.to_on)).periods]


def _records(answers: list[Answer]) -> list[ProvisionVersion | Gap]:
    found: list[ProvisionVersion | Gap] = []
    for answer in answers:
        found += [*answer.provisions, *answer.unconfirmed, *answer.gaps]
    return found


def _found(answers: list[Answer]) -> tuple[str, ...]:
    """The ids of what the answers rest on, each once."""
    return tuple(dict.fromkeys(record.id for record in _records(answers)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChanged:
    """A worked example whose answer is another one with the data as they are now."""

    file: str
    sentence: str
    before: str
    now: str


def changed_cases(read: LawFolder) -> tuple[list[CaseChanged], dict[str, str]]:
    """The worked examples whose answer changed, in words, and the files as they would be if that is accepted."""
    changes: list[CaseChanged] = []
    texts: dict[str, str] = {}
    for name, table in read.files.items():
        if not name.endswith("/" + CASES_FILE):
            continue
        fresh = json.loads(json.dumps(table))
        before = len(changes)
        for row, (_, case) in zip(fresh.get("case", ()), parse_cases(name, table, []), strict=True):
            if not (difference := check_case(read.records, case)):
                continue
            answers = _answers(read.records, case)
            row["verdicts"] = [answer.verdict.value for answer in answers]
            row["records"] = list(_found(answers))
            if not row["records"]:
                row.pop("records")
            relied = [v for a in answers for v in a.provisions]
            if case.maximum and case.maximum not in {v.penalty.max for v in relied}:
                row.pop("maximum")
                if top := next((v.penalty.max for v in relied if v.penalty.max), None):
                    row["maximum"] = top
            now = f"{', '.join(row['verdicts'])}: {', '.join(row.get('records', ())) or 'no record'}"
            changes.append(CaseChanged(file=name, sentence=case.sentence, before=difference, now=now))
        if len(changes) > before:
            texts[name] = write_toml(fresh)
    return changes, texts


def find_cases(
    files: Mapping[str, Mapping[str, Any]], findings: list[Finding]
) -> Iterator[tuple[str, str, Case]]:
    """Every worked example of a folder: file, place, example."""
    for name, table in files.items():
        if name.endswith("/" + CASES_FILE):
            for place, case in parse_cases(name, table, findings):
                yield name, place, case
