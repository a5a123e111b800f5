"""The shipped records: complete against the seed, sound, lossless in both forms, with worked examples."""

from __future__ import annotations

import hashlib
import json
import tomllib
from typing import Any

import pytest

from fairlead.law import load_records
from fairlead.law.cases import Case, check_case, find_cases
from fairlead.law.check import check_folder
from fairlead.law.load import read_folder, shipped_folder
from fairlead.law.record import Gap, PolicePower, ProvisionVersion
from fairlead.law.toml import write_toml
from fairlead.terms.law import Confidence, ImageClass, LegalAct

FOLDER = shipped_folder()
FILES = read_folder(FOLDER).files
TOML_FILES = sorted(p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.toml"))
WRITTEN_BY_HAND = {"platform_acts.toml"}  # with comments; not records
CASES = [(name, place, case) for name, place, case in find_cases(FILES, [])]
ADDED = {"DE-184b-1-1-2021", "DE-184b-1-3-2021", "DE-184b-1-4-2021", "DE-184b-3-2021"}  # since the seed
INVENTORY: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "seed_inventory.toml").read_text("utf-8"))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def _day(value: Any) -> str | None:
    return value.isoformat() if value else None


def _said(record: ProvisionVersion) -> list[str]:
    """The one remark of the seed, since put as notes, conditions and questions."""
    conditions = [f"{c.text} {' '.join(c.acts)}" for c in record.conditions]
    penalty = [record.penalty.text] if record.penalty.text else []
    return [*record.notes, *penalty, *conditions, *(question.text for question in record.open_questions)]


def _as_seed(record: ProvisionVersion | Gap | PolicePower) -> dict[str, Any]:
    """A record in the fields of the seed it was converted from."""
    knowledge = record.knowledge
    told: dict[str, Any] = {"basis": knowledge.basis.value, "src": list(knowledge.sources)}
    match record:
        case PolicePower():
            day = _day(record.valid_from)
            return told | {
                "cite": record.citation,
                "text": record.text or None,
                "status": record.status or None,
                "from": day,
            }
        case Gap():
            told |= {"image": [i.value for i in record.images], "text": record.text}
        case ProvisionVersion():
            penalty = record.penalty
            told |= {
                "cite": record.citation,
                "cov": [record.images[image].value for image in ImageClass],
                "max": penalty.max,
                "agg": penalty.aggravated_max,
                "min": penalty.min,
                "min_agg": penalty.aggravated_min,
                "from": _day(record.valid_from),
                "status": record.status.value,
                "liability_type": record.liability.value,
                "open": _said(record) or None,
            }
    assert knowledge.seed_confidence is not None
    return told | {
        "sub": list(record.jurisdictions),
        "act": [act.value for act in record.acts],
        "age": record.age_band.value,
        "to": _day(record.valid_to),
        "conf": knowledge.seed_confidence.value,
    }


def test_every_record_of_the_seed_is_here_and_nothing_else() -> None:
    records = load_records()
    held = {r.id for kind in (records.versions, records.gaps, records.powers) for r in kind}
    assert {record for record in held if not record.startswith("ZZ")} == set(INVENTORY) | ADDED
    assert (len(records.versions) - 3, len(records.gaps) - 1, len(records.powers) - 1) == (100, 17, 5)


def test_every_field_of_the_seed_is_unchanged() -> None:
    records = load_records()
    listed: list[ProvisionVersion | Gap | PolicePower] = [*records.versions, *records.gaps, *records.powers]
    for record in listed:
        if not record.id.startswith("ZZ") and record.id not in ADDED:
            assert {k: _digest(v) for k, v in _as_seed(record).items()} == INVENTORY[record.id], record.id


def test_the_shipped_records_are_in_order() -> None:
    assert check_folder(FOLDER) == []


@pytest.mark.parametrize("name", [n for n in TOML_FILES if n not in WRITTEN_BY_HAND])
def test_from_toml_to_json_and_back_gives_the_same_bytes(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    assert write_toml(json.loads(json.dumps(tomllib.loads(text)))) == text


@pytest.mark.parametrize(("file", "place", "case"), CASES, ids=lambda value: getattr(value, "sentence", None))
def test_worked_example(file: str, place: str, case: Case) -> None:
    assert not check_case(load_records(), case), f"{file}, {place}"


def test_no_record_claims_high_confidence_before_a_named_reviewer_read_it() -> None:
    records = load_records()
    for record in (*records.versions, *records.gaps, *records.powers):
        knowledge = record.knowledge
        assert knowledge.confidence is not Confidence.HIGH or knowledge.verified_by


def test_every_jurisdiction_of_the_seed_can_be_asked() -> None:
    assert set(load_records().codes) == {
        "AT",
        "AU",
        "BA-BIH",
        "BA-SRP",
        "BA-BRC",
        "BE",
        "CA",
        "CH",
        "CZ",
        "DE",
        "DK",
        "ES",
        "EU",
        "FI",
        "FR",
        "GB-EAW",
        "GB-SCT",
        "GB-NIR",
        "HU",
        "IE",
        "IS",
        "IT",
        "NL",
        "NO",
        "NZ",
        "PL",
        "SE",
        "US",
    }


def test_no_python_lies_beside_the_data() -> None:
    assert not list(FOLDER.rglob("*.py"))


def test_a_term_that_names_no_conduct_answers_nothing() -> None:
    term = next(v for v in load_records().versions if v.id == "CA-C291")
    assert term.acts == ()
    assert LegalAct.POSSESS not in term.acts
