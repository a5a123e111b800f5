"""Exports a hash set to a partner, in the partner's category scheme; what may not leave stays."""

from __future__ import annotations

from pathlib import Path

from fairlead.case.known.sets import get_hash_set
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.known.categories import find_schemes, get_scheme
from fairlead.known.exports import find_releasable
from fairlead.known.write_vics import WrittenList, write_vics
from fairlead.register.actions import Action
from fairlead.tables.known import KNOWN
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.matching import ReleasePolicy


@verb(
    "known.export",
    Action.PROCESS,
    becomes=Operation.DISCLOSURE,
    command="known export",
    page="none: what leaves is written to a disk",
    about=("name",),
)
def export_hash_set(
    session: Session,
    name: str,
    to: Path,
    *,
    scheme: str,
    recipient: str,
    consent: str = "",
    details: bool = False,
) -> WrittenList:
    """Write a set as VICS. ``consent`` says how the originator agreed, where the set's release needs it.

    ``details`` adds what else the list said of each item; it may name people, so it is asked for.
    """
    known = get_hash_set(session, name)
    policy = ReleasePolicy(known["release"])
    if policy is ReleasePolicy.NOT_RELEASABLE or (policy is ReleasePolicy.ORIGINATOR_CONSENT and not consent):
        raise UsageError(
            f"the hashes of the set {name} are {policy}: they do not leave",
            "Ask the provider; give --consent when it agreed and its set is under originator-consent.",
            code="USAGE-RELEASE",
        )
    wanted = get_scheme(scheme)
    given = find_schemes().get(known["scheme"] or "")
    catalogue = Catalogue(session.store, (KNOWN,))
    try:
        temporary = to.with_name(f".{to.name}.part")
        with temporary.open("wb") as out:
            written = write_vics(
                find_releasable(catalogue, name, consent_of_originator=bool(consent)), given, wanted, out,
                details=details,
            )  # fmt: skip
        temporary.rename(to)
    finally:
        catalogue.close()
    session.record(
        Operation.DISCLOSURE,
        "known.export",
        (name, known["sha256"]),
        consent or "releasable hash set",
        recipient=recipient,
        facts={
            "items": written.items,
            "details": int(details),
            "scheme": f"{wanted.name} {wanted.version}",
            "without_category": written.unmapped.total(),
        },
    )
    return written
