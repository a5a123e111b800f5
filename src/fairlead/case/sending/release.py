"""Two officers for every package: one prepares, another one releases; and the state of every country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fairlead.case.lists.for_everybody import CountryState
from fairlead.case.place.keys import has_ended, officer
from fairlead.case.place.session import Session
from fairlead.case.sending.building import Terms, draft_for, name_files, send_prepared, unchanged_since
from fairlead.case.sending.concerned import country_of_release
from fairlead.case.sending.reading import prepared_of, require_read
from fairlead.case.sending.recipients import recipients_of, require_same
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.leads.dsse import envelope_of, sign_payload
from fairlead.leads.package import DraftPackage
from fairlead.leads.recipients import fingerprints_of
from fairlead.register.actions import Action
from fairlead.register.rows import WaitingRelease
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode

_DEAD_AFTER = timedelta(minutes=10)


def country_states(session: Session) -> list[CountryState]:
    """One row for every country the user may see."""
    from fairlead.register.followup import count_answered, find_recalls
    from fairlead.register.leads import find_packages, lead_versions
    from fairlead.register.people import countries_of, get_user
    from fairlead.register.releases import find_prepared

    at = session.clock()
    participants = countries_of(get_user(session.user_name), session.operation, at=at)
    visible = _visible_countries(session)
    leads: dict[str, dict[str, int]] = {}
    for code, lead, version in lead_versions(session.user_id, session.operation, at=at):
        leads.setdefault(code, {})[lead] = version
    packages = find_packages(session.user_id, session.operation, at=at)
    waiting = {
        r["country"]
        for r in find_prepared(session.user_id, session.operation, at=at)
        if r["state"] in ("waiting", "releasing")
    }
    recalls = find_recalls(session.user_id, session.operation, at=at)
    answered = count_answered(session.user_id, session.operation, at=at)
    states = []
    for code, participant in participants.items():
        if visible is not None and code not in visible:
            continue
        own = leads.get(code, {})
        sent = [p for p in packages if p["country"] == code]
        last = sent[-1] if sent else None
        carried: dict[str, int] = {}
        for package in sent:
            carried.update(package["leads"])
        changed = sum(carried.get(lead) != version for lead, version in own.items())
        receipt = last["receipt"]["state"] if last and last["receipt"] else ""
        states.append(
            CountryState(
                country=code,
                role=participant.role,
                recipients=len(participant.age_recipients),
                fingerprints=fingerprints_of(participant.age_recipients),
                leads=len(own),
                changed=changed,
                package=last["package"] if last else "",
                sent_at=last["built_at"] if last else None,
                receipt=receipt,
                answered=answered.get(code, 0),
                recalls=sum(r["country"] == code and r["acknowledged_at"] is None for r in recalls),
                state=_state(
                    leads=len(own), waits=code in waiting, sent=bool(last), changed=changed, receipt=receipt
                ),
            )
        )
    return states


def _state(*, leads: int, waits: bool, sent: bool, changed: int, receipt: str) -> str:
    if waits:
        return "waiting"
    if not leads:
        return "no leads"
    if not sent:
        return "never sent"
    if changed:
        return "changed since"
    return receipt or "sent"


def _visible_countries(session: Session) -> set[str] | None:
    """Countries a user is limited to; None for somebody who sees the whole operation."""
    from fairlead.register.actions import WHOLE_OPERATION
    from fairlead.register.gate import acting_as, grants_of
    from fairlead.register.models import User

    user = User(pk=session.user_id)
    with acting_as(user):
        countries = {
            g.country for g in grants_of(user, at=session.clock()) if g.operation_id == session.operation
        }
    return None if WHOLE_OPERATION in countries else countries


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What an officer is asked to sign: the package's name, the manifest's digest, files, leads and keys."""

    package: str
    manifest_sha256: str
    files: int
    leads: tuple[str, ...]
    fingerprints: tuple[str, ...]
    nothing_changed_since: str


def _drawn(session: Session, draft: DraftPackage) -> Drawn:
    """What is said of a draft to who signed it; with the last package, where it carried just the same."""
    return Drawn(
        nothing_changed_since=unchanged_since(session, draft.plan.to_country),
        package=draft.plan.package,
        manifest_sha256=draft.manifest_sha256,
        files=len(draft.files),
        leads=tuple(lead.lead for lead in draft.plan.leads),
        fingerprints=fingerprints_of(draft.plan.recipients),
    )


