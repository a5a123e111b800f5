"""After sending: outcomes, recalls, holds, what changed since, and the figures derived from it all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fairlead.case.log.restoration import Missing, next_number, note_missing
from fairlead.case.persons.anchors import anchor_older_decisions, records_meant
from fairlead.case.place.exhibits import list_exhibits
from fairlead.case.place.keys import LeadKeys, officer
from fairlead.case.place.session import Session
from fairlead.case.place.workspace import Workspace
from fairlead.case.sending.concerned import country_of_keys, country_of_package
from fairlead.case.sending.leads import get_lead
from fairlead.case.verbs.verb import verb
from fairlead.engine.below import hold_folder
from fairlead.leads.diff import LeadDiff, diff_leads
from fairlead.leads.document import LeadDocument
from fairlead.leads.dsse import refused
from fairlead.leads.outcome import Outcome, OutcomeFile, sign_outcomes, verify_outcomes
from fairlead.leads.recall import (
    Recall,
    acknowledge_recall,
    sign_recall,
    verify_acknowledgement,
    verify_recall,
)
from fairlead.leads.statistics import DEFINITIONS, Figures, ReportedOutcome, delta, derive_figures
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode, PackageName


def diff_with_sent(session: Session, lead: str) -> tuple[LeadDiff | None, str | None]:
    """What changed in a lead since it was last sent, and in which package that was; None when never sent."""
    from fairlead.register.followup import find_version, last_sent_version

    now = get_lead(session, lead)
    sent = last_sent_version(session.user_id, session.operation, lead, at=session.clock())
    if sent is None:
        return None, None
    body = find_version(session.user_id, session.operation, lead, sent[1], at=session.clock())
    if body is None:
        raise UsageError(
            f"version {sent[1]} of lead {lead} is not kept here", "Ask who sent it.", code="USAGE-LEAD"
        )
    return diff_leads(LeadDocument.model_validate(body), now), sent[0]


def write_outcomes(
    workspace: Workspace,
    package_folder: Path,
    outcomes: tuple[Outcome, ...],
    *,
    officer_name: str,
    at: datetime,
) -> str:
    """A recipient's signed outcomes for leads of a package it has opened."""
    cover = json.loads((package_folder / "data" / "package.json").read_text())
    strange = [o.lead for o in outcomes if o.lead not in cover["leads"]]
    if strange:
        raise UsageError(
            f"{strange[0]} is not a lead of package {cover['package']}",
            f"Its leads are: {', '.join(cover['leads'])}.",
            code="USAGE-LEAD",
        )
    file = OutcomeFile(package=cover["package"], country=cover["to"], at=at, outcomes=outcomes)
    return sign_outcomes(file, officer(workspace, officer_name))


def received_package(workspace: Workspace, package: str, *, sender: str | None = None) -> Path:
    """The folder of a package this workspace has opened; UsageError when there is none.

    Two countries may have sent packages of one name: then ``sender`` has to say which is meant.
    """
    name = PackageName.given(package)
    senders = workspace.root / "received" / name.operation
    found = (
        [
            senders / country / name
            for country in sorted(entry.name for entry in senders.iterdir())
            if CountryCode.fits(country) and sender in (None, country) and (senders / country / name).is_dir()
        ]
        if senders.is_dir()
        else []
    )
    if len(found) > 1:
        raise UsageError(
            f"packages {name} of several countries were opened here",
            "Say with --from which country's is meant.",
            code="USAGE-PACKAGE",
        )
    if not found:
        raise UsageError(
            f"package {name} was not opened in this workspace",
            "Open it with `fairlead package open`.",
            code="USAGE-PACKAGE",
        )
    return found[0]


def _sent_package(session: Session, package: str, *, proved_by: str = "") -> dict[str, Any]:
    """A package that was sent from here. ``proved_by`` is the country whose signed answer names it, if one does."""
    from fairlead.register.leads import find_packages

    rows = find_packages(session.user_id, session.operation, at=session.clock())
    match = next((r for r in rows if r["package"] == package), None)
    if match is None:
        missing = Missing(package=package, country=proved_by, sha256="", told_at=session.clock().isoformat())
        if proved_by and note_missing(session.workspace, missing):
            raise refused(
                f"package {package} is not known to this workspace, which was restored from a backup: it was sent "
                "after that backup, and is now listed by `fairlead doctor` as missing",
                "PACKAGE-UNKNOWN",
            )
        raise refused(f"package {package} was never sent from here", "PACKAGE-UNKNOWN")
    return match


