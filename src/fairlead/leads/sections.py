"""The statements of a lead, section by section. What another person's record says is never in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from fairlead.leads.facts import (
    AccountFact,
    ActFact,
    CountryFacts,
    IdentifierFact,
    LeadFacts,
    MaterialFact,
    PaymentFact,
    PersonFacts,
    SuggestedFact,
)
from fairlead.leads.material import HashRow
from fairlead.leads.statement import RiskState, Section, Statement
from fairlead.tables.rows import AssessmentRow
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.grades import InformationGrade, SourceGrade, StatementKind
from fairlead.terms.platform import IdentifierKind, PlatformAct

# What only a lead of grade `attributed` may carry: it points to a door.
_NAMING = {
    IdentifierKind.NAME.value,
    IdentifierKind.DATE_OF_BIRTH.value,
    IdentifierKind.POSTCODE.value,
}
_INTERNAL = {IdentifierKind.PASSWORD.value}  # equality inside the case only, never shown
_RISKS = (
    "access to children",
    "prior convictions",
    "weapons, officer safety",
    "encryption and technical skill",
    "self-harm",
)
_BY_MACHINE = {"generated", "derived_from_picture"}
_KIND_WORDS = {
    IdentifierKind.EMAIL: "E-mail address",
    IdentifierKind.PHONE: "Telephone number",
    IdentifierKind.IBAN: "IBAN",
    IdentifierKind.CARD: "Card fingerprint",
    IdentifierKind.WALLET: "Wallet",
    IdentifierKind.IP: "IP address",
    IdentifierKind.DEVICE: "Device",
    IdentifierKind.USER_NAME: "User name",
    IdentifierKind.NAME: "Name",
    IdentifierKind.DATE_OF_BIRTH: "Date of birth",
    IdentifierKind.POSTCODE: "Postcode",
}
_SAID_OF_LAW: tuple[tuple[str, Callable[[AssessmentRow], list[str] | None]], ...] = (
    ("caution", lambda row: row["cautions"]),
    ("standing", lambda row: row.get("standing")),
    ("term", lambda row: row.get("terms")),
)
CELLS = " · "
"""What stands between the cells of a line about the law; the printed lead sets them side by side."""

_ACT_WORDS = {
    PlatformAct.REGISTER: "registered the account",
    PlatformAct.PAY: "paid",
    PlatformAct.ACCESS: "visited the platform",
    PlatformAct.DOWNLOAD: "fetched stored files",
    PlatformAct.UPLOAD: "uploaded files",
    PlatformAct.MESSAGE: "sent messages",
    PlatformAct.PRODUCE: "produced material",
    PlatformAct.OPERATE: "operated or moderated the platform",
    PlatformAct.POSSESS_TOOL: "fetched a generation tool or model",
    PlatformAct.POSSESS_MANUAL: "fetched instructions",
}
_SUGGESTED_WORDS = {
    PlatformAct.PRODUCE: "that pictures were made with a model that lay there",
    PlatformAct.POSSESS_TOOL: "that a generation model was kept there",
}


def statements_of(facts: LeadFacts, country: CountryFacts) -> Iterator[Statement]:
    """All statements of one lead, in no particular order."""
    build = _Builder(facts.head, country)
    yield from build.summary()
    yield from build.selectors()
    yield from build.conduct()
    yield from build.material()
    yield from build.legal()
    yield from build.risk()
    yield from build.against()
    for other in facts.related:
        yield from _Builder(other, country).as_related(facts.head)


def relation_of(head: PersonFacts, other: PersonFacts) -> str:
    """How a person who is kept apart is related to the lead's person."""
    grade = next((m["grade"] for m in head.person["maybe_same"] or () if m["person"] == other.identity), None)
    roles = ", ".join(role.replace("_", " ") for role in other.person["roles"])
    same = f"may be the same person ({grade})" if grade else "nothing says that it is the same person"
    return f"{roles}; {same}"


def written_amount(amount: Decimal) -> str:
    """An amount with all its decimals, two at least."""
    whole, _, part = f"{amount:f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _origin(row: IdentifierFact | AccountFact | PaymentFact | ActFact | MaterialFact) -> str:
    return f"{row['exhibit']}:{row['locator']}"


def _may_be_named(rows: list[MaterialFact]) -> tuple[str, ...]:
    """Digests of contents that every list which knows them lets go: those of other lists are counted, never named."""
    return tuple(row["sha256"] for row in rows if HashRow.of(row).may_leave)


