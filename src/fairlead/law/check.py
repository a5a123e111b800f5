"""Checks the law's data beyond its schema: intervals, sources, confidence, names, worked examples."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import combinations
from pathlib import Path

from fairlead.law.cases import check_case, find_cases
from fairlead.law.duration import months_of
from fairlead.law.fields import Finding
from fairlead.law.instruments import INSTRUMENTS_FILE, read_instruments
from fairlead.law.load import (
    CASES_FILE,
    JURISDICTION_FILE,
    SOURCES_FILE,
    LawFolder,
    RecordSet,
    read_folder,
)
from fairlead.law.record import Gap, Knowledge, PolicePower, ProvisionVersion, StandingAnswer, Wording
from fairlead.law.review import rows_of, state_of
from fairlead.law.timeline import window_of
from fairlead.law.toml import write_toml
from fairlead.terms.law import Basis, Confidence, ProvisionStatus, SourceKind, TierKind

LEAST_CASES = 3
_JARGON = re.compile(r"\b(?:MEMORY|SOURCED|MIXED|P\d+[YM])\b")
_OFFICIAL = frozenset({SourceKind.OFFICIAL_TEXT, SourceKind.OFFICIAL_TEXT_COPY})


_Record = ProvisionVersion | Gap | PolicePower | StandingAnswer


def check_folder(folder: Path) -> list[Finding]:
    """Everything that is wrong in a folder of law files; empty when it may be shipped."""
    read = read_folder(folder)
    findings = list(read.findings)
    records = read.records
    findings += _check_form(folder, read)
    findings += _check_ids(read)
    for version in records.versions:
        findings += _of(version.provision, version, _version_faults(version))
        findings += _of(version.provision, version, _faults(version, records))
        findings += _of(version.provision, version, _words_faults(version))
    for gap in records.gaps:
        findings += _of(gap.id, gap, _faults(gap, records))
        findings += _of(gap.id, gap, _words_faults(gap))
        findings += _of(gap.id, gap, _wording_faults(gap.wording, ""))
    for power in records.powers:
        findings += _of(power.id, power, _faults(power, records))
        findings += _of(power.id, power, _wording_faults(power.wording, ""))
    for answer in records.standing:
        findings += _of("standing", answer, _faults(answer, records))
        findings += _of("standing", answer, _wording_faults(answer.wording, answer.uri))
    findings += _check_reviews(read)
    findings += _check_overlaps(records)
    findings += _check_unions(records)
    findings += _check_cases(read)
    for instrument in read_instruments(folder, findings):
        unknown = [key for key in instrument.sources if key not in records.sources]
        for key in unknown:
            message = f"the source {key} is not in sources.toml"
            findings.append(Finding(file=INSTRUMENTS_FILE, place=instrument.id, message=message))
    return findings


def check_layers(base: Path, over: Path) -> list[Finding]:
    """Everything that is wrong once an agency's own folder is laid over another; the shipped one was in order."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        read = read_folder(base, over)
        for name, table in read.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            source = over / name if name != SOURCES_FILE and (over / name).is_file() else base / name
            text = write_toml(dict(table)) if name == SOURCES_FILE else source.read_text("utf-8")
            path.write_text(text, "utf-8")
        return [*read.findings, *check_folder(folder)]


def _of(stem: str, record: _Record, faults: Iterator[str]) -> list[Finding]:
    folder = record.jurisdictions[0].split("-")[0].lower() if record.jurisdictions else "?"
    return [Finding(file=f"{folder}/{stem}.toml", place=record.id, message=fault) for fault in faults]


def _check_form(folder: Path, read: LawFolder) -> Iterator[Finding]:
    for name, table in read.files.items():
        written = write_toml(json.loads(json.dumps(table, default=str)))
        if (folder / name).read_text("utf-8") != written:
            yield Finding(
                file=name,
                place="",
                message="not in the one written form (order of fields, no comments); run `fairlead law check --rewrite`",
            )


def _check_ids(read: LawFolder) -> Iterator[Finding]:
    seen: dict[str, str] = {}
    for name, table in read.files.items():
        if "/" not in name:
            continue
        folder, file = name.split("/", maxsplit=1)
        for row in rows_of(table):
            identity = row.get("id") if isinstance(row, dict) else None
            if isinstance(identity, str):
                if identity in seen:
                    yield Finding(
                        file=name, place=identity, message=f"the id is also used in {seen[identity]}"
                    )
                seen[identity] = name
        own = table.get("provision") or table.get("id")
        if isinstance(own, str) and file != f"{own}.toml":
            yield Finding(file=name, place=own, message=f"the file must be named {own}.toml")
        if file == JURISDICTION_FILE and str(table.get("code", "")).lower() != folder:
            yield Finding(file=name, place="", message="code and name of the folder differ")


