"""Do the tables, the exhibits and the packages agree with what the register says of them?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.session import Session
from fairlead.case.upkeep.checks.check import Check, check_of
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.places import parse_place
from fairlead.evidence.copies import copy_at
from fairlead.evidence.working_copy import CopyForm, WorkingCopy

_PACKAGE = ".tar.age"
_DEAD_AFTER = timedelta(minutes=10)


def check_tables(session: Session, catalogue: Catalogue) -> list[Check]:
    """Exhibits and persons, as the tables have them, against custody, ledger and published leads."""
    return [
        check_of(
            "Is every exhibit in its place, with the custody record and the digest of its receipt?",
            _exhibits(session),
            "Bring the exhibit, or the table exhibits, back from a sealed copy. One without custody record or ledger "
            "entry, as a killed `fairlead exhibit add` leaves it, gets them when it is added again.",
        ),
        check_of(
            "Does every published lead stand on a person of the tables, in that person's country?",
            _leads(session, catalogue),
            "Run `fairlead lead publish` again.",
        ),
    ]


def check_released(session: Session) -> list[Check]:
    """Packages, releases and operations; looks at no table."""
    return [
        check_of(
            "Is every package that the register knows in its place, unchanged, and no other?",
            _packages(session),
            "A changed or lost package: take the recipient's copy or a backup. A file that the register does not "
            "know was never sent: move it away, and build the package again.",
        ),
        check_of(
            "Has every release come to an end?",
            _releases(session),
            "Open the operation's page in the workbench: it brings such a release to its end.",
        ),
        check_of(
            "Has every operation its folder, and every folder its operation?",
            _operations(session),
            "Bring the folder back from a backup; move away a folder that belongs to no operation.",
        ),
    ]


def _exhibits(session: Session) -> Iterator[str]:
    from fairlead.register.custody import custody_of
    from fairlead.register.ledger_store import find_objects

    rows = {row["exhibit"]: row for row in list_exhibits(session)}
    logged = {number: digest for number, digest, *_ in find_objects("exhibit.add", session.operation)}
    for number, row in rows.items():
        copy = copy_at(parse_place(row["path"]))
        form = copy.form()
        if form is CopyForm.ABSENT:
            yield f"exhibit {number}: it is not in its place"
        elif form is CopyForm.FILE and not _has_size(copy, row["size_bytes"]):
            yield f"exhibit {number}: its size is not that of its receipt"
        events = custody_of(session.user_id, session.operation, number, at=session.clock())
        if not events:
            yield f"exhibit {number}: it has no custody record"
        if any(event["sha256"] not in ("", row["sha256"]) for event in events):
            yield f"exhibit {number}: the table exhibits and the custody record state different digests"
        if number not in logged:
            yield f"exhibit {number}: in the table exhibits, and not in the ledger"
        elif logged[number] != row["sha256"]:
            yield f"exhibit {number}: the table exhibits and the ledger state different digests"
    for number in logged.keys() - rows.keys():
        yield f"exhibit {number}: in the ledger, and not in the table exhibits"


def _has_size(copy: WorkingCopy, size: int | None) -> bool:
    """Whether the segments of an exhibit are as large as when it was received; block devices do not tell."""
    if isinstance(copy.place, Path) and not copy.place.is_file():
        return True
    return sum(copy.size_of(segment) for segment in copy.segments()) == size


def _leads(session: Session, catalogue: Catalogue) -> Iterator[str]:
    from fairlead.register.leads import find_leads

    persons = {row["person"]: row["country"] for row in catalogue.rows("SELECT person, country FROM persons")}
    for lead in find_leads(session.user_id, session.operation, at=session.clock()):
        if lead["person"] not in persons:
            yield f"lead {lead['lead']}: the table persons has no such person"
        elif persons[lead["person"]] != lead["country"]:
            yield f"lead {lead['lead']}: the table persons gives another country than {lead['country']}"


def _packages(session: Session) -> Iterator[str]:
    from fairlead.register.leads import find_packages

    folder = session.workspace.operation(session.operation) / "packages"
    lying = {p.name for p in folder.glob(f"[!.]*{_PACKAGE}")} if folder.is_dir() else set()
    for row in find_packages(session.user_id, session.operation, at=session.clock()):
        name = row["package"] + _PACKAGE
        if name not in lying:
            yield f"package {row['package']}: the file is gone"
            continue
        lying.discard(name)
        with (folder / name).open("rb") as handle:
            if hashlib.file_digest(handle, "sha256").hexdigest() != row["sha256"]:
                yield f"package {row['package']}: its bytes are not those that were released"
    yield from (f"package {name.removesuffix(_PACKAGE)}: the register does not know it" for name in lying)


def _releases(session: Session) -> Iterator[str]:
    from fairlead.register.releases import find_prepared

    at = session.clock()
    for row in find_prepared(session.user_id, session.operation, at=at):
        if row["state"] == "releasing" and row["decided_at"] and at - row["decided_at"] > _DEAD_AFTER:
            yield f"release {row['id']} for {row['country']}: begun, and neither released nor waiting"


def _operations(session: Session) -> Iterator[str]:
    from fairlead.register.people import find_operation_names, find_operations, get_user_by_id

    lying = set(session.workspace.operations())
    own = set(find_operations(get_user_by_id(session.user_id), at=session.clock()))
    yield from (f"operation {slug}: it has no folder" for slug in own - lying)
    yield from (
        f"operation {slug}: the register does not know it" for slug in lying - set(find_operation_names())
    )
