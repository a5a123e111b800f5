"""Reads the folder of law files into a record set; the shipped one is read once per process."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from fairlead.law import schema
from fairlead.law.fields import Fields, Finding
from fairlead.law.record import Gap, Jurisdiction, PolicePower, ProvisionVersion, Source, StandingAnswer
from fairlead.terms.errors import RunError

JURISDICTION_FILE, CASES_FILE, SOURCES_FILE = "jurisdiction.toml", "cases.toml", "sources.toml"
STANDING_FILE = "standing.toml"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordSet:
    """All law records of one folder. Compared by identity, so that answers can be cached per set."""

    jurisdictions: Mapping[str, Jurisdiction]
    versions: tuple[ProvisionVersion, ...]
    gaps: tuple[Gap, ...]
    powers: tuple[PolicePower, ...]
    standing: tuple[StandingAnswer, ...]
    sources: Mapping[str, Source]
    digest: str

    def home_of(self, code: str) -> Jurisdiction | None:
        """The jurisdiction a code belongs to: itself, or the country it is a part of."""
        return self.jurisdictions.get(code) or self.jurisdictions.get(code.split("-", maxsplit=1)[0])

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code that can be asked for, without the fictional template."""
        return tuple(c for name, j in sorted(self.jurisdictions.items()) if name != "ZZ" for c in j.codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LawFolder:
    """What was read from a folder: the records that could be read, and what is wrong with the rest."""

    records: RecordSet
    findings: tuple[Finding, ...]
    files: Mapping[str, Mapping[str, Any]]


def shipped_folder() -> Path:
    """The folder of the records that come with Fairlead."""
    return Path(str(resources.files("fairlead.law") / "data"))


def read_folder(folder: Path, over: Path | None = None) -> LawFolder:
    """Read every file below a folder. A file that breaks the schema is left out and is a finding.

    ``over`` is an agency's own folder, laid over it: a file there takes the place of the one of that name, and its
    sources join the others.
    """
    findings: list[Finding] = []
    files: dict[str, Mapping[str, Any]] = {}
    digest = hashlib.blake2b(digest_size=12)
    paths: dict[str, Path] = {}
    for layer in (folder, *((over,) if over is not None else ())):
        for path in sorted(layer.rglob("*.toml")):
            name = path.relative_to(layer).as_posix()
            if (
                "/" in name or name == SOURCES_FILE
            ):  # not records: which acts are asked for, the words of pages
                paths[name] = path
    for name, path in sorted(paths.items()):
        text = path.read_bytes()
        digest.update(name.encode() + b"\0" + text + b"\0")
        try:
            files[name] = tomllib.loads(text.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
            findings.append(Finding(file=name, place="", message=f"not TOML: {problem}"))
    beneath = folder / SOURCES_FILE
    if over is not None and beneath.is_file() and SOURCES_FILE in files:
        files[SOURCES_FILE] = tomllib.loads(beneath.read_text("utf-8")) | dict(files[SOURCES_FILE])
    return _parse(files, findings, digest.hexdigest())


def _parse(files: dict[str, Mapping[str, Any]], findings: list[Finding], digest: str) -> LawFolder:
    jurisdictions: dict[str, Jurisdiction] = {}
    versions: list[ProvisionVersion] = []
    gaps: list[Gap] = []
    powers: list[PolicePower] = []
    standing: list[StandingAnswer] = []
    sources: dict[str, Source] = {}
    for name, table in files.items():
        faults: list[Finding] = []
        fields = Fields(table, file=name, place="", findings=faults)
        if name == SOURCES_FILE:
            sources = schema.parse_sources(fields)
        elif name.endswith("/" + CASES_FILE):
            pass  # worked examples are read by fairlead.law.cases
        else:
            match table.get("schema"):
                case schema.PROVISION:
                    read = schema.parse_provision(fields)
                    versions += read if not faults else ()
                case schema.GAP:
                    gap = schema.parse_gap(fields)
                    gaps += (gap,) if not faults else ()
                case schema.POWER:
                    power = schema.parse_power(fields)
                    powers += (power,) if not faults else ()
                case schema.STANDING:
                    answers = schema.parse_standing(fields)
                    standing += answers if not faults else ()
                case schema.JURISDICTION:
                    jurisdiction = schema.parse_jurisdiction(fields)
                    if not faults:
                        jurisdictions[jurisdiction.code] = jurisdiction
                case _:
                    fields.report(
                        f"schema must be {schema.PROVISION}, {schema.GAP}, {schema.POWER}, {schema.STANDING} or "
                        f"{schema.JURISDICTION}"
                    )
        findings += faults
    records = RecordSet(
        jurisdictions=jurisdictions,
        versions=tuple(versions),
        gaps=tuple(gaps),
        powers=tuple(powers),
        standing=tuple(standing),
        sources=sources,
        digest=digest,
    )
    return LawFolder(records=records, findings=tuple(findings), files=files)


@cache
def load_records() -> RecordSet:
    """The shipped records, read once per process; RunError when a file of theirs breaks the schema."""
    return _sound(read_folder(shipped_folder()))


def layered_records(over: Path | None) -> RecordSet:
    """The shipped records with an agency's own folder laid over them; without one the shipped ones alone."""
    if over is None or not over.is_dir():
        return load_records()
    states = (
        (path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(over.rglob("*.toml"))
    )
    return _layered(over, tuple(states))


@lru_cache(maxsize=4)
def _layered(over: Path, states: tuple[tuple[str, int, int], ...]) -> RecordSet:  # noqa: ARG001 - states are what the cache tells versions of the folder apart by
    """Read once for as long as the files are the same."""
    return _sound(read_folder(shipped_folder(), over))


def _sound(read: LawFolder) -> RecordSet:
    if read.findings:
        first = read.findings[0]
        raise RunError(
            f"the law record {first.file} cannot be read: {first.message}",
            "Run `fairlead law check` and correct what it names.",
            code="LAW-DATA",
        )
    return read.records