@verb(
    "release.prepare",
    Action.PREPARE,
    becomes=Operation.ALTERATION,
    command="package prepare",
    page="workbench:prepare",
    about=("country",),
    of=in_country("country"),
    whole=True,
)
def prepare_release(
    session: Session,
    country: str,
    *,
    legal_basis: str,
    purpose: str,
    h3_release: str = "",
    seen: Sequence[str] | None = None,
) -> Drawn:
    """Draw up a country's next package as everything stands now, sign it, and let it wait for another officer.

    ``seen`` are the fingerprints of the recipient keys that the officer was shown: with others nothing is prepared. The
    officer's key is opened for it.
    """
    from fairlead.register.releases import find_prepared, record_prepared

    country = CountryCode.given(country)
    settle(session)
    if not legal_basis.strip() or not purpose.strip():
        raise UsageError("a release needs a legal basis and a purpose", "Fill in both.", code="USAGE-REASON")
    at = session.clock()
    waits = UsageError(
        f"a release for {country} waits already",
        "Another officer releases or returns it first.",
        code="USAGE-RELEASE",
    )
    if any(
        row["state"] in ("waiting", "releasing")
        for row in find_prepared(session.user_id, session.operation, at=at, country=country)
    ):
        raise waits
    terms = Terms(
        legal_basis=legal_basis,
        purpose=purpose,
        h3_release=h3_release,
        fingerprints=tuple(seen) if seen is not None else None,
    )
    if seen is not None:
        require_same(recipients_of(session, country), seen)
    signer = officer(session.workspace, session.user_name, at=at)
    draft = draft_for(session, country, terms, preparer=signer.name, at=at)
    kept = record_prepared(
        session.user_id,
        session.operation,
        country,
        leads={lead.lead: lead.version for lead in draft.plan.leads},
        recipients=draft.plan.recipients,
        legal_basis=legal_basis,
        purpose=purpose,
        h3_release=h3_release,
        statement=envelope_of(draft.payload, [sign_payload(draft.payload, signer)]),
        manifest=draft.manifest,
        at=at,
    )
    if not kept:
        raise waits
    session.record(
        Operation.ALTERATION,
        "release.prepare",
        (country, draft.manifest_sha256, *draft.plan.recipients),
        legal_basis,
        facts={"leads": len(draft.plan.leads), "recipients": len(draft.plan.recipients)},
    )
    return _drawn(session, draft)


@verb(
    "release.decide",
    Action.RELEASE,
    becomes=Operation.ALTERATION,
    command="package release",
    page="workbench:decide",
    about=("waiting",),
    of=country_of_release,
    people=2,
    also=("package.build",),
    finish="The page of the country brings a release whose process died to one of its two ends.",
)
def release(session: Session, waiting: int, *, manifest_sha256: str) -> str:
    """Release what another officer prepared: sign the same bytes, encrypt and keep the package; returns its name.

    ``manifest_sha256`` is the digest of the list of files that the officer read: with another one nothing is released.
    Call it outside a transaction. First the decision is kept, then the package is closed, then the release. A process
    that dies in between leaves a release that ``settle`` brings to one of its two ends.
    """
    from django.db import transaction

    from fairlead.register.gate import acting_as
    from fairlead.register.models import User
    from fairlead.register.releases import begin_release, close_release, lock_waiting

    with transaction.atomic(), acting_as(User(pk=session.user_id)):
        row = _waiting(lock_waiting(session.user_id, session.operation, waiting, at=session.clock()))
        if row["prepared_by_id"] == session.user_id:
            raise UsageError(
                "you prepared this release yourself",
                "Another officer has to release it.",
                code="USAGE-RELEASE",
            )
        prepared = prepared_of(row)
        require_read(prepared, manifest_sha256)
        _require_still_an_officer(session, row, prepared.country)
        require_same(recipients_of(session, prepared.country), fingerprints_of(row["recipients"]))
        releaser = officer(session.workspace, session.user_name, at=session.clock())
        begin_release(session.user_id, waiting, at=session.clock())
    try:
        _, built = send_prepared(session, prepared, releaser)
    except BaseException:  # whatever stops it: the release does not stay between waiting and released
        settle(session, left=waiting)
        raise
    package = built.name.removesuffix(".tar.age")
    close_release(session.user_id, waiting, package=package)
    session.record(
        Operation.ALTERATION, "release.decide", (prepared.country, package), "released by a second officer"
    )
    return package


