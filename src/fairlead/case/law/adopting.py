"""The agency's own law: a folder laid over what comes with Fairlead, and reviews that an officer vouches for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fairlead.case.law.workbook import read_workbook
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.law.check import check_layers
from fairlead.law.corrections import Corrected, correct_records
from fairlead.law.diff import RecordChanged, diff_records
from fairlead.law.load import read_folder, shipped_folder
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class LawAdopted:
    """The files laid over the shipped ones, the digest of all records, and what differs, in words."""

    files: tuple[str, ...]
    digest: str
    changes: tuple[RecordChanged, ...]


@verb(
    "law.adopt",
    Action.PREPARE,
    becomes=Operation.ALTERATION,
    command="law adopt",
    page="none: a folder of law files is laid over the shipped ones at the command line",
    about=("folder",),
)
def adopt_law(session: Session, *, folder: Path) -> LawAdopted:
    """Lay the agency's own folder of law over the shipped records, once it is in order; an earlier one is replaced."""
    if findings := check_layers(shipped_folder(), folder):
        first = findings[0]
        raise UsageError(
            f"{first.file} ({first.place}) is not in order: {first.message}",
            "Correct what is named; `fairlead law check --data FOLDER --layered` lists all of it.",
            code="LAW-FOLDER",
        )
    before = read_folder(shipped_folder(), session.workspace.law if session.workspace.law.is_dir() else None)
    files = {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.toml"))
    }
    for path in sorted(session.workspace.law.rglob("*.toml")):
        if path.relative_to(session.workspace.law).as_posix() not in files:
            path.unlink()
    _write(session.workspace.law, files)
    after = read_folder(shipped_folder(), session.workspace.law)
    changes = tuple(diff_records(before, after))
    session.record(
        Operation.ALTERATION,
        "law.adopt",
        (after.records.digest,),
        "the agency's own law files are laid over the shipped ones",
        facts={"files": len(files), "changes": len(changes)},
    )
    return LawAdopted(files=tuple(files), digest=after.records.digest, changes=changes)


@verb(
    "law.review",
    Action.PREPARE,
    becomes=Operation.ALTERATION,
    command="law review import",
    page="none: a filled-in form is read back at the command line",
    about=("form",),
)
def review_law(session: Session, *, form: Path) -> Corrected:
    """Take over a lawyer's filled-in form for whom the officer vouches: corrections, reviews, and the digest reviewed."""
    law = session.workspace.law
    done = correct_records(
        shipped_folder(),
        law if law.is_dir() else None,
        read_workbook(form),
        today=session.clock().date(),
        vouched=session.user_name,
    )
    _write(law, done.files)
    session.record(
        Operation.ALTERATION,
        "law.review",
        (read_folder(shipped_folder(), law).records.digest, hashlib.sha256(form.read_bytes()).hexdigest()),
        "law reviewed by a lawyer, for whom the officer vouches",
        facts={"records": len(done.verified), "changes": len(done.changes)},
    )
    return done


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text, "utf-8")