def _version_faults(version: ProvisionVersion) -> Iterator[str]:
    status, start = version.status, version.valid_from
    if status is ProvisionStatus.IN_FORCE and start is None and not version.from_unknown:
        yield "in_force without valid_from: give it, or say from_unknown = true"
    if version.from_unknown and start is not None:
        yield "from_unknown = true contradicts valid_from"
    if status is ProvisionStatus.REPEALED and version.valid_to is None:
        yield "repealed without valid_to: give the last day on which it held"
    if status is ProvisionStatus.COMMENCEMENT_UNVERIFIED and start is None and version.enacted_on is None:
        yield "commencement_unverified needs valid_from or enacted_on, else it would reach back for ever"
    penalty = version.penalty
    tiers = [(f"minimum of the tier {tier.kind}", tier.min, tier.max) for tier in penalty.tiers]
    for word, low, high in (
        ("minimum", penalty.min, penalty.max),
        ("aggravated minimum", penalty.aggravated_min, penalty.aggravated_max),
        *tiers,
    ):
        least, most = (months_of(d) if d else None for d in (low, high))
        if least is not None and most is not None and least > most:
            yield f"the {word} {low} is above the maximum {high}"
    if version.wording is not None and version.knowledge.basis is Basis.MEMORY:
        yield "basis MEMORY beside words that were read: say SOURCED, or MIXED where a detail is from memory"
    yield from _tier_faults(version)
    yield from _wording_faults(version.wording, version.uri)
    if penalty.known_from and start and penalty.known_from < start:
        yield f"penalty.known_from {penalty.known_from} lies before valid_from {start}"
    ends = [end for tier in penalty.tiers for end in (tier.min, tier.max)]
    for duration in (penalty.max, penalty.aggravated_max, penalty.min, penalty.aggravated_min, *ends):
        if duration is not None and months_of(duration) is None:
            yield f"the duration {duration!r} is not like P5Y or P6M"


def _tier_faults(version: ProvisionVersion) -> Iterator[str]:
    """The basic tier is the penalty stated above it, and a tier of an act is a tier of an act of the record."""
    penalty = version.penalty
    for tier in penalty.tiers:
        if strange := [act for act in tier.acts if act not in version.acts]:
            yield f"a tier is about {', '.join(strange)}, which is no act of the record"
        plain = tier.kind is TierKind.BASIC and not tier.acts and tier.age_band is None
        if plain and (tier.min, tier.max) != (penalty.min, penalty.max):
            yield "the basic tier is not the minimum and maximum of the penalty"
        if tier.kind not in (TierKind.BASIC, TierKind.YOUNG) and not tier.needs.facts:
            yield f"the tier {tier.kind} names no fact that puts a case into it: give all_of or any_of"


def _wording_faults(wording: Wording | None, uri: str) -> Iterator[str]:
    """The words of the law are those that were read: their digest is kept beside them."""
    if uri and not uri.startswith("https://"):
        yield f"the link {uri!r} names no text: give its full address, https://…"
    if wording is not None and wording.digest != digest_of(wording.words):
        yield "the words of the law are not those that were read: their digest differs; read them again at the source"


