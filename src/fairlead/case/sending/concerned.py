"""Which country an act of sending or receiving concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.case.place.session import Session
from fairlead.register.actions import WHOLE_OPERATION


def country_of_keys(_session: Session, given: Mapping[str, Any]) -> str:
    """The country whose keys a file is checked with."""
    return str(given["keys"].country)


def country_of_lead(session: Session, given: Mapping[str, Any]) -> str:
    """The country of a lead; the whole operation for one that the user does not see."""
    from fairlead.register.leads import find_leads

    rows = find_leads(session.user_id, session.operation, at=session.clock(), lead=str(given["lead"]))
    return str(rows[0]["country"]) if rows else WHOLE_OPERATION


def country_of_package(session: Session, given: Mapping[str, Any]) -> str:
    """The country a package was sent to; the whole operation for one that the user does not see."""
    from fairlead.register.leads import find_packages

    rows = find_packages(session.user_id, session.operation, at=session.clock())
    return next((str(r["country"]) for r in rows if r["package"] == given["package"]), WHOLE_OPERATION)


def country_of_release(session: Session, given: Mapping[str, Any]) -> str:
    """The country of a release that waits; the whole operation for one that the user does not see."""
    from fairlead.register.releases import find_prepared

    rows = find_prepared(session.user_id, session.operation, at=session.clock())
    return next((str(r["country"]) for r in rows if r["id"] == given["waiting"]), WHOLE_OPERATION)
