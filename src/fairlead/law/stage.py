"""The stage that asks the law for every act of every person with a country, on the act's own days."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from datetime import date

import pyarrow as pa

from fairlead.engine.catalogue import Catalogue
from fairlead.law.assessment import Answer
from fairlead.law.duration import say_range
from fairlead.law.load import RecordSet, load_records
from fairlead.law.platform_acts import platform_acts
from fairlead.law.resolve import ask, jurisdiction_question, periods_of, terms_of
from fairlead.law.standing import standing_of
from fairlead.tables import Table
from fairlead.tables.attribution import PERSONS
from fairlead.tables.evidence import HOLDERS
from fairlead.tables.law import ASSESSMENTS
from fairlead.tables.provenance import ASSESSED_ACTS
from fairlead.tables.records import ACTS
from fairlead.terms.countries import jurisdictions_of
from fairlead.terms.law import AgeBand, ImageClass, LegalAct
from fairlead.terms.platform import PlatformAct

ASSESSED = (
    "Rests on files of an exhibit and on an officer's statement whose it was, not on a record of conduct: see the limits "
    "of the assessed act."
)
UNDATED = "The records give no day for this act: asked over all days of the platform's records."

_COUNTRIES = "SELECT DISTINCT country FROM persons WHERE country IS NOT NULL ORDER BY 1"
_SPAN = "SELECT min(coalesce(from_at, to_at))::DATE AS first, max(coalesce(to_at, from_at))::DATE AS last FROM acts"
_ACTS = """
WITH chosen AS (SELECT person, unnest(members) AS member FROM persons WHERE country = $country)
SELECT DISTINCT c.person, a.act, a.kind, coalesce(a.from_at, a.to_at)::DATE AS from_on,
       coalesce(a.to_at, a.from_at)::DATE AS to_on, false AS assessed
