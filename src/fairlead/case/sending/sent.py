"""A package that was sent from here."""

from __future__ import annotations

from fairlead.case.log.restoration import Missing, note_missing
from fairlead.case.place.session import Session
from fairlead.leads.document import LeadDocument
from fairlead.leads.dsse import refused
from fairlead.register.rows import PackageEntry
from fairlead.terms.errors import UsageError


def get_sent_package(
    session: Session, package: str, *, proved_by: str = "", sha256: str = ""
) -> PackageEntry:
    """The package as the register has it; ItemError when none of that name was sent.

    ``proved_by`` is the country whose signed answer names it, if one does: a workspace that was restored from a backup
    notes then what it lacks.
    """
    from fairlead.register.leads import find_packages

    rows = find_packages(session.user_id, session.operation, at=session.clock())
    match = next((r for r in rows if r["package"] == package), None)
    if match is None:
        missing = Missing(
            package=package, country=proved_by, sha256=sha256, told_at=session.clock().isoformat()
        )
        if proved_by and note_missing(session.workspace, missing):
            raise refused(
                f"package {package} is not known to this workspace, which was restored from a backup: it was sent "
                "after that backup, and is now listed by `fairlead doctor` as missing",
                "PACKAGE-UNKNOWN",
            )
        if not proved_by:
            raise UsageError(
                f"no package {package[:40]} was sent from here",
                "`fairlead package list` names those that were.",
                code="USAGE-PACKAGE",
            )
        raise refused(f"package {package} was never sent from here", "PACKAGE-UNKNOWN")
    return match


def find_sent_lead(session: Session, lead: str) -> tuple[LeadDocument, str] | None:
    """A lead as its country was last sent it, and in which package; None for one that was never sent or is not kept."""
    from fairlead.register.followup import find_version, last_sent_version

    at = session.clock()
    sent = last_sent_version(session.user_id, session.operation, lead, at=at)
    body = find_version(session.user_id, session.operation, lead, sent[1], at=at) if sent else None
    return (LeadDocument.model_validate(body), sent[0]) if sent and body else None
