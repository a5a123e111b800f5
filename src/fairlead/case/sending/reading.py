"""What leaves, as it will be read there: every finished file of a package, before the second officer signs."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fairlead.case.place.session import Session
from fairlead.case.sending.building import Prepared, Terms, draft_for, drawn_again
from fairlead.engine.below import hold_folder, write_tree
from fairlead.leads.bag import MANIFEST, Files
from fairlead.leads.dsse import open_envelope
from fairlead.leads.recipients import fingerprints_of
from fairlead.register.actions import Action
from fairlead.register.rows import ReleaseEntry, WaitingRelease
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import BagPath, CountryCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The finished files of a country's next package, and the digest of their list that both officers sign.

    ``waiting`` is the number of the release that waits for a second officer; 0 when nothing waits, and the files are what
    would be prepared now. ``files`` holds bytes by path.
    """

    waiting: int
    package: str
    country: CountryCode
    preparer: str
    prepared_at: datetime
    terms: Terms
    manifest_sha256: str
    fingerprints: tuple[str, ...]
    leads: tuple[str, ...]
    files: Files = field(repr=False)

    @property
    def sizes(self) -> dict[str, tuple[int, str]]:
        """Size in bytes and SHA-256 of each file by path."""
        return {
            path: (len(data), hashlib.sha256(data).hexdigest()) for path, data in sorted(self.files.items())
        }


def read_package(session: Session, country: str, *, file: str = "") -> Reading:
    """Draw up what waits for a country's second officer, or else what would be prepared now, to be read.

    What waits comes out as its first officer signed it, byte by byte, or UsageError says what has changed since. Raises
    UsageError for somebody who may neither prepare nor release there. That it was read is in the ledger, and which
    ``file`` where only one was asked for.
    """
    code = CountryCode.given(country)
    session.require(Action.PREPARE, Action.RELEASE, country=code)
    row = waiting_row(session, code)
    if row is None:
        terms, preparer, at = Terms(), session.user_name, session.clock()
        draft = draft_for(session, code, terms, preparer=preparer, at=at)
    else:
        prepared = prepared_of(row)
        terms, preparer, at = prepared.terms, prepared.signature.officer, prepared.at
        draft = drawn_again(session, prepared)
    plan, waiting = draft.plan, row["id"] if row else 0
    session.record(
        Operation.CONSULTATION,
        "package.read",
        (code, draft.manifest_sha256, *([file] if file else [])),
        "read before it leaves",
        facts={"files": 1 if file else len(draft.files), "waiting": waiting},
    )
    return Reading(
        waiting=waiting,
        package=plan.package,
        country=code,
        preparer=preparer,
        prepared_at=at,
        terms=terms,
        manifest_sha256=draft.manifest_sha256,
        fingerprints=fingerprints_of(plan.recipients),
        leads=tuple(lead.lead for lead in plan.leads),
        files=draft.files,
    )


def write_reading(reading: Reading, folder: Path) -> None:
    """Write the files into a new folder that only its owner may enter; UsageError when something is there already."""
    try:
        folder.mkdir(mode=0o700)
    except OSError as problem:
        raise UsageError(
            "the folder to read the package in cannot be made",
            "Name one that is not there yet, below a folder of yours.",
            code="USAGE-READING",
        ) from problem
    with hold_folder(folder) as held:
        for path, data in reading.files.items():
            write_tree(held, BagPath.parse(path).parts, io.BytesIO(data))


def waiting_row(session: Session, country: str) -> ReleaseEntry | None:
    """The release that waits for a country's second officer, or None."""
    from fairlead.register.releases import find_prepared

    rows = find_prepared(session.user_id, session.operation, at=session.clock(), country=country)
    return next((row for row in rows if row["state"] == "waiting"), None)


def prepared_of(row: WaitingRelease) -> Prepared:
    """What the first officer signed, from its row; UsageError for a release that an older version prepared unsigned."""
    if not row["statement"]:
        raise UsageError(
            "this release was prepared by an older version, without a signature",
            "Return it and prepare it again.",
            code="USAGE-RELEASE",
        )
    payload, signatures = open_envelope(row["statement"])
    if [one.officer for one in signatures] != [row["preparer"]]:
        raise UsageError(
            "the release does not carry the signature of who prepared it",
            "Return it and prepare it again.",
            code="USAGE-RELEASE",
        )
    if _signed_manifest(payload) != hashlib.sha256(row["manifest"].encode()).hexdigest():
        raise UsageError(
            "the list of files is not the one that was signed",
            "Return the release and prepare it again.",
            code="USAGE-RELEASE",
        )
    return Prepared(
        country=CountryCode.given(row["country"]),
        leads=row["leads"],
        terms=Terms(
            legal_basis=row["legal_basis"],
            purpose=row["purpose"],
            h3_release=row["h3_release"],
            fingerprints=fingerprints_of(row["recipients"]),
        ),
        at=row["prepared_at"],
        payload=payload,
        manifest=row["manifest"],
        signature=signatures[0],
    )


def _signed_manifest(payload: bytes) -> str:
    """The SHA-256 that a signed statement gives for the list of files; empty where it gives none."""
    try:
        subjects = {one["name"]: one["digest"]["sha256"] for one in json.loads(payload)["subject"]}
    except (ValueError, TypeError, KeyError):
        return ""
    return str(subjects.get(MANIFEST, ""))


def require_read(prepared: Prepared, manifest_sha256: str) -> None:
    """UsageError unless the digest is that of the list of files that waits: nobody signs what they did not read."""
    if hashlib.sha256(prepared.manifest.encode()).hexdigest() != manifest_sha256.strip().lower():
        raise UsageError(
            "the digest is not that of the package that waits",
            "Read it with `fairlead package read`, or on the country's page, and give the digest shown there.",
            code="USAGE-MANIFEST",
        )