FROM chosen c JOIN acts a ON a.account = c.member OR (a.kind = 'pay' AND a.payment = c.member)
UNION ALL
SELECT DISTINCT c.person, x.act, x.kind, coalesce(x.from_at, x.to_at)::DATE, coalesce(x.to_at, x.from_at)::DATE, true
FROM chosen c JOIN holders h ON h.account = c.member JOIN assessed_acts x USING (exhibit)
ORDER BY person, act"""

_Line = tuple[int, date, date]
_Key = tuple[str, date | None, date | None, bool]


class AssessmentsStage:
    """One row per person, jurisdiction, act of the law, image class and sub-range of the act's own days.

    A payment is asked for the account's person and for the payer, where these are kept apart: both may have paid.
    Acts that files on an exhibit suggest are asked for whom an officer stated the exhibit to be from, with a caution.
    Acts are dated in UTC. An act without a day is asked over all days of the records, with a caution. Acts
    that the list of platform acts asks under no act of the law give no row.
    """

    name = "assessments"
    reads: tuple[Table, ...] = (PERSONS, ACTS, ASSESSED_ACTS, HOLDERS)
    writes = ASSESSMENTS

    def __init__(
        self,
        images: tuple[ImageClass, ...] = (ImageClass.SYNTH,),
        age_band: AgeBand = AgeBand.UNDER_18,
        records: RecordSet | None = None,
    ) -> None:
        self._images = images
        self._age_band = age_band
        self._records = records or load_records()
        asked = [
            f"{act}:{','.join(a.legal_acts)}:{','.join(a.facts)}"
            for act, a in sorted(platform_acts().items())
        ]
        told = "\n".join((self._records.digest, *images, age_band, *asked))
        self.version = "5-" + hashlib.blake2b(told.encode(), digest_size=8).hexdigest()

    def gather(self, catalogue: Catalogue) -> Iterator[tuple[str, pa.Table]]:
        """Yield assessments, one partition per country; an empty one when nobody has a country."""
        span = catalogue.rows(_SPAN)[0]
        countries = catalogue.rows(_COUNTRIES)
        if not countries:
            yield "none", ASSESSMENTS.schema.empty_table()
        for row in countries:
            country = row["country"]
            acts = catalogue.query(_ACTS, {"country": country})
            rows = _Rows(self._records, country, self._images, self._age_band)
            yield country, rows.table(acts, (span["first"], span["last"]))


class _Rows:
    """Rows of one country. Equal kinds of act on equal days share their answers, which are kept once."""

    def __init__(
        self, records: RecordSet, country: str, images: tuple[ImageClass, ...], age_band: AgeBand
    ) -> None:
        self._records = records
        self._jurisdictions = jurisdictions_of(country)
        self._images = images
        self._age_band = age_band
        self._cached: dict[_Key, list[_Line]] = {}
        self._answers: list[dict[str, object]] = []
        self._numbers: dict[tuple[int, str, LegalAct, ImageClass, tuple[str, ...]], int] = {}

    def table(self, acts: pa.Table, span: tuple[date | None, date | None]) -> pa.Table:
        """The rows of all acts, in the order of the acts."""
        sources, numbers = array("q"), array("q")
        from_on: list[date] = []
        to_on: list[date] = []
        columns = (acts.column(name).to_pylist() for name in ("kind", "from_on", "to_on", "assessed"))
        for source, (kind, first, last, assessed) in enumerate(zip(*columns, strict=True)):
            key = (kind, first, last, assessed)
            lines = self._cached.get(key)
            if lines is None:
                lines = self._cached[key] = list(self._lines(kind, first, last, span, assessed=assessed))
            for number, start, end in lines:
                sources.append(source)
                numbers.append(number)
                from_on.append(start)
                to_on.append(end)
        return self._joined(acts, sources, numbers, from_on, to_on)

    def _joined(
        self, acts: pa.Table, sources: array[int], numbers: array[int], from_on: list[date], to_on: list[date]
    ) -> pa.Table:
        schema = ASSESSMENTS.schema
        told = pa.schema([f for f in schema if f.name not in ("person", "act", "from_on", "to_on")])
        told_rows = pa.Table.from_pylist(self._answers, schema=told).take(pa.array(numbers, pa.int64()))
        own = acts.select(["person", "act"]).take(pa.array(sources, pa.int64()))
        days = {"from_on": pa.array(from_on, pa.date32()), "to_on": pa.array(to_on, pa.date32())}
        held = {name: told_rows.column(name) for name in told.names}
        held |= {"person": own.column("person"), "act": own.column("act")} | days
        return pa.table([held[name] for name in schema.names], schema=schema)

    def _lines(
        self,
        kind: str,
        first: date | None,
        last: date | None,
        span: tuple[date | None, date | None],
        *,
        assessed: bool,
    ) -> Iterator[_Line]:
        dated = first is not None and last is not None
        beside = (*(() if dated else (UNDATED,)), *((ASSESSED,) if assessed else ()))
        start, end = (first, last) if dated else span
        asked = platform_acts()[PlatformAct(kind)]
        facts = {} if assessed else dict.fromkeys(asked.facts, True)
        for jurisdiction in self._jurisdictions:
            for legal_act in asked.legal_acts:
                for image in self._images:
                    question = ask(jurisdiction, legal_act, image, self._age_band, facts=facts)
                    for period in periods_of(self._records, question, (start or date.min, end or date.max)):
                        number = self._number(period.answer, jurisdiction, legal_act, image, beside)
                        yield number, period.from_on, period.to_on

    def _number(
        self,
        answer: Answer,
        jurisdiction: str,
        legal_act: LegalAct,
        image: ImageClass,
        beside: tuple[str, ...],
    ) -> int:
        key = (id(answer), jurisdiction, legal_act, image, beside)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._answers)
            self._answers.append(
                {
                    "jurisdiction": jurisdiction,
                    "legal_act": legal_act.value,
                    "image": image.value,
                    "age_band": self._age_band.value,
                    "verdict": answer.verdict.value,
                    "provisions": [v.id for v in answer.provisions],
                    "citations": list(answer.citations),
                    "gaps": [gap.id for gap in answer.gaps],
                    "open_questions": [
                        *answer.open_questions,
                        jurisdiction_question(self._records, jurisdiction),
                    ],
                    "cautions": [*beside, *answer.cautions],
                    "upcoming": list(answer.upcoming),
                    "lex_mitior": answer.lex_mitior,
                    "ranges": [
                        f"{v.id}: {say_range(v.penalty)}" for v in (*answer.provisions, *answer.unconfirmed)
                    ],
                    "standing": [point.said for point in standing_of(self._records, jurisdiction)],
                    "terms": [f"{t.local} = {t.english}" for t in terms_of(self._records, jurisdiction)],
                }
            )
        return number
