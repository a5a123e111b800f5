"""What leaves from a country's page: the encrypted package itself, and recall notices."""

from __future__ import annotations

from pathlib import Path

from fairlead.case.place.session import Session
from fairlead.case.sending.recalls import recall_package
from fairlead.case.verbs.declaration import in_country
from fairlead.case.verbs.verb import verb
from fairlead.register.actions import Action
from fairlead.register.rows import PackageEntry
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

_RECALLS = "recalls"


def _sent(session: Session, country: str, package: str) -> PackageEntry:
    """A package that was sent to a country, among those the user may see; LookupError otherwise."""
    from fairlead.register.leads import find_packages

    rows = find_packages(session.user_id, session.operation, at=session.clock())
    match = next((r for r in rows if r["package"] == package and r["country"] == country), None)
    if match is None:
        raise LookupError(package)
    return match


@verb(
    "package.fetch",
    Action.VIEW,
    becomes=Operation.DISCLOSURE,
    command="none: at the shell the file lies in the folder packages",
    page="workbench:package",
    about=("package",),
    of=in_country("country"),
)
def package_file(session: Session, country: str, package: str) -> Path:
    """Where a sent package lies, encrypted for its country alone; that it was fetched is noted. LookupError if none."""
    row = _sent(session, country, package)
    path = session.workspace.operation(session.operation) / "packages" / f"{row['package']}.tar.age"
    if not path.is_file():
        raise LookupError(package)
    session.record(
        Operation.DISCLOSURE, "package.fetch", (package,), "encrypted package fetched", recipient=country
    )
    return path


def recall(session: Session, country: str, package: str, *, leads: tuple[str, ...], reason: str) -> str:
    """Sign recalls with the user's own officer key and keep the notices; returns the file of the package named."""
    try:
        _sent(session, country, package)
    except LookupError as problem:
        raise UsageError(
            "that package was not sent to this country", "Choose one of the list.", code="USAGE-RECALL"
        ) from problem
    folder = session.workspace.operation(session.operation) / _RECALLS
    folder.mkdir(exist_ok=True)
    names = []
    for signed in recall_package(
        session, package, leads=leads, reason=reason, officer_name=session.user_name
    ):
        name = f"{signed.recall.package}.{signed.recall.at:%Y%m%dT%H%M%SZ}.recall.json"
        fresh = folder / f".{name}"
        fresh.write_text(signed.text)
        fresh.replace(folder / name)
        names.append(name)
    return names[0]


def notices(session: Session, country: str) -> list[str]:
    """Names of the recall notices for a country, newest first."""
    folder = session.workspace.operation(session.operation) / _RECALLS
    found = folder.glob(f"{session.operation}-{country}-*.recall.json")
    return sorted((path.name for path in found), reverse=True)


def notice_text(session: Session, country: str, name: str) -> str:
    """A recall notice by its file's name; LookupError when there is none of that name for the country."""
    if name not in notices(session, country):
        raise LookupError(name)
    return (session.workspace.operation(session.operation) / _RECALLS / name).read_text()
