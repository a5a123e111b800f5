"""`fairlead package`: from the preview to the release, and the recipient's side."""

from __future__ import annotations

import itertools
from dataclasses import asdict, replace
from pathlib import Path

import click

from fairlead.case.place.made_up import is_made_up
from fairlead.case.receiving.foreign import Incoming
from fairlead.case.sending.building import Release, Terms, build_for_country, unchanged_since
from fairlead.case.sending.changes import preview
from fairlead.case.sending.reading import read_package, write_reading
from fairlead.case.sending.recalls import lift_recall, recall_package
from fairlead.case.sending.recipients import recipients_of
from fairlead.case.sending.release import prepare_release, release, return_release, waiting_for
from fairlead.cli.incoming import KEYS, take
from fairlead.cli.options import (
    OUTPUT,
    operation_option,
    session_of,
    workspace_of,
)
from fairlead.cli.received import RECIPIENT
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.leads.recipients import fingerprints_of
from fairlead.terms.errors import UsageError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def package() -> None:
    """Signed and encrypted packages: one country's rows, and nothing else."""


@package.command("build")
@click.option("--country", required=True, help="Country that receives it.")
@click.option("--preparer", required=True, help="Officer who prepares and signs.")
@click.option("--releaser", required=True, help="Another officer, who releases and signs.")
@click.option("--legal-basis", help="Ground on which the data leave.")
@click.option(
    "--recipient",
    "fingerprints",
    multiple=True,
    metavar="FINGERPRINT",
    help="A recipient key both officers were shown; with others nothing is built. Once a key.",
)
@click.option("--release-h3", default="", help="Say that you read the H3 restrictions, and why it may leave.")
@operation_option
def build(
    country: str,
    preparer: str,
    releaser: str,
    legal_basis: str | None,
    fingerprints: tuple[str, ...],
    release_h3: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Build, sign by two officers at once and encrypt the next package for a country; for a made-up operation only.

    Elsewhere one officer prepares (`fairlead package prepare`) and another one releases (`fairlead package release`).
    """
    if not is_made_up(workspace_of(workspace)):
        raise UsageError(
            "one person does not sign for two officers",
            "One prepares with `fairlead package prepare`, another one releases with `fairlead package release`.",
            code="USAGE-TWO-OFFICERS",
        )
    named = Release(
        preparer=preparer, releaser=releaser, h3_release=release_h3, fingerprints=fingerprints or None
    )
    if legal_basis:
        named = replace(named, legal_basis=legal_basis)
    session = session_of(workspace, operation, user)
    unchanged = unchanged_since(session, country)
    path, built = build_for_country(session, country, named)
    answer = {
        "package": str(path),
        "sha256": built.sha256,
        "size_bytes": len(built.data),
        "files": built.files,
        "encrypted_to": list(built.fingerprints),
        "nothing_changed_since": unchanged,
    }
    if as_json:
        print_json(answer)
    else:
        print_facts(f"Package for {country} built.", answer)


@package.command("prepare")
@click.option("--country", required=True, help="Country that is to receive it.")
@click.option(
    "--legal-basis", default=Terms().legal_basis, show_default=True, help="Ground on which the data leave."
)
@click.option(
    "--purpose", default=Terms().purpose, show_default=True, help="What the country may use them for."
)
@click.option(
    "--recipient",
    "fingerprints",
    multiple=True,
    metavar="FINGERPRINT",
    help="A recipient key you were shown; with others nothing is prepared. Once a key.",
)
@click.option("--release-h3", default="", help="Say that you read the H3 restrictions, and why it may leave.")
@operation_option
def prepare(
    country: str,
    legal_basis: str,
    purpose: str,
    fingerprints: tuple[str, ...],
    release_h3: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """As the first officer: draw up the next package for a country and sign it; it waits for another officer."""
    drawn = prepare_release(
        session_of(workspace, operation, user),
        country,
        legal_basis=legal_basis,
        purpose=purpose,
        h3_release=release_h3,
        seen=fingerprints or None,
    )
    answer = asdict(drawn)
    if as_json:
        print_json(answer)
    else:
        print_facts("Prepared and signed. Another officer has to release it.", answer)


@package.command("read")
@click.option("--country", required=True, help="Country that would receive it.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="A folder that is not there yet.",
)
@operation_option
def read_(
    country: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Write every finished file of what waits for the second officer, to be read before it leaves; nothing leaves.

    The files are those that the first officer signed, byte by byte: `sha256sum -c manifest-sha256.txt` in the folder
    checks them, and the digest of that list is what `fairlead package release --manifest` asks for. When nothing waits the
    files are what would be prepared now. Delete the folder when you are done.
    """
    reading = read_package(session_of(workspace, operation, user), country)
    write_reading(reading, output)
    answer = {
        "package": reading.package,
        "state": f"prepared by {reading.preparer}" if reading.waiting else "not prepared yet",
        "manifest_sha256": reading.manifest_sha256,
        "leads": list(reading.leads),
        "encrypted_to": list(reading.fingerprints),
        "legal_basis": reading.terms.legal_basis,
        "purpose": reading.terms.purpose,
        "files": len(reading.files),
        "folder": str(output),
    }
    if as_json:
        print_json({**answer, "sizes": reading.sizes})
    else:
        print_facts(
            f"What {reading.country} would read. Begin with data/cover.txt and the PDF of each lead.", answer
        )


@package.command("release")
@click.option("--country", required=True, help="Country whose prepared package is released.")
@click.option(
    "--manifest",
    required=True,
    metavar="SHA256",
    help="Digest of the list of files that you read with `fairlead package read`.",
)
@operation_option
def release_(
    country: str,
    manifest: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """As the second officer: sign the same bytes as the first, encrypt the package and keep it.

    Read it first with `fairlead package read`. What has changed since it was prepared is refused.
    """
    session = session_of(workspace, operation, user)
    name = release(session, waiting_for(session, country), manifest_sha256=manifest)
    path = session.workspace.operation(session.operation) / "packages" / f"{name}.tar.age"
    if as_json:
        print_json({"package": str(path)})
    else:
        print_facts(f"Package for {country} released.", {"package": str(path)})


@package.command("return")
@click.option("--country", required=True, help="Country whose prepared package is returned.")
@click.option("--reason", required=True, help="What has to change.")
@operation_option
def return_(
    country: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Send a prepared package back to who prepared it, with a reason; nothing leaves."""
    session = session_of(workspace, operation, user)
    return_release(session, waiting_for(session, country), reason=reason)
    if as_json:
        print_json({"country": country, "returned": True})
    else:
        click.echo("Returned to who prepared it.")


@package.command("preview")
@click.option("--country", required=True, help="Country that would receive it.")
@operation_option
def preview_(
    country: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Show who would receive what, and what changed since it was last sent."""
    session = session_of(workspace, operation, user)
    rows = preview(session, country)
    fingerprints = fingerprints_of(recipients_of(session, country))
    if as_json:
        print_json({"country": country, "leads": rows, "recipients": list(fingerprints)})
    else:
        click.echo(f"To be encrypted to {len(fingerprints)} recipient key(s) of {country}:")
        for fingerprint in fingerprints:
            click.echo(f"  {fingerprint}")
        columns = [
            "lead",
            "grade",
            "version",
            "handling",
            "statements",
            "selectors",
            "last_sent",
            "added",
            "changed",
            "held",
            "recalled",
            "stale",
        ]
        print_rows(rows, columns, title=f"To {country}")


def _in_place(output: Path) -> UsageError:
    return UsageError(
        f"{output.name} is there already",
        "Name a file that is not there yet: it may be a notice that still has to be sent.",
        code="USAGE-OUTPUT",
    )


def _free(folder: Path, stem: str) -> Path:
    """A name for a notice that no file has yet: an earlier notice may still have to be sent."""
    names = (folder / f"{stem}{f'-{n}' if n > 1 else ''}.json" for n in itertools.count(1))
    return next(path for path in names if not path.exists())


@package.command("recall")
@click.argument("package_id", metavar="PACKAGE")
@click.option("--lead", "leads", multiple=True, help="Only this lead; the whole package if not given.")
@click.option("--reason", required=True, help="What was wrong.")
@click.option("--officer", required=True, help="Officer who signs the notice.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the notice.")
@operation_option
def recall(
    package_id: str,
    leads: tuple[str, ...],
    reason: str,
    officer: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Sign a notice that PACKAGE, or some of its leads, must no longer be used (LED art. 7(3))."""
    folder = output.parent
    if output.exists():
        raise _in_place(output)
    first, *others = recall_package(
        session_of(workspace, operation, user), package_id, leads=leads, reason=reason, officer_name=officer
    )
    written = {first.recall.package: output}
    for other in others:
        written[other.recall.package] = _free(folder, f"{other.recall.package}.recall")
    for one in (first, *others):
        written[one.recall.package].write_text(one.text)
    if as_json:
        print_json(
            {
                "notice": str(output),
                "country": first.recall.country,
                "notices": {name: str(path) for name, path in written.items()},
            }
        )
        return
    click.echo(
        f"{len(written)} notice(s) for {first.recall.country}, one for every package that carried what is recalled:"
    )
    for name, path in written.items():
        click.echo(f"  {name}: {path}")
    click.echo(
        "Each stays open until it is acknowledged, and nothing of it is sent again until two people lift it."
    )


@package.command("lift-recall")
@click.argument("package_id", metavar="PACKAGE")
@click.option("--lead", required=True, help="The recalled lead that may be sent again.")
@click.option("--reason", required=True, help="Why.")
@operation_option
def lift_recall_(
    package_id: str,
    lead: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Let a recalled lead of PACKAGE be sent again: the first officer asks, another one agrees by the same command."""
    lifted = lift_recall(session_of(workspace, operation, user), package_id, lead, reason=reason)
    if as_json:
        print_json({"lead": lead, "lifted": lifted})
    else:
        click.echo(
            f"{lead} may be sent again."
            if lifted
            else f"Asked. {lead} stays recalled until another officer agrees."
        )


@package.command("recall-acknowledged")
@click.argument("file", type=_FILE)
@KEYS
@operation_option
def recall_acknowledged(
    file: Path,
    keys: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """As the lead country: check a recipient's acknowledgement FILE and close the notice."""
    take(session_of(workspace, operation, user), file, keys, Incoming.ACKNOWLEDGEMENT, as_json=as_json)


@package.command("list")
@operation_option
def list_(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """List packages and their receipts."""
    session = session_of(workspace, operation, user)
    from fairlead.register.leads import find_packages

    rows = find_packages(session.user_id, session.operation, at=session.clock())
    shown = [
        {
            "package": r["package"],
            "country": r["country"],
            "leads": len(r["leads"]),
            "built_at": r["built_at"],
            "receipt": r["receipt"]["state"] if r["receipt"] else "none yet",
        }
        for r in rows
    ]
    if as_json:
        print_json({"packages": shown})
    else:
        print_rows(shown, ["package", "country", "leads", "built_at", "receipt"])


@package.command("receipt")
@click.argument("file", type=_FILE)
@KEYS
@operation_option
def receipt(
    file: Path,
    keys: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Check a recipient's receipt FILE and keep it with its package."""
    take(session_of(workspace, operation, user), file, keys, Incoming.RECEIPT, as_json=as_json)


for command in RECIPIENT:
    package.add_command(command)
