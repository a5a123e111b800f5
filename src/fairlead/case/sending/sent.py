"""A package that was sent from here."""

from __future__ import annotations

from typing import Any

from fairlead.case.place.session import Session
from fairlead.leads.dsse import refused


def get_sent_package(session: Session, package: str) -> dict[str, Any]:
    """The package as the register has it; ItemError when none of that name was sent."""
    from fairlead.register.leads import find_packages

    rows = find_packages(session.user_id, session.operation, at=session.clock())
    match = next((r for r in rows if r["package"] == package), None)
    if match is None:
        raise refused(f"package {package} was never sent from here", "PACKAGE-UNKNOWN")
    return match