def _require_still_an_officer(session: Session, row: Mapping[str, Any], country: str) -> None:
    """UsageError when whoever prepared a release may prepare no more, or their key has ended since."""
    from fairlead.register.people import may_act

    at = session.clock()
    allowed = may_act(row["prepared_by_id"], Action.PREPARE, session.operation, country=country, at=at)
    if not allowed or has_ended(session.workspace, row["preparer"], at=at):
        raise UsageError(
            f"{row['preparer']}, who prepared it, {'has a key that ended' if allowed else 'may not prepare any more'}",
            "Return the release and let another officer prepare it.",
            code="USAGE-RELEASE",
        )


def waiting_for(session: Session, country: str) -> int:
    """The number of the release that waits for a country; UsageError when none does."""
    from fairlead.register.releases import find_prepared

    recipients_of(session, country)
    settle(session)
    at = session.clock()
    rows = find_prepared(session.user_id, session.operation, at=at, country=country)
    at_work = next((row for row in rows if row["state"] == "releasing"), None)
    if at_work is not None:
        minutes = 1 + int(((at_work["decided_at"] or at) + _DEAD_AFTER - at).total_seconds() // 60)
        raise UsageError(
            f"{at_work['decider']} is releasing the package for {country}",
            f"If that process died, the release waits again in {minutes} min; repeat this then.",
            code="USAGE-RELEASE",
        )
    waits = next((row for row in rows if row["state"] == "waiting"), None)
    if waits is None:
        raise UsageError(
            f"no release waits for {country}",
            f"One officer prepares it first: `fairlead package prepare --country {country}`.",
            code="USAGE-RELEASE",
        )
    return int(waits["id"])


def settle(session: Session, *, left: int | None = None) -> int:
    """Bring releases to an end whose process died: released when the package was recorded, waiting when not.

    Returns how many there were. A release younger than ``_DEAD_AFTER`` may still be at work and is left alone, but for
    the one that was just ``left`` by who worked on it.
    """
    from fairlead.register.leads import find_packages
    from fairlead.register.releases import close_release, find_prepared, reopen_release

    name_files(session)
    at = session.clock()
    stuck = [
        (row, row["decided_at"])
        for row in find_prepared(session.user_id, session.operation, at=at)
        if row["state"] == "releasing"
        and row["decided_at"] is not None
        and (row["id"] == left or at - row["decided_at"] > _DEAD_AFTER)
    ]
    packages = find_packages(session.user_id, session.operation, at=at) if stuck else []
    for row, decided_at in stuck:
        built = next(
            (
                p["package"]
                for p in packages
                if p["country"] == row["country"]
                and p["built_at"] >= decided_at
                and p["leads"] == row["leads"]
            ),
            None,
        )
        if built:
            close_release(session.user_id, row["id"], package=built)
        else:
            reopen_release(session.user_id, row["id"])
    return len(stuck)


@verb(
    "release.return",
    Action.PREPARE,
    becomes=Operation.ALTERATION,
    command="package return",
    page="workbench:decide",
    about=("waiting",),
    of=country_of_release,
    reason=True,
    whole=True,
)
def return_release(session: Session, waiting: int, *, reason: str) -> None:
    """Send a prepared release back to who prepared it, with a reason."""
    from django.db import transaction

    from fairlead.register.gate import acting_as
    from fairlead.register.models import User
    from fairlead.register.releases import lock_waiting, return_prepared

    if not reason.strip():
        raise UsageError("a returned release needs a reason", "Say what to change.", code="USAGE-REASON")
    with transaction.atomic(), acting_as(User(pk=session.user_id)):
        row = _waiting(lock_waiting(session.user_id, session.operation, waiting, at=session.clock()))
        return_prepared(session.user_id, waiting, at=session.clock(), reason=reason)
    session.record(Operation.ALTERATION, "release.return", (row["country"],), reason)


def _waiting(row: WaitingRelease | None) -> WaitingRelease:
    if row is None:
        raise UsageError(
            "there is no such release waiting for you",
            "It was released or returned meanwhile; look at the country's page.",
            code="USAGE-RELEASE",
        )
    return row
