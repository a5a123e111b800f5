"""Builds the next package of a country: from what the register holds, and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from fairlead.case.log.ledger import EntryProof, prove_entry
from fairlead.case.log.restoration import next_number
from fairlead.case.persons.anchors import held_now
from fairlead.case.place.keys import officer, public_key_of
from fairlead.case.place.session import Session
from fairlead.case.sending.freshness import recalled_leads, require_fresh
from fairlead.case.sending.recipients import require_same
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.engine.lock import in_turn
from fairlead.leads.document import LeadDocument
from fairlead.leads.dsse import Officer, Signature, sign_payload, signature_holds
from fairlead.leads.egress.allowed import Allowed, allow
from fairlead.leads.material import HashRow
from fairlead.leads.package import (
    BuiltPackage,
    DraftPackage,
    PackagePlan,
    draft_package,
    finish_package,
    require_two,
)
from fairlead.leads.recipients import AgeRecipient
from fairlead.ledger.checkpoint import parse_checkpoint
from fairlead.ledger.notes import parse_note
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode, PackageName

_NAMED = 5
_PROOFS = 64  # a country that did not open so many packages in a row has to ask for the proof it lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what ground a package leaves, and the recipient keys that its officers were shown, by fingerprint.

    Without ``fingerprints`` the keys are taken as they are.
    """

    legal_basis: str = "Directive (EU) 2023/977; national law on police cooperation"
    purpose: str = "investigation of offences concerning child sexual abuse material"
    h3_release: str = ""
    fingerprints: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Terms):
    """The terms, and who prepares and who releases."""

    preparer: str
    releaser: str