def _day(at: datetime | None) -> str:
    return at.strftime("%d %B %Y").lstrip("0") if at else "an unknown day"


def _period(act: ActFact | SuggestedFact) -> str:
    first, last = _day(act["from_at"]), _day(act["to_at"])
    return f"on {first}" if first == last else f"between {first} and {last}"


class _Builder:
    def __init__(self, facts: PersonFacts, country: CountryFacts) -> None:
        self.facts = facts
        self.country = country
        person = facts.person
        self.named = bool(person["names_person"])
        self.member_origins = tuple(
            dict.fromkeys(
                [
                    *(_origin(account) for account in facts.accounts),
                    *(_origin(payment) for payment in facts.payments if payment["own"]),
                ]
            )
        )

    def _statement(
        self,
        section: Section,
        kind: StatementKind,
        of: str,
        value: str,
        text: str,
        origins: tuple[str, ...],
        *,
        information: InformationGrade = InformationGrade.NOT_CORROBORATED,
        source: SourceGrade = SourceGrade.X,
        first_at: datetime | None = None,
        last_at: datetime | None = None,
        related: tuple[str, ...] = (),
    ) -> Statement:
        return Statement(
            about=self.facts.identity,
            section=section,
            kind=kind,
            of=of,
            value=value,
            text=text,
            source_grade=source,
            information_grade=information,
            handling=self.country.handling_of(origins),
            origins=origins,
            first_at=first_at,
            last_at=last_at,
            related=related,
        )

    def summary(self) -> Iterator[Statement]:
        person = self.facts.person
        place = PARTICIPANTS.get(self.country.country, self.country.country)
        yield self._statement(
            Section.SUMMARY,
            StatementKind.ASSESSMENT,
            "grade",
            person["grade"],
            self._grade_words(),
            self.member_origins,
            information=InformationGrade.CORROBORATED,
            first_at=person["first_at"],
            last_at=person["last_at"],
        )
        for claim in person["countries"] or []:
            if claim["country"] != self.country.country:
                continue
            origins = tuple(claim["origins"] or ()) or self.member_origins
            yield self._statement(
                Section.SUMMARY,
                StatementKind.ASSESSMENT,
                "country",
                claim["country"],
                f"The records place the person in {place} ({claim['grade']}): "
                + "; ".join(claim["grounds"])
                + ".",
                origins,
                information=InformationGrade.CORROBORATED,
            )

    def _grade_words(self) -> str:
        person = self.facts.person
        count = len(person["members"])
        if count == 1:
            return f"One record, joined to no other: grade “{person['grade']}”. It is an account, not yet a person."
        grounds = "; ".join(person["grounds"]) or "see the links"
        return f"{count} records are joined into one person with the grade “{person['grade']}”: {grounds}."

    def as_related(self, head: PersonFacts) -> Iterator[Statement]:
        """What the lead says of a person who is kept apart from its own."""
        person = self.facts.person
        yield self._statement(
            Section.RELATED,
            StatementKind.ASSESSMENT,
            "kept apart",
            self.facts.identity,
            f"Records of {self.facts.identity} (grade “{person['grade']}”) are kept apart from this person: "
            f"{relation_of(head, self.facts)}. Paying, using and subscribing may be three different people.",
            self.member_origins,
            first_at=person["first_at"],
            last_at=person["last_at"],
        )
        for selector in self.selectors():
            yield replace(
                selector,
                section=Section.RELATED,
                text=f"{selector.text[:-1]}; of {self.facts.identity}, kept apart.",
            )

    def selectors(self) -> Iterator[Statement]:
        """Identifiers, those that name a person only where the grade allows it."""
        grouped: dict[tuple[str, str], list[IdentifierFact]] = {}
        for row in self.facts.identifiers:
            if row["kind"] in _INTERNAL or (row["kind"] in _NAMING and not self.named):
                continue
            grouped.setdefault((row["kind"], row["value"]), []).append(row)
        for (kind, value), rows in grouped.items():
            origins = tuple(dict.fromkeys(_origin(r) for r in rows))
            section = Section.SUBJECT if kind in _NAMING else Section.SELECTORS
            first = min((r["first_at"] for r in rows if r["first_at"]), default=None)
            last = max((r["last_at"] for r in rows if r["last_at"]), default=None)
            roles = ", ".join(sorted({r["role"].replace("_", " ") for r in rows}))
            scope = rows[0]["scope"]
            shared = f"; {rows[0]['holders']} records hold it ({scope})" if scope != "personal" else ""
            several = len({r["owner"] for r in rows}) > 1
            yield self._statement(
                section,
                StatementKind.FACT,
                kind,
                value,
                f"{_KIND_WORDS[IdentifierKind(kind)]} {rows[0]['original'] or value}, as {roles}{shared}.",
                origins,
                information=(InformationGrade.CORROBORATED if several else InformationGrade.NOT_CORROBORATED),
                source=SourceGrade.B if "subscriber" in roles else SourceGrade.X,
                first_at=first,
                last_at=last,
            )

    def conduct(self) -> Iterator[Statement]:
        for act in self.facts.acts:
            origins = tuple(act["origins"] or ()) or (_origin(act),)
            words = _ACT_WORDS[PlatformAct(act["kind"])]
            period = _period(act)
            who = "The account" if self.facts.uses_the_platform else "The payer"
            times = "once" if act["events"] == 1 else f"{act['events']:,} times"
            yield self._statement(
                Section.CONDUCT,
                StatementKind.FACT,
                act["kind"],
                act["act"],
                f"{who} {words} {times} {period} (UTC; rule {act['rule']}).",
                origins,
                first_at=act["from_at"],
                last_at=act["to_at"],
                related=(act["act"],),
            )
        yield from self._suggested()
        for payment in self.facts.payments:
            payer = (
                "by a payer whom the records join to this person"
                if payment["own"]
                else "by a payer who is not joined to this person; paying and using are kept apart"
            )
            yield self._statement(
                Section.CONDUCT,
                StatementKind.FACT,
                payment["kind"],
                payment["payment"],
                f"{payment['kind'].capitalize()} of {written_amount(payment['amount'])} {payment['currency']} on "
                f"{_day(payment['paid_at'])} for the account, {payer}.",
                (_origin(payment),),
                first_at=payment["paid_at"],
                last_at=payment["paid_at"],
                related=(payment["payment"],),
            )

    def _suggested(self) -> Iterator[Statement]:
        """What files on an exhibit suggest about whom an officer stated it to be from: assessments, with their limits."""
        for act in self.facts.assessed_acts:
            yield self._statement(
                Section.CONDUCT,
                StatementKind.ASSESSMENT,
                act["kind"],
                act["act"],
                f"Files on exhibit {act['exhibit']} suggest {_SUGGESTED_WORDS[PlatformAct(act['kind'])]}, {_period(act)} "
                f"(times of its file system): {'; '.join(act['grounds'])}. An officer states that the exhibit was seized "
                f"from the holder of the account ({act['reason']}). Limits: {' '.join(act['limits'])}",
                tuple(act["origins"]),
                first_at=act["from_at"],
                last_at=act["to_at"],
                related=(act["act"],),
            )

    def material(self) -> Iterator[Statement]:
        yield from self._contents([r for r in self.facts.material if r["fetched"]], "contents", "fetched")
        yield from self._contents([r for r in self.facts.material if r["uploaded"]], "uploads", "uploaded")
        derived = [r for r in self.facts.material if r["derived"]]
        if derived:
            yield self._statement(
                Section.MATERIAL,
                StatementKind.ASSESSMENT,
                "victim identification",
                str(len(derived)),
                "Some of these files may be derived from a picture of a real child: consider victim "
                "identification first.",
                tuple(dict.fromkeys(_origin(r) for r in derived)),
                related=_may_be_named(derived),
            )

    def _contents(self, rows: list[MaterialFact], of: str, did: str) -> Iterator[Statement]:
        """What the account did with stored files: fetching and uploading are told apart."""
        if not rows:
            return
        exact = sum(bool(r["exact"]) for r in rows)
        listed = sum(bool(r["sets"]) for r in rows)
        declared = sum((r["conclusion"] or "") in _BY_MACHINE for r in rows)
        derived = sum(bool(r["derived"]) for r in rows)
        yield self._statement(
            Section.MATERIAL,
            StatementKind.FACT,
            of,
            str(len(rows)),
            f"The account {did} {len(rows):,} distinct stored files that are in the exhibits: {listed:,} match an "
            f"entry of a hash set ({exact:,} exactly), {declared:,} carry marks of a machine as their maker, {derived:,} "
            "may have a real picture behind them. A match is a fact about numbers; known is not illegal.",
            tuple(dict.fromkeys(_origin(r) for r in rows)),
            related=_may_be_named(rows),
        )

    def legal(self) -> Iterator[Statement]:
        """One line per act and answer, every question once: a line is cut at its dots into the cells of a table."""
        origins_of = {act["act"]: tuple(act["origins"]) for act in self.facts.assessed_acts}
        origins_of |= {act["act"]: tuple(act["origins"]) or (_origin(act),) for act in self.facts.acts}
        questions: dict[str, int] = {}
        for answer in self._answers():
            row = answer[0]
            asked = [f"Q{questions.setdefault(q, len(questions) + 1)}" for q in row["open_questions"] or ()]
            origins = tuple(dict.fromkeys(o for r in answer for o in origins_of.get(r["act"], ())))
            days = f"{min(r['from_on'] for r in answer)} to {max(r['to_on'] for r in answer)}"
            asked_of = f"image class {row['image']}, age band {row['age_band']}"
            cells = (
                f"{row['jurisdiction']}, {row['legal_act']}, {asked_of}, {days}, acts: {len(answer)}",
                row["verdict"].replace("_", " "),
                "; ".join(row["citations"] or ()) or "no provision recorded",
                "; ".join(row.get("ranges") or ()) or "no range recorded",
                ", ".join(asked) or "none",
            )
            yield self._of_law(
                "law",
                f"{row['jurisdiction']}/{row['legal_act']}/{row['image']}/{row['age_band']}/{row['from_on']}/{row['act']}",
                CELLS.join(cells),
                origins or self.member_origins,
                related=tuple(
                    dict.fromkeys(
                        (*(r["act"] for r in answer), *(row["provisions"] or ()), *(row["gaps"] or ()))
                    )
                ),
            )
        places = sorted({row["jurisdiction"] for row in self.facts.assessments})
        for question, number in questions.items():
            yield self._of_law("question", f"{places[0]}/Q{number}", f"Q{number}: {question}")
        for of, texts_of in _SAID_OF_LAW:
            for place in places:
                rows = (r for r in self.facts.assessments if r["jurisdiction"] == place)
                said = dict.fromkeys(text for r in rows for text in texts_of(r) or () if text)
                for number, text in enumerate(said, start=1):
                    yield self._of_law(of, f"{place}/{of}/{number}", text)

    def _answers(self) -> list[list[AssessmentRow]]:
        """Assessments that say the same of the same kind of act, together; in the order of their first day."""
        found: dict[tuple[object, ...], list[AssessmentRow]] = {}
        for row in self.facts.assessments:
            same = (row["jurisdiction"], row["legal_act"], row["image"], row["age_band"], row["verdict"])
            told = tuple(
                tuple(said or ())
                for said in (row["provisions"], row["gaps"], row.get("ranges"), row["open_questions"])
            )
            found.setdefault((*same, *told), []).append(row)
        return list(found.values())

    def _of_law(
        self, of: str, value: str, text: str, origins: tuple[str, ...] = (), *, related: tuple[str, ...] = ()
    ) -> Statement:
        return self._statement(
            Section.LEGAL,
            StatementKind.ASSESSMENT,
            of,
            value,
            text,
            origins,
            source=SourceGrade.X,
            related=related,
        )

    def risk(self) -> Iterator[Statement]:
        for item in _RISKS:
            yield self._statement(
                Section.RISK,
                StatementKind.ASSESSMENT,
                item,
                RiskState.NOT_ASSESSED.value,
                f"{item.capitalize()}: {RiskState.NOT_ASSESSED.value}.",
                (),
            )

    def against(self) -> Iterator[Statement]:
        person = self.facts.person
        for number, sentence in enumerate(person["against"] or ()):
            yield self._statement(
                Section.AGAINST,
                StatementKind.ASSESSMENT,
                "against the attribution",
                f"{number}:{sentence}",
                sentence,
                self.member_origins,
            )
        for claim in person["countries"] or []:
            for sentence in claim["contradictions"] or ():
                if claim["country"] == self.country.country:
                    yield self._statement(
                        Section.AGAINST,
                        StatementKind.ASSESSMENT,
                        "against the country",
                        sentence,
                        sentence,
                        self.member_origins,
                    )
