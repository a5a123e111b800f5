"""Custody of exhibits: who had them, why, and whether they are what they were; and the report for court."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import TypedDict

from fairlead import __version__
from fairlead.case.exhibits.adding import find_acquisition
from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.limits import evidence_limits
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.places import parse_place
from fairlead.engine.printing import PDF_A_UA, print_pdf
from fairlead.engine.sandbox import SandboxPolicy, self_test
from fairlead.evidence.exhibits import digest_exhibit
from fairlead.register.actions import Action
from fairlead.register.rows import CustodyEntry
from fairlead.tables.rows import AcquisitionRow, ExhibitRow
from fairlead.terms.custody import CustodyEvent, Operation
from fairlead.terms.errors import UsageError

_TOOLS = (
    "pytsk3", "libewf-python", "libfsapfs-python", "libfsxfs-python", "libvhdi-python", "libvmdk-python", "py7zr",
    "backports-zstd", "pikepdf", "olefile", "pillow", "pillow-heif", "simplejpeg", "av", "c2pa-python", "pylibmagic",
    "duckdb", "pyarrow",
)  # fmt: skip
_PATHS = frozenset({"path", "passwords_path"})
_NEXT: dict[CustodyEvent, frozenset[CustodyEvent]] = {
    CustodyEvent.CHECK_OUT: frozenset({CustodyEvent.CHECK_IN}),
    CustodyEvent.TRANSFER: frozenset({CustodyEvent.RETURN}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What is stated about one custody event: the fields that ISO/IEC 27037 asks for."""

    exhibit: str
    event: CustodyEvent
    reason: str
    location: str = ""
    counter_party: str = ""
    authority: str = ""
    condition: str = ""


class Verified(TypedDict):
    """Whether an exhibit still has the digest that it was received with."""

    exhibit: str
    received: str
    found: str
    equal: bool


class _Verdicts(TypedDict):
    verdict: str
    allocation: str
    files: int


class _NotWhole(TypedDict):
    path: str
    verdict: str
    detail: str | None


class _Contents(TypedDict):
    verdict: str
    family: str | None
    contents: int


class ExhibitReport(TypedDict):
    """What the report of an exhibit says; ``exhibit`` and ``custody`` hold the columns of their rows, times as text."""

    operation: str
    made_at: str
    made_by: str
    exhibit: dict[str, object]
    custody: list[dict[str, object]]
    verdicts: list[_Verdicts]
    not_read_whole: list[_NotWhole]
    contents: list[_Contents]
    acquisition: AcquisitionRow | None
    limits: dict[str, object]
    sandbox: str
    program: str
    tools: dict[str, str]


def show_exhibits(session: Session) -> list[ExhibitRow]:
    """All exhibits in order of arrival, for eyes."""
    session.require_sight()
    return list_exhibits(session)


def get_exhibit(session: Session, number: str) -> ExhibitRow:
    """One exhibit's row; UsageError when there is none of that number."""
    session.require_sight()
    row = next((r for r in list_exhibits(session) if r["exhibit"] == number), None)
    if row is None:
        raise UsageError(
            f"there is no exhibit {number}", "`fairlead exhibit list` names all.", code="USAGE-EXHIBIT"
        )
    return row


def show_custody(session: Session, number: str) -> list[CustodyEntry]:
    """The custody events of an exhibit in order."""
    from fairlead.register.custody import custody_of

    get_exhibit(session, number)
    return custody_of(session.user_id, session.operation, number, at=session.clock())


