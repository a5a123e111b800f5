"""International instruments: what stands behind national law. Context for a reader, never an answer."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairlead.law.fields import Fields, Finding
from fairlead.terms.law import Basis, Confidence

INSTRUMENTS_FILE = "instruments.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One provision of an international instrument, in a paraphrase."""

    id: str
    instrument: str
    provision: str
    content: str
    note: str
    basis: Basis
    confidence: Confidence
    sources: tuple[str, ...]
    recorded_on: date


def read_instruments(folder: Path, findings: list[Finding]) -> tuple[Instrument, ...]:
    """The instruments of a folder, none when it has no such file; faults become findings."""
    file = folder / INSTRUMENTS_FILE
    if not file.is_file():
        return ()
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as problem:
        findings.append(Finding(file=INSTRUMENTS_FILE, place="", message=f"not TOML: {problem}"))
        return ()
    fields = Fields(table, file=INSTRUMENTS_FILE, place="", findings=findings)
    fields.text("schema", required=True)
    found = []
    for row in fields.tables("instrument"):
        row.maybe_word("seed_confidence", Confidence)
        instrument = Instrument(
            id=row.text("id", required=True),
            instrument=row.text("instrument", required=True),
            provision=row.text("provision", required=True),
            content=row.text("content", required=True),
            note=row.text("note"),
            basis=row.word("basis", Basis),
            confidence=row.word("confidence", Confidence),
            sources=row.texts("sources"),
            recorded_on=row.must_day("recorded_on"),
        )
        if instrument.confidence is Confidence.HIGH:
            row.report("confidence high needs a named reviewer, which this list has no field for; say medium")
        if instrument.basis is not Basis.MEMORY and not instrument.sources:
            row.report(f"basis {instrument.basis} without a source")
        row.end()
        found.append(instrument)
    fields.end()
    return tuple(found)