@verb(
    "outcome.import",
    Action.ANSWER,
    Action.RELEASE,
    becomes=Operation.COLLECTION,
    command="outcome import",
    page="workbench:incoming",
    about=("file",),
    of=country_of_keys,
    whole=True,
)
def take_outcomes(session: Session, file: Path, keys: LeadKeys) -> dict[str, Any]:
    """Check a country's outcomes and keep them; the same file again changes nothing."""
    from fairlead.register.followup import record_outcomes

    text = file.read_text()
    reported, signer = verify_outcomes(text, keys.officers)
    sent = _sent_package(session, reported.package, proved_by=reported.country)
    if sent["country"] != reported.country:
        raise refused("the outcomes come from a country that was not sent that package", "PACKAGE-OUTCOME")
    verify_outcomes(text, keys.officers, known_leads=list(sent["leads"]))
    digest = hashlib.sha256(text.encode()).hexdigest()
    rows = [
        {
            "lead": o.lead,
            "states": [s.value for s in o.states],
            "reason": o.reason.value if o.reason else "",
            "devices_seized": o.devices_seized,
            "victims_safeguarded": o.victims_safeguarded,
            "new_exhibits": list(o.new_exhibits),
            "released": o.released,
            "at": reported.at,
            "sha256": hashlib.sha256(f"{digest}/{o.lead}".encode()).hexdigest(),
        }
        for o in reported.outcomes
    ]
    new = record_outcomes(
        session.user_id, session.operation, reported.country, rows, package=reported.package, signer=signer
    )
    session.record(
        Operation.COLLECTION,
        "outcome.import",
        (reported.package, digest),
        "outcomes received",
        recipient=reported.country,
        facts={"outcomes": len(rows), "new": new},
    )
    return {"package": reported.package, "country": reported.country, "outcomes": len(rows), "new": new}


def follow_up(session: Session) -> list[dict[str, Any]]:
    """Exhibits that outcomes brought: who reported them, whether they are here, and which leads stand on them."""
    from fairlead.register.followup import find_outcomes
    from fairlead.register.leads import find_leads

    at = session.clock()
    here = {row["exhibit"] for row in list_exhibits(session)}
    standing: dict[str, list[str]] = {}
    for row in find_leads(session.user_id, session.operation, at=at):
        for item in row["body"]["evidence"]:
            standing.setdefault(item["exhibit"], []).append(row["lead"])
    return [
        {
            "exhibit": exhibit,
            "country": row["country"],
            "from_lead": row["lead"],
            "reported_at": row["at"],
            "received": exhibit in here,
            "leads": standing.get(exhibit, []),
        }
        for row in find_outcomes(session.user_id, session.operation, at=at)
        for exhibit in row["new_exhibits"]
    ]


def figures(session: Session, *, as_of: datetime | None = None, internal: bool = False) -> Figures:
    """The figures of the operation, derived from the outcomes reported so far."""
    from fairlead.register.followup import find_outcomes
    from fairlead.register.people import countries_of, get_user

    at = session.clock()
    rows = find_outcomes(session.user_id, session.operation, at=at)
    reported = [
        ReportedOutcome(
            lead=row["lead"],
            country=row["country"],
            states=frozenset(row["states"]),
            devices_seized=row["devices_seized"],
            victims_safeguarded=row["victims_safeguarded"],
            released=row["released"],
            at=row["at"],
        )
        for row in rows
    ]
    countries = countries_of(get_user(session.user_name), session.operation, at=at)
    return derive_figures(reported, countries, as_of=as_of or at, internal=internal)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRecall:
    """A notice to hand to the recipient."""

    recall: Recall
    text: str


@verb(
    "package.recall",
    Action.RELEASE,
    becomes=Operation.DISCLOSURE,
    command="package recall",
    page="workbench:recall",
    about=("package", "leads"),
    of=country_of_package,
    reason=True,
    whole=True,
)
def recall_package(
    session: Session, package: str, *, leads: tuple[str, ...], reason: str, officer_name: str
) -> SignedRecall:
    """Sign a notice that a package, or some of its leads, must no longer be used."""
    from fairlead.register.followup import record_recall

    sent = _sent_package(session, package)
    strange = [lead for lead in leads if lead not in sent["leads"]]
    if strange or not reason.strip():
        raise UsageError(
            "a recall names leads that were in the package, and gives a reason",
            f"Leads of {package}: {', '.join(sent['leads'])}.",
            code="USAGE-RECALL",
        )
    recall = Recall(
        package=package,
        sha256=sent["sha256"],
        country=sent["country"],
        leads=leads,
        reason=reason,
        at=session.clock(),
    )
    text = sign_recall(recall, officer(session.workspace, officer_name))
    record_recall(
        session.user_id,
        session.operation,
        sent["country"],
        package=package,
        leads=list(leads),
        reason=reason,
        at=recall.at,
    )
    session.record(
        Operation.DISCLOSURE, "package.recall", (package, *leads), reason, recipient=sent["country"]
    )
    return SignedRecall(recall=recall, text=text)


