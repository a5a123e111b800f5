"""Two versions of the recorded law: which records differ, and which answer changed for which act on which days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from fairlead.law.assessment import AssessedPeriod
from fairlead.law.duration import say_range
from fairlead.law.fields_of import fields_of
from fairlead.law.load import CASES_FILE, JURISDICTION_FILE, LawFolder, RecordSet
from fairlead.law.record import Gap, ProvisionVersion
from fairlead.law.resolve import ask, periods_of
from fairlead.law.review import rows_of
from fairlead.terms.law import AgeBand, ImageClass, LegalAct

Period = tuple[date, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged:
    """A record that is new, gone or says something else, in words."""

    record: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChanged:
    """An answer that is another one, with the first and last day on which it is."""

    jurisdiction: str
    act: LegalAct
    image: ImageClass
    from_on: date
    to_on: date
    before: str
    now: str


def diff_records(before: LawFolder, after: LawFolder) -> list[RecordChanged]:
    """The records that differ, in words, by id."""
    old, new = (dict(_said(folder)) for folder in (before, after))
    found = [RecordChanged(record=r, what="no longer recorded") for r in old if r not in new]
    found += [RecordChanged(record=r, what="new") for r in new if r not in old]
    for record, fields in new.items():
        for field in dict.fromkeys((*old.get(record, {}), *fields)) if record in old else ():
            was, now = old[record].get(field), fields.get(field)
            if was != now:
                found.append(RecordChanged(record=record, what=f"{field}: {_short(was)} → {_short(now)}"))
    return sorted(found, key=lambda change: (change.record, change.what))


def _said(folder: LawFolder) -> Iterator[tuple[str, dict[str, str]]]:
    for name, table in folder.files.items():
        if "/" not in name or name.endswith((f"/{CASES_FILE}", f"/{JURISDICTION_FILE}")):
            continue
        for row in rows_of(table):
            told = {k: str(row[k]) for k in ("superseded_on", "verified_by", "verified_on") if k in row}
            yield str(row.get("id", "")), dict(fields_of(row)) | told


def _short(value: str | None) -> str:
    if value is None:
        return "nothing"
    return f"“{value[:77]}…”" if len(value) > 80 else f"“{value}”"


def diff_answers(
    before: RecordSet, after: RecordSet, records: frozenset[str], period: Period
) -> list[AnswerChanged]:
    """Answers that differ over a period, of the places and acts that the records named are about.

    Asked for a person under 18 whose age is not known more closely, without further facts.
    """
    listed: tuple[ProvisionVersion | Gap, ...] = (
        *before.versions, *before.gaps, *after.versions, *after.gaps,
    )  # fmt: skip
    asked: set[tuple[str, LegalAct]] = set()
    for record in listed:
        if record.id in records:
            homes = (after.home_of(code) or before.home_of(code) for code in record.jurisdictions)
            codes = {
                code
                for home in homes
                if home is not None
                for code in home.codes
                if code in record.jurisdictions or home.code in record.jurisdictions
            }
            asked |= set(product(codes, record.acts))
    found: list[AnswerChanged] = []
    for (code, act), image in product(sorted(asked), ImageClass):
        question = ask(code, act, image, AgeBand.UNDER_18)
        old, new = (periods_of(records_, question, period) for records_ in (before, after))
        found += _between(code, act, image, old, new)
    return found


def _between(
    code: str,
    act: LegalAct,
    image: ImageClass,
    old: tuple[AssessedPeriod, ...],
    new: tuple[AssessedPeriod, ...],
) -> Iterator[AnswerChanged]:
    for was, now in product(old, new):
        first, last = max(was.from_on, now.from_on), min(was.to_on, now.to_on)
        if first <= last and (said := (_in_words(was), _in_words(now)))[0] != said[1]:
            yield AnswerChanged(
                jurisdiction=code,
                act=act,
                image=image,
                from_on=first,
                to_on=last,
                before=said[0],
                now=said[1],
            )


def _in_words(period: AssessedPeriod) -> str:
    answer = period.answer
    relied = (*answer.provisions, *answer.unconfirmed)
    cited = "; ".join(f"{v.citation}, {say_range(v.penalty)}" for v in relied)
    return f"{answer.verdict.value.replace('_', ' ')} ({cited or 'no provision'})"
