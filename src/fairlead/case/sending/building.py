"""Builds the next package of a country: from what the register holds, and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.case.log.ledger import prove_entry
from fairlead.case.log.restoration import next_number
from fairlead.case.persons.anchors import held_now
from fairlead.case.place.keys import officer
from fairlead.case.place.session import Session
from fairlead.case.sending.freshness import recalled_leads, require_fresh
from fairlead.case.sending.recipients import require_same
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.engine.lock import in_turn
from fairlead.leads.document import LeadDocument
from fairlead.leads.egress.allowed import Allowed, allow
from fairlead.leads.material import HashRow
from fairlead.leads.package import BuiltPackage, PackagePlan, build_package
from fairlead.leads.recipients import AgeRecipient
from fairlead.ledger.checkpoint import parse_checkpoint
from fairlead.ledger.notes import parse_note
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.names import CountryCode, PackageName

_PROOFS = 64  # a country that did not open so many packages in a row has to ask for the proof it lacks


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Who prepares, who releases, on what ground, and the recipient keys they were shown, by fingerprint.

    Without ``fingerprints`` the keys are taken as they are.
    """

    preparer: str
    releaser: str
    legal_basis: str = "Directive (EU) 2023/977; national law on police cooperation"
    purpose: str = "investigation of offences concerning child sexual abuse material"
    h3_release: str = ""
    fingerprints: tuple[str, ...] | None = None


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
    """Build the next package for a country from its published leads; returns where it lies.

    Two processes that build for one country do it one after the other, so that every package has its number.
    """
    country = CountryCode.given(country)
    folder = session.workspace.operation(session.operation) / "packages"
    with in_turn(folder / f".{country}.lock"):
        return _build_next(session, country, release, folder)


def _build_next(session: Session, country: str, release: Release, folder: Path) -> tuple[Path, BuiltPackage]:
    from fairlead.register.leads import find_leads, last_package_version, record_package
    from fairlead.register.people import countries_of, get_user

    at = session.clock()
    participants = countries_of(get_user(session.user_name), session.operation, at=at)
    if country not in participants:
        raise UsageError(
            f"{country} takes no part in this operation",
            "`fairlead operation show` lists the countries.",
            code="USAGE-COUNTRY",
        )
    if release.fingerprints is not None:
        require_same(participants[country].age_recipients, release.fingerprints)
    held = held_now(session)
    published = find_leads(session.user_id, session.operation, at=at, country=country)
    recalled = recalled_leads(session)
    rows = [row for row in published if row["lead"] not in recalled and not held.holds(row)]
    if not rows:
        raise UsageError(
            f"there is no lead for {country}",
            "Compute leads with `fairlead lead publish`; without leads nothing is sent, and none that is held or recalled.",
            code="USAGE-LEAD",
        )
    require_fresh(session, rows)
    known = last_package_version(session.user_id, session.operation, country, at=at)
    version = next_number(session.workspace, known)
    plan = PackagePlan(
        package=PackageName.given(f"{session.operation}-{country}-{version:04d}"),
        version=version,
        operation=session.operation,
        from_country=next(code for code, row in participants.items() if row.role == "lead"),
        to_country=country,
        legal_basis=release.legal_basis,
        purpose=release.purpose,
        built_at=at,
        recipients=tuple(AgeRecipient.parse(text) for text in sorted(participants[country].age_recipients)),
        leads=tuple(LeadDocument.model_validate(row["body"]) for row in rows),
        material={row["lead"]: tuple(HashRow.of(item) for item in row["material"]) for row in rows},
        h3_release=release.h3_release,
    )
    allowed = Allowed(
        package=plan.package,
        version=plan.version,
        operation=plan.operation,
        sender=plan.from_country,
        country=country,
        leads=allow(plan.leads, plan.material),
        said=frozenset({plan.legal_basis, plan.purpose, plan.h3_release}),
        held=held.persons(published),
        h3_released=bool(plan.h3_release.strip()),
    )
    officers = [officer(session.workspace, name) for name in (release.preparer, release.releaser)]

    shown = folder / f".{country}.shown"  # sizes of the log that this country was shown, the last one last
    sizes = [int(line) for line in shown.read_text().split()] if shown.is_file() else []

    def prove(manifest_sha256: str) -> dict[str, Any]:
        index = session.record(
            Operation.DISCLOSURE,
            "package.build",
            (plan.package, manifest_sha256, *(lead.lead for lead in plan.leads)),
            plan.legal_basis,
            recipient=country,
            facts={"leads": len(plan.leads), "version": version},
        )
        proof = prove_entry(session.workspace, index, since=sizes[-_PROOFS:])
        sizes.append(parse_checkpoint(parse_note(proof["checkpoint"]).text).size)
        return proof

    built = build_package(plan, officers, prove, allowed=allowed)
    path = folder / built.name
    temporary = path.with_name(f".{path.name}")
    temporary.write_bytes(built.data)
    temporary.rename(path)
    shown.write_text("".join(f"{size}\n" for size in sizes))
    record_package(
        session.user_id,
        session.operation,
        country=country,
        package=plan.package,
        version=version,
        leads={lead.lead: lead.version for lead in plan.leads},
        sha256=built.sha256,
        prepared_by=release.preparer,
        released_by=release.releaser,
        at=at,
    )
    return path, built


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