@verb(
    "exhibit.handover",
    Action.ADD_EXHIBIT,
    becomes=Operation.ALTERATION,
    command="exhibit check-out",
    page="none: custody is recorded where the exhibit is",
    about=("handover",),
    whole=True,
    also=("exhibit.check_out", "exhibit.check_in", "exhibit.transfer", "exhibit.return"),
)
def record_handover(session: Session, handover: Handover) -> None:
    """Note that an exhibit was checked out or in, or transferred or returned.

    Raises UsageError when the event does not follow from the last one: what is out cannot go out again.
    """
    from fairlead.register.custody import record_custody

    away = {row["event"] for row in show_custody(session, handover.exhibit)[-1:]} & {e.value for e in _NEXT}
    if away:
        last = CustodyEvent(away.pop())
        if handover.event not in _NEXT[last]:
            raise UsageError(
                f"exhibit {handover.exhibit} is away ({last.value.replace('_', ' ')}); "
                f"{handover.event.value.replace('_', ' ')} cannot follow",
                f"Record first: {', '.join(e.value.replace('_', ' ') for e in _NEXT[last])}.",
                code="CUSTODY-ORDER",
            )
    elif handover.event in (CustodyEvent.CHECK_IN, CustodyEvent.RETURN):
        raise UsageError(
            f"exhibit {handover.exhibit} is not away", "Nothing needs to come back.", code="CUSTODY-ORDER"
        )
    record_custody(
        session.user_id,
        session.operation,
        exhibit=handover.exhibit,
        event=handover.event,
        at=session.clock(),
        actor=session.user_name,
        location=handover.location,
        counter_party=handover.counter_party,
        reason=handover.reason,
        authority=handover.authority,
    )
    session.record(
        Operation.ALTERATION,
        f"exhibit.{handover.event.value}",
        (handover.exhibit,),
        handover.reason,
        recipient=handover.counter_party,
    )


@verb(
    "exhibit.verify",
    Action.VIEW,
    becomes=Operation.CONSULTATION,
    command="exhibit verify",
    page="workbench:exhibit",
    about=("number",),
    whole=True,
)
def verify_exhibit(session: Session, number: str) -> Verified:
    """Digest an exhibit again, compare with the digest at receipt, and note the result as a custody event."""
    from fairlead.register.custody import record_custody

    row = get_exhibit(session, number)
    found = digest_exhibit(parse_place(row["path"]))
    same = found.sha256 == row["sha256"]
    record_custody(
        session.user_id,
        session.operation,
        exhibit=number,
        event=CustodyEvent.ANALYSE,
        at=session.clock(),
        actor=session.user_name,
        reason="digest compared: equal" if same else "digest compared: DIFFERENT",
        sha256=found.sha256,
    )
    session.record(
        Operation.CONSULTATION, "exhibit.verify", (number, found.sha256), "equal" if same else "different"
    )
    return {"exhibit": number, "received": row["sha256"], "found": found.sha256, "equal": same}


def exhibit_report(session: Session, number: str) -> ExhibitReport:
    """Everything a court may ask about the treatment of one exhibit, as data."""
    session.require_sight()
    row = get_exhibit(session, number)
    catalogue = Catalogue(session.store)
    try:
        verdicts = catalogue.rows_as(
            _Verdicts,
            "SELECT verdict, allocation, count(*) AS files FROM files WHERE exhibit = ? GROUP BY ALL ORDER BY ALL",
            [number],
        )
        not_whole = catalogue.rows_as(
            _NotWhole,
            "SELECT path, verdict, detail FROM files WHERE exhibit = ? AND verdict <> 'read' ORDER BY path LIMIT 200",
            [number],
        )
        contents = catalogue.rows_as(
            _Contents,
            "SELECT c.verdict, c.family, count(DISTINCT c.sha256) AS contents FROM contents c "
            "JOIN files f USING (sha256) WHERE f.exhibit = ? GROUP BY ALL ORDER BY ALL",
            [number],
        )
    finally:
        catalogue.close()
    sandbox = self_test(policy=SandboxPolicy(required=False))
    report: ExhibitReport = {
        "operation": session.operation,
        "made_at": session.clock().isoformat(),
        "made_by": session.user_name,
        "exhibit": {
            k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items() if k not in _PATHS
        },
        "custody": [
            {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in event.items()}
            for event in show_custody(session, number)
        ],
        "verdicts": verdicts,
        "not_read_whole": not_whole,
        "contents": contents,
        "acquisition": find_acquisition(session, number),
        "limits": asdict(evidence_limits(session.workspace)),
        "sandbox": sandbox.summary,
        "program": f"Fairlead {__version__}, Python {platform.python_version()}",
        "tools": {name: version(name) for name in _TOOLS},
    }
    session.record(Operation.CONSULTATION, "exhibit.report", (number,), "report made")
    return report


def render_report(report: ExhibitReport) -> bytes:
    """The report as a tagged PDF (PDF/A-2a and PDF/UA-1)."""
    template = (files("fairlead.case.exhibits") / "templates" / "exhibit.typ").read_bytes()
    return print_pdf(template, {"report": json.dumps(report, ensure_ascii=False)}, standards=PDF_A_UA)
