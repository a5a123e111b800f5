"""Assessments as JSON for other programs."""

from __future__ import annotations

from typing import Any

from fairlead.law.assessment import NOT_ADVICE, AssessedPeriod, Assessment
from fairlead.law.load import CASES_FILE, JURISDICTION_FILE, LawFolder
from fairlead.law.record import Jurisdiction, ProvisionVersion
from fairlead.law.review import rows_of
from fairlead.law.standing import StandingPoint


def export_assessment(assessment: Assessment) -> dict[str, Any]:
    """The assessment as JSON values; ``verdict`` is that of all sub-ranges, ``unclear`` when they differ."""
    return {
        "jurisdiction": assessment.jurisdiction,
        "from": assessment.from_on.isoformat(),
        "to": assessment.to_on.isoformat(),
        "act": assessment.act.value,
        "image": assessment.image.value,
        "age_band": assessment.age_band.value,
        "content": assessment.content.value if assessment.content else None,
        "as_of": assessment.as_of.isoformat() if assessment.as_of else None,
        "verdict": assessment.verdict.value,
        "periods": [_period(period) for period in assessment.periods],
        "context": [_version(v) for v in assessment.context],
        "proposed": [_version(v) for v in assessment.proposed],
        "terms": [{"local": term.local, "english": term.english} for term in assessment.terms],
        "jurisdiction_question": assessment.jurisdiction_question,
        "facts": {fact.value: held for fact, held in assessment.facts},
        "standing": [_point(point) for point in assessment.standing],
        "notice": NOT_ADVICE,
    }


def _period(period: AssessedPeriod) -> dict[str, Any]:
    answer = period.answer
    return {
        "from": period.from_on.isoformat(),
        "to": period.to_on.isoformat(),
        "verdict": answer.verdict.value,
        "by_age": {band.value: verdict.value for band, verdict in answer.by_age},
        "provisions": [v.id for v in answer.provisions],
        "citations": list(answer.citations),
        "gaps": [gap.id for gap in answer.gaps],
        "open_questions": list(answer.open_questions),
        "cautions": list(answer.cautions),
        "upcoming": list(answer.upcoming),
        "bills": [v.id for v in answer.bills],
        "lex_mitior": answer.lex_mitior,
        "records": [_version(v) for v in (*answer.provisions, *answer.unconfirmed)],
        "not_reaching": [v.id for v in answer.not_reaching],
    }


def _version(version: ProvisionVersion) -> dict[str, Any]:
    """What a reader needs of a record beside its citation: status, penalty, and both time axes."""
    knowledge = version.knowledge
    return {
        "id": version.id,
        "citation": version.citation,
        "status": version.status.value,
        "liability": version.liability.value,
        "minimum": version.penalty.min,
        "maximum": version.penalty.max,
        "tiers": [
            {"kind": t.kind.value, "minimum": t.min, "maximum": t.max, "citation": t.citation, "text": t.text}
            for t in version.penalty.tiers
        ],
        "uri": version.uri,
        "text_read_on": version.wording.read_on.isoformat() if version.wording else None,
        "text_digest": version.wording.digest if version.wording else None,
        "penalty_known_from": day.isoformat() if (day := version.penalty_known_from) else None,
        "valid_from": version.valid_from.isoformat() if version.valid_from else None,
        "valid_to": version.valid_to.isoformat() if version.valid_to else None,
        "basis": knowledge.basis.value,
        "confidence": knowledge.confidence.value,
        "sources": list(knowledge.sources),
        "recorded_on": knowledge.recorded_on.isoformat(),
        "verified_on": knowledge.verified_on.isoformat() if knowledge.verified_on else None,
    }


def _point(point: StandingPoint) -> dict[str, Any]:
    return {
        "question": point.question.value,
        "text": point.text,
        "ask": point.ask,
        "open": not any(a.wording for a in point.answers),
        "answers": [{"id": a.id, "citation": a.citation, "says": a.says} for a in point.answers],
    }


def export_jurisdiction(folder: LawFolder, home: Jurisdiction, code: str) -> dict[str, Any]:
    """The records of a country, or of one of its parts, with the fields as they stand in their files."""
    wanted = {home.code, code} if code != home.code else {home.code, *home.parts}
    records = []
    for name, table in folder.files.items():
        place, _, file = name.partition("/")
        if place != home.code.lower() or file in (JURISDICTION_FILE, CASES_FILE):
            continue
        for row in rows_of(table):
            listed = row.get("jurisdictions", table.get("jurisdictions", []))
            if wanted & set(listed):
                records.append({"jurisdictions": listed, **{k: v for k, v in row.items() if k != "schema"}})
    keys = sorted({key for record in records for key in record.get("sources", ())})
    return {
        "jurisdiction": code,
        "name": home.name_of(code),
        "history_from": home.history_from.isoformat(),
        "note": home.note,
        "records": records,
        "sources": {key: folder.files["sources.toml"][key] for key in keys},
        "terms": [{"local": term.local, "english": term.english} for term in home.terms],
        "notice": NOT_ADVICE,
    }
