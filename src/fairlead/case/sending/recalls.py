"""Recalls: notices that what was sent must no longer be used, and how two people lift one again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from fairlead.case.place.keys import officer
from fairlead.case.place.session import Session
from fairlead.case.sending.concerned import country_of_package
from fairlead.case.sending.sent import get_sent_package
from fairlead.case.verbs.verb import verb
from fairlead.leads.recall import Recall, sign_recall
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


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
) -> tuple[SignedRecall, ...]:
    """Sign notices that a package, or some of its leads, must no longer be used: one for every package that carried them.

    The first is about the package that was named. None of the leads is sent again until two people lift the recall.
    """
    from fairlead.register.followup import record_recall
    from fairlead.register.leads import find_packages

    sent = get_sent_package(session, package)
    strange = [lead for lead in leads if lead not in sent["leads"]]
    if strange or not reason.strip():
        raise UsageError(
            "a recall names leads that were in the package, and gives a reason",
            f"Leads of {package}: {', '.join(sent['leads'])}.",
            code="USAGE-RECALL",
        )
    at = session.clock()
    meant = set(leads or sent["leads"])
    others = [
        row
        for row in find_packages(session.user_id, session.operation, at=at)
        if row["package"] != package and row["country"] == sent["country"] and meant & set(row["leads"])
    ]
    signer = officer(session.workspace, officer_name, at=at)
    signed = []
    for row in (sent, *others):
        named = leads if row is sent else tuple(sorted(meant & set(row["leads"])))
        recall = Recall(
            package=row["package"],
            sha256=row["sha256"],
            country=row["country"],
            leads=named,
            reason=reason,
            at=at,
        )
        text = sign_recall(recall, signer)
        record_recall(
            session.user_id,
            session.operation,
            row["country"],
            package=row["package"],
            leads=list(named),
            reason=reason,
            notice=hashlib.sha256(text.encode()).hexdigest(),
            at=at,
        )
        signed.append(SignedRecall(recall=recall, text=text))
    packages = tuple(one.recall.package for one in signed)
    session.record(
        Operation.DISCLOSURE,
        "package.recall",
        (*packages, *leads),
        reason,
        recipient=sent["country"],
        facts={"packages": len(packages), "leads": len(meant)},
    )
    return tuple(signed)


@verb(
    "recall.lift",
    Action.RELEASE,
    becomes=Operation.ALTERATION,
    command="package lift-recall",
    page="none: a recall is lifted at the shell, by two people one after the other",
    about=("lead",),
    of=country_of_package,
    reason=True,
    people=2,
    whole=True,
)
def lift_recall(session: Session, package: str, lead: str, *, reason: str) -> bool:
    """Let a recalled lead be sent again: the first person asks, another one agrees. True once it is lifted.

    It ends every recall that names the lead, in whichever package it was, and for no other lead. What was sent stays
    recalled with whoever has it: only the next package carries the lead again.
    """
    from fairlead.register.followup import ask_to_lift, find_recalls, lift_recalls, still_recalled

    at = session.clock()
    officer(session.workspace, session.user_name, at=at)  # whoever asks or agrees opens their own key for it
    sent = get_sent_package(session, package)
    waiting = [
        row
        for row in find_recalls(session.user_id, session.operation, at=at)
        if still_recalled(row, lead)
        and row["country"] == sent["country"]
        and (lead in row["leads"] or (not row["leads"] and lead in sent["leads"]))
    ]
    if not waiting:
        raise UsageError(
            "this lead is not recalled", "`fairlead package list` names the packages.", code="USAGE-RECALL"
        )
    keys = [row["id"] for row in waiting]
    asked = {row["lifts"].get(lead, {}).get("asked_by", "") for row in waiting}
    if "" in asked or asked == {session.user_name}:
        if asked == {session.user_name}:
            raise UsageError(
                "you asked for this recall to be lifted yourself",
                "Another officer has to agree.",
                code="USAGE-RELEASE",
            )
        ask_to_lift(session.user_id, keys, lead, name=session.user_name, reason=reason)
        lifted = False
    else:
        lift_recalls(session.user_id, keys, lead, name=session.user_name, at=at)
        lifted = True
    session.record(
        Operation.ALTERATION,
        "recall.lift",
        (lead, *sorted(row["package"] for row in waiting)),
        reason,
        facts={"lifted": int(lifted)},
    )
    return lifted