@verb(
    "package.build",
    Action.RELEASE,
    becomes=Operation.DISCLOSURE,
    command="package build",
    page="workbench:decide",
    about=("country",),
    of=in_country("country"),
    people=2,
)
def build_for_country(session: Session, country: str, release: Release) -> tuple[Path, BuiltPackage]:
    """Build the next package for a country in one act, with the keys of both officers; returns where it lies.

    Both keys have to be opened: where they are locked it takes both officers' secrets. Two processes that build for one
    country do it one after the other, so that every package has its number.
    """
    country = CountryCode.given(country)
    with in_turn(_folder(session) / f".{country}.lock"):
        at = session.clock()
        first, second = (officer(session.workspace, n, at=at) for n in (release.preparer, release.releaser))
        require_two(*((one.name, one.private.public_key()) for one in (first, second)))
        draft = draft_for(session, country, release, preparer=first.name, at=at)
        return _send(
            session, draft, first.name, [sign_payload(draft.payload, one) for one in (first, second)]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the first officer signed: the statement's bytes, the payload's manifest behind it, and on what terms.

    ``leads`` are the versions that went into it.
    """

    country: CountryCode
    leads: Mapping[str, int]
    terms: Terms
    at: datetime
    payload: bytes
    manifest: str
    signature: Signature


def send_prepared(session: Session, prepared: Prepared, releaser: Officer) -> tuple[Path, BuiltPackage]:
    """Draw a prepared package up again, sign the same bytes with the other officer's key, close and keep it.

    Between the comparison and the signature nothing is read again. Raises UsageError when anything differs from what
    was prepared, and says what; when the first signature does not hold; or when both officers are one.
    """
    session.require_act()
    name = prepared.signature.officer
    first = public_key_of(session.workspace, name)
    require_two((name, first), (releaser.name, releaser.private.public_key()))
    with in_turn(_folder(session) / f".{prepared.country}.lock"):
        draft = drawn_again(session, prepared)
        signatures = [prepared.signature, sign_payload(draft.payload, releaser)]
        return _send(session, draft, name, signatures)


def drawn_again(session: Session, prepared: Prepared) -> DraftPackage:
    """The package as its first officer signed it, drawn up again from the register, byte by byte the same.

    Raises UsageError when the signature does not hold, and when anything differs: then it says what.
    """
    name = prepared.signature.officer
    if not signature_holds(prepared.payload, prepared.signature, public_key_of(session.workspace, name)):
        raise UsageError(
            f"the signature that {name} made when preparing does not hold",
            "Return the release and prepare it again.",
            code="USAGE-RELEASE",
        )
    draft = draft_for(session, prepared.country, prepared.terms, preparer=name, at=prepared.at)
    if draft.payload != prepared.payload:
        changed = _changed_leads(session, prepared, draft) or _changed_files(
            prepared.manifest, draft.manifest
        )
        said = ", ".join(changed[:_NAMED]) or "its number or what it is based on"
        raise UsageError(
            f"the package has changed since it was prepared: {said}",
            "Return it and prepare it again, so that two officers see the same.",
            code="USAGE-RELEASE",
        )
    return draft


def _changed_leads(session: Session, prepared: Prepared, draft: DraftPackage) -> list[str]:
    """What became of leads since a release was prepared: held back, recalled, gone, new, or in another version."""
    now = {lead.lead: lead.version for lead in draft.plan.leads}
    gone = sorted(prepared.leads.keys() - now.keys())
    recalled = recalled_leads(session) if gone else {}
    published = _published(session, prepared.country) if gone else set()
    return [
        *(
            f"{lead} is {'recalled' if lead in recalled else 'held back' if lead in published else 'withdrawn'}"
            for lead in gone
        ),
        *(
            f"{lead} is in it" if lead not in prepared.leads else f"{lead} is in version {version}"
            for lead, version in sorted(now.items())
            if prepared.leads.get(lead) != version
        ),
    ]


def _published(session: Session, country: str) -> set[str]:
    from fairlead.register.leads import lead_versions

    listed = lead_versions(session.user_id, session.operation, at=session.clock())
    return {lead for code, lead, _ in listed if code == country}


def _changed_files(before: str, now: str) -> list[str]:
    """Paths in one manifest only, or with another digest in the other, sorted."""
    lines = set(before.splitlines()) ^ set(now.splitlines())
    return sorted({line.partition("  ")[2].removeprefix("data/") for line in lines})


def draft_for(
    session: Session, country: CountryCode, terms: Terms, *, preparer: str, at: datetime
) -> DraftPackage:
    """Draw up a country's next package from what the register holds now, as of the moment ``at`` of its preparation.

    With the same register it is the same, byte by byte. Leads that are held or recalled are left out. Raises UsageError
    without leads or recipients, with other keys than were shown, and for a lead that has to be computed again first.
    """
    from fairlead.register.leads import find_leads, last_package_version
    from fairlead.register.people import countries_of, get_user

    now = session.clock()
    participants = countries_of(get_user(session.user_name), session.operation, at=now)
    if country not in participants:
        raise UsageError(
            f"{country} takes no part in this operation",
            "`fairlead operation show` lists the countries.",
            code="USAGE-COUNTRY",
        )
    if terms.fingerprints is not None:
        require_same(participants[country].age_recipients, terms.fingerprints)
    held = held_now(session)
    published = find_leads(session.user_id, session.operation, at=now, country=country)
    recalled = recalled_leads(session)
    rows = [row for row in published if row["lead"] not in recalled and not held.holds(row)]
    if not rows:
        kept = [
            f"{row['lead']} is {'recalled' if row['lead'] in recalled else 'held back'}" for row in published
        ]
        more = f" and {len(kept) - _NAMED} more" if len(kept) > _NAMED else ""
        raise UsageError(
            f"nothing may be sent to {country}: {', '.join(kept[:_NAMED]) or 'there is no lead for it'}{more}",
            "What is held is sent once the hold is lifted, what is recalled once two officers have lifted that."
            if kept
            else "Compute leads with `fairlead lead publish`.",
            code="USAGE-LEAD",
        )
    require_fresh(session, rows)
    known = last_package_version(session.user_id, session.operation, country, at=now)
    version = next_number(session.workspace, known)
    plan = PackagePlan(
        package=PackageName.given(f"{session.operation}-{country}-{version:04d}"),
        version=version,
        operation=session.operation,
        from_country=next(code for code, row in participants.items() if row.role == "lead"),
        to_country=country,
        legal_basis=terms.legal_basis,
        purpose=terms.purpose,
        built_at=at,
        recipients=tuple(AgeRecipient.parse(text) for text in sorted(participants[country].age_recipients)),
        leads=tuple(LeadDocument.model_validate(row["body"]) for row in rows),
        material={row["lead"]: tuple(HashRow.of(item) for item in row["material"] or ()) for row in rows},
        h3_release=terms.h3_release,
    )
    allowed = Allowed(
        package=plan.package,
        version=plan.version,
        operation=plan.operation,
        sender=plan.from_country,
        country=country,
        leads=allow(plan.leads, plan.material),
        said=frozenset({plan.legal_basis, plan.purpose, plan.h3_release}),
        built_at=plan.built_at,
        recipients=frozenset(plan.recipients),
        actors=frozenset({preparer, session.user_name}),
        held=held.persons(published),
        h3_released=bool(plan.h3_release.strip()),
    )
    return draft_package(plan, preparer, allowed=allowed)


def _folder(session: Session) -> Path:
    return session.workspace.operation(session.operation) / "packages"


def _send(
    session: Session, draft: DraftPackage, preparer: str, signatures: list[Signature]
) -> tuple[Path, BuiltPackage]:
    """Record the disclosure, close the package, and keep it; called in turn, for one country at a time.

    The file gets its name once the register knows the package: a name never stands for two packages, wherever the
    process is killed.
    """
    from fairlead.register.leads import record_package

    plan, folder = draft.plan, _folder(session)
    shown = folder / f".{plan.to_country}.shown"  # sizes of the log this country was shown, the last one last
    sizes = [int(line) for line in shown.read_text().split()] if shown.is_file() else []

    def prove(manifest_sha256: str) -> EntryProof:
        index = session.record(
            Operation.DISCLOSURE,
            "package.build",
            (plan.package, manifest_sha256, *(lead.lead for lead in plan.leads)),
            plan.legal_basis,
            recipient=plan.to_country,
            facts={"leads": len(plan.leads), "version": plan.version},
        )
        proof = prove_entry(session.workspace, index, since=sizes[-_PROOFS:])
        sizes.append(parse_checkpoint(parse_note(proof["checkpoint"]).text).size)
        return proof

    built = finish_package(draft, signatures, prove)
    path = folder / built.name
    temporary = path.with_name(f".{path.name}")
    temporary.write_bytes(built.data)
    shown.write_text("".join(f"{size}\n" for size in sizes))
    record_package(
        session.user_id,
        session.operation,
        country=plan.to_country,
        package=plan.package,
        version=plan.version,
        leads={lead.lead: lead.version for lead in plan.leads},
        sha256=built.sha256,
        prepared_by=preparer,
        released_by=next(one.officer for one in signatures if one.officer != preparer),
        at=session.clock(),
    )
    temporary.rename(path)
    return path, built


def name_files(session: Session) -> None:
    """Give files of recorded packages their names, where a process was killed before it did."""
    from fairlead.register.leads import find_packages

    folder = _folder(session)
    for row in find_packages(session.user_id, session.operation, at=session.clock()):
        path = folder / f"{row['package']}.tar.age"
        closed = path.with_name(f".{path.name}")
        if (
            not path.exists()
            and closed.is_file()
            and sha256(closed.read_bytes()).hexdigest() == row["sha256"]
        ):
            closed.rename(path)


def unchanged_since(session: Session, country: str) -> str:
    """The last package of a country when it carried just what the next one would; an empty text otherwise."""
    from fairlead.register.leads import find_leads, find_packages

    at = session.clock()
    packages = [
        p for p in find_packages(session.user_id, session.operation, at=at) if p["country"] == country
    ]
    recalled = recalled_leads(session)
    now = {
        row["lead"]: row["version"]
        for row in find_leads(session.user_id, session.operation, at=at, country=country)
        if row["lead"] not in recalled
    }
    return str(packages[-1]["package"]) if packages and packages[-1]["leads"] == now else ""
