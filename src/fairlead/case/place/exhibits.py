"""The exhibits that an operation holds: listed, opened again, compared with what was received."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.case.place.limits import evidence_limits
from fairlead.case.place.session import Session
from fairlead.engine.places import parse_place
from fairlead.engine.sandbox import STRICT, SandboxPolicy
from fairlead.evidence.exhibits import digest_exhibit
from fairlead.evidence.opener import ExhibitOpener
from fairlead.evidence.stages import source_of
from fairlead.tables.evidence import EXHIBITS
from fairlead.tables.rows import ExhibitRow
from fairlead.terms.errors import RunError


def list_exhibits(session: Session) -> list[ExhibitRow]:
    """The exhibits of the operation in order of arrival."""
    rows: list[ExhibitRow] = session.store.read(EXHIBITS).sort_by("sequence").to_pylist()
    return rows


def opener_of(session: Session, sandbox: SandboxPolicy = STRICT) -> ExhibitOpener:
    """Opens any item of any exhibit of the operation again."""
    return ExhibitOpener(
        sources=tuple(source_of(row) for row in list_exhibits(session)),
        limits=evidence_limits(session.workspace),
        sandbox=sandbox,
    )


def check_unchanged(session: Session) -> None:
    """Raise RunError when an exhibit no longer has the digest it was received with."""
    check_rows(list_exhibits(session))


def check_rows(exhibits: Sequence[ExhibitRow]) -> None:
    """The same for some exhibits; needs neither register nor tables, so that it can be done beside other work."""
    for row in exhibits:
        if digest_exhibit(parse_place(row["path"])).sha256 != row["sha256"]:
            raise RunError(
                f"exhibit {row['exhibit']} has changed since it was received",
                "Stop using this copy. Compare it with the sealed original and add a fresh copy.",
                code="CUSTODY-CHANGED",
            )