def answer_recall(
    workspace: Workspace, notice: Path, keys: LeadKeys, *, officer_name: str, at: datetime
) -> tuple[Recall, str]:
    """On the recipient's side: check a notice, mark the package as recalled, and sign the acknowledgement."""
    recall = verify_recall(notice.read_text(), keys.officers)
    folder = received_package(workspace, recall.package, sender=keys.country)
    with hold_folder(folder.parent) as place:
        place.write(f"{recall.package}.recalled.json", notice.read_bytes())
    return recall, acknowledge_recall(recall, officer(workspace, officer_name), at=at)


@verb(
    "package.recall-acknowledged",
    Action.ANSWER,
    Action.RELEASE,
    becomes=Operation.COLLECTION,
    command="package recall-acknowledged",
    page="workbench:incoming",
    about=("file",),
    of=country_of_keys,
    whole=True,
)
def take_acknowledgement(session: Session, file: Path, keys: LeadKeys) -> int:
    """Check an acknowledgement and close the notices it answers; returns how many."""
    from fairlead.register.followup import acknowledge_recalls

    acknowledged, _ = verify_acknowledgement(file.read_text(), keys.officers)
    sent = _sent_package(session, acknowledged.package, proved_by=acknowledged.country)
    if acknowledged.sha256 != sent["sha256"]:
        raise refused("the acknowledgement is about bytes that were never sent from here", "PACKAGE-RECALL")
    closed = acknowledge_recalls(session.user_id, session.operation, acknowledged.package, at=acknowledged.at)
    session.record(
        Operation.COLLECTION,
        "package.recall-acknowledged",
        (acknowledged.package,),
        "recall acknowledged",
        recipient=acknowledged.country,
    )
    return closed


@verb(
    "lead.hold",
    Action.PREPARE,
    becomes=Operation.ALTERATION,
    command="lead hold",
    page="workbench:hold",
    about=("person",),
    reason=True,
    whole=True,
)
def hold(session: Session, person: str, *, reason: str) -> None:
    """Let nothing be sent about a person, or an account or payment, until the hold is lifted.

    It rests on the records: however they are joined later, whoever has one of them is held.
    """
    if not reason.strip():
        raise UsageError("a hold needs a reason", "Give --reason.", code="USAGE-REASON")
    from fairlead.register.followup import place_hold

    records = records_meant(session, person)
    place_hold(
        session.user_id,
        session.operation,
        person=person,
        records=records,
        reason=reason,
        name=session.user_name,
        at=session.clock(),
    )
    session.record(Operation.ALTERATION, "lead.hold", (person,), reason, facts={"records": len(records)})


@verb(
    "lead.lift",
    Action.RELEASE,
    becomes=Operation.ALTERATION,
    command="lead lift",
    page="workbench:lift",
    about=("person",),
    reason=True,
    whole=True,
)
def lift(session: Session, person: str, *, reason: str) -> int:
    """End the holds on a person's records; returns how many there were. What they hold of others stays held."""
    from fairlead.register.followup import find_holds, lift_holds

    anchor_older_decisions(session)
    at = session.clock()
    lost = any(
        hold.person == person and not hold.records
        for hold in find_holds(session.user_id, session.operation, at=at, lasting=True)
    )
    ended = lift_holds(
        session.user_id,
        session.operation,
        person=person,
        records=() if lost else records_meant(session, person),
        name=session.user_name,
        at=at,
    )
    session.record(Operation.ALTERATION, "lead.lift", (person,), reason, facts={"holds": ended})
    return ended


@verb(
    "statistics.publish",
    Action.RELEASE,
    becomes=Operation.DISCLOSURE,
    command="statistics",
    page="none: figures for the press are released on their page by figures.release",
    about=("as_of",),
)
def publish_figures(session: Session, *, as_of: datetime | None = None) -> tuple[Path, dict[str, int]]:
    """Write the released figures as the next version, never to be changed; returns the file and what is new."""
    counted = figures(session, as_of=as_of)
    folder = session.workspace.operation(session.operation) / "statistics"
    folder.mkdir(parents=True, exist_ok=True)
    earlier = sorted(folder.glob("*.json"), key=lambda path: int(path.stem))
    before = json.loads(earlier[-1].read_text())["totals"] if earlier else {}
    changed = delta(before, counted.totals)
    version = next_number(session.workspace, int(earlier[-1].stem) if earlier else 0)
    value = {
        "format": "fairlead-statistics/1",
        "version": version,
        "operation": session.operation,
        "as_of": counted.as_of.isoformat(),
        "totals": counted.totals,
        "delta": changed,
        "by_country": counted.by_country,
        "cut_off": {country: at.isoformat() for country, at in counted.cut_off.items()},
        "definitions": DEFINITIONS,
    }
    path = folder / f"{version:04d}.json"
    with path.open("x") as handle:
        handle.write(json.dumps(value, indent=1) + "\n")
    session.record(
        Operation.DISCLOSURE,
        "statistics.publish",
        (hashlib.sha256(path.read_bytes()).hexdigest(),),
        "figures released",
        facts={"version": version},
    )
    return path, changed
