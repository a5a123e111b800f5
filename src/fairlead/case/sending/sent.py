"""A package that was sent from here."""

from __future__ import annotations

from typing import Any

from fairlead.case.log.restoration import Missing, note_missing
from fairlead.case.place.session import Session
from fairlead.leads.dsse import refused


def get_sent_package(
    session: Session, package: str, *, proved_by: str = "", sha256: str = ""
) -> dict[str, Any]:
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
        raise refused(f"package {package} was never sent from here", "PACKAGE-UNKNOWN")
    return match