def digest_of(words: str) -> str:
    """The digest that stands beside the words of a law: SHA-256 over their UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(words.encode()).hexdigest()


def _faults(record: _Record, records: RecordSet) -> Iterator[str]:
    if not isinstance(record, PolicePower):
        start, end = record.valid_from, record.valid_to
        if start is not None and end is not None and end < start:
            yield f"valid_to {end} lies before valid_from {start}"
    for code in record.jurisdictions:
        home = records.home_of(code)
        if home is None or code not in (home.code, *home.parts):
            yield f"jurisdiction {code} is in no {JURISDICTION_FILE}"
    yield from _knowledge_faults(record.knowledge, records)


def _words_faults(record: ProvisionVersion | Gap) -> Iterator[str]:
    """What is printed to partners: a question is a question, and says nothing in the words of our workshop."""
    for question in record.open_questions:
        if not question.text.endswith("?"):
            yield f"the open question {question.id} has no question mark: ask it, or make it a note"
        if not question.ask.strip():
            yield f"the open question {question.id} names nobody to ask"
    for condition in record.conditions if isinstance(record, ProvisionVersion) else ():
        for act in condition.acts:
            if act not in record.acts:
                yield f"a condition is about {act}, but the record does not have the act {act}"
    said = [*record.notes, *(text for q in record.open_questions for text in (q.text, q.ask))]
    said += (
        [record.text]
        if isinstance(record, Gap)
        else [record.penalty.text, *(c.text for c in record.conditions)]
    )
    for text in said:
        if jargon := _JARGON.search(text):
            yield f"“{jargon[0]}” is a word of the workshop: say in plain words what is not known"


def _knowledge_faults(knowledge: Knowledge, records: RecordSet) -> Iterator[str]:
    for key in knowledge.sources:
        if key not in records.sources:
            yield f"the source {key} is not in sources.toml"
    if knowledge.basis is not Basis.MEMORY and not knowledge.sources:
        yield f"basis {knowledge.basis} without a source: name at least one, or say MEMORY"
    kinds = {records.sources[key].kind for key in knowledge.sources if key in records.sources}
    if knowledge.confidence is Confidence.HIGH:
        if not knowledge.verified_by or knowledge.verified_on is None:
            yield "confidence high without a named reviewer: give verified_by and verified_on, or say medium"
        elif not kinds & _OFFICIAL:
            yield "confidence high without an official text among the sources"
    if bool(knowledge.verified_by) != (knowledge.verified_on is not None):
        yield "verified_on and verified_by belong together"
    for name, day in (("verified_on", knowledge.verified_on), ("superseded_on", knowledge.superseded_on)):
        if day is not None and day < knowledge.recorded_on:
            yield f"{name} {day} lies before recorded_on {knowledge.recorded_on}"


def _known_together(left: Knowledge, right: Knowledge) -> bool:
    return left.recorded_on < (right.superseded_on or date.max) and right.recorded_on < (
        left.superseded_on or date.max
    )


def _check_overlaps(records: RecordSet) -> Iterator[Finding]:
    """Two wordings of one provision may not hold on one day, as far as their days are known.

    A wording whose commencement has no known day is left out: until it is verified, the old one holds.
    """
    provisions: dict[str, list[ProvisionVersion]] = defaultdict(list)
    for version in records.versions:
        unknown = version.valid_from is None and not version.from_unknown
        if not unknown and window_of(version, date.min) is not None:
            provisions[version.provision].append(version)
    for versions in provisions.values():
        for left, right in combinations(versions, 2):
            (start, end), (begin, stop) = (
                window_of(v, date.min) or (date.max, date.min) for v in (left, right)
            )
            if start <= stop and begin <= end and _known_together(left.knowledge, right.knowledge):
                yield from _of(right.provision, right, iter([f"its days overlap with those of {left.id}"]))


def _check_reviews(read: LawFolder) -> Iterator[Finding]:
    """A review holds for the text that was read: any change of the record after it is found."""
    for name, table in read.files.items():
        if "/" not in name or name.endswith((f"/{CASES_FILE}", f"/{JURISDICTION_FILE}")):
            continue
        for row in rows_of(table):
            if row.get("verified_by") and row.get("verified_state") != state_of(table, row):
                message = f"changed since it was reviewed by {row['verified_by']}: have it reviewed again"
                yield Finding(file=name, place=str(row.get("id", "")), message=message)


def _check_unions(records: RecordSet) -> Iterator[Finding]:
    ids = {version.id for version in records.versions}
    for jurisdiction in records.jurisdictions.values():
        name = f"{jurisdiction.code.lower()}/{JURISDICTION_FILE}"
        for member in (*jurisdiction.members, *(e.country for e in jurisdiction.exemptions)):
            if member not in records.jurisdictions:
                yield Finding(file=name, place=member, message="this member has no folder")
        for exemption in jurisdiction.exemptions:
            if exemption.record not in ids:
                yield Finding(file=name, place=exemption.record, message="no record has this id")


def _check_cases(read: LawFolder) -> list[Finding]:
    findings: list[Finding] = []
    held: dict[str, int] = dict.fromkeys(read.records.jurisdictions, 0)
    for name, place, case in find_cases(read.files, findings):
        home = read.records.home_of(case.jurisdiction)
        if home is None or f"{home.code.lower()}/" != name[: len(home.code) + 1]:
            findings.append(
                Finding(file=name, place=place, message="the example is about another jurisdiction")
            )
            continue
        held[home.code] += 1
        if case.to_on < case.from_on:
            findings.append(Finding(file=name, place=place, message="the period ends before it begins"))
        elif difference := check_case(read.records, case):
            findings.append(Finding(file=name, place=place, message=f"“{case.sentence}”: {difference}"))
    for code, count in held.items():
        if count < LEAST_CASES:
            message = f"{count} worked examples; at least {LEAST_CASES} are needed"
            findings.append(Finding(file=f"{code.lower()}/cases.toml", place="", message=message))
    return findings


def rewrite_folder(folder: Path) -> list[str]:
    """Put every file that is TOML into the one written form; returns the names of those changed."""
    changed = []
    for name, table in read_folder(folder).files.items():
        written = write_toml(json.loads(json.dumps(table, default=str)))
        if (folder / name).read_text("utf-8") != written:
            (folder / name).write_text(written, "utf-8")
            changed.append(name)
    return changed
