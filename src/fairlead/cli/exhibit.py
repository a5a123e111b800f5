"""`fairlead exhibit`: add, list, show, check-out, check-in, transfer, return, verify, report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from fairlead.case.custody import (
    Handover,
    exhibit_report,
    get_exhibit,
    record_handover,
    render_report,
    show_custody,
    verify_exhibit,
)
from fairlead.case.exhibits import NewExhibit, add_exhibit, list_exhibits
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.terms.custody import CustodyEvent


@click.group()
def exhibit() -> None:
    """Exhibits as received, and their custody."""


@exhibit.command("add")
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--exhibit", "number", required=True, help="Number under which a court knows it, e.g. NSK/1.")
@click.option("--authority", required=True, help="Warrant or order under which it is held.")
@click.option("--description", default="", help="What it is.")
@click.option("--seized-at", type=click.DateTime(), help="When it was seized, UTC.")
@click.option("--location", default="", help="Where it is kept.")
@click.option("--reason", default="received for examination", help="Why it is taken in.")
@click.option("--handling", default="H0", show_default=True, help="Europol handling codes, e.g. H0+H1.")
@click.option("--restriction", default="", help="Text that H3 needs.")
@operation_option
def add(
    path: Path,
    number: str,
    authority: str,
    description: str,
    seized_at: datetime | None,
    location: str,
    reason: str,
    handling: str,
    restriction: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Take in the folder, archive or disk image at PATH. It is only ever read."""
    session = session_of(workspace, operation, user)
    row = add_exhibit(
        session,
        NewExhibit(
            number=number,
            path=path,
            authority=authority,
            description=description,
            seized_at=seized_at.replace(tzinfo=UTC) if seized_at else None,
            location=location,
            reason=reason,
            handling=handling,
            restriction=restriction,
        ),
    )
    if as_json:
        print_json(row)
    else:
        shown = {name: row[name] for name in ("kind", "files", "size_bytes", "sha256", "handling")}
        print_facts(f"Exhibit {number} taken in.", shown)


@exhibit.command("list")
@operation_option
def list_(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """List the exhibits of an operation."""
    rows = list_exhibits(session_of(workspace, operation, user))
    if as_json:
        print_json({"exhibits": rows})
    else:
        print_rows(rows, ["exhibit", "kind", "size_bytes", "handling", "authority", "received_at"])


@exhibit.command("show")
@click.argument("number", metavar="EXHIBIT")
@operation_option
def show(
    number: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Show the custody record of EXHIBIT."""
    session = session_of(workspace, operation, user)
    row, events = get_exhibit(session, number), show_custody(session, number)
    if as_json:
        print_json({"exhibit": row, "custody": events})
        return
    print_facts(
        f"Exhibit {number}", {k: row[k] for k in ("kind", "size_bytes", "sha256", "authority", "handling")}
    )
    print_rows(events, ["at", "event", "actor", "counter_party", "location", "reason", "authority"])


def _handover(
    event: CustodyEvent,
    number: str,
    counter_party: str,
    reason: str,
    location: str,
    authority: str,
    where: tuple[Path | None, str | None, str | None],
    *,
    as_json: bool,
) -> None:
    handover = Handover(
        exhibit=number,
        event=event,
        reason=reason,
        location=location,
        counter_party=counter_party,
        authority=authority,
    )
    record_handover(session_of(*where), handover)
    if as_json:
        print_json({"exhibit": number, "event": event.value})
    else:
        click.echo(f"Exhibit {number}: {event.value.replace('_', ' ')} recorded.")


def _handover_command(name: str, event: CustodyEvent, text: str) -> None:
    @exhibit.command(name, help=text)
    @click.argument("number", metavar="EXHIBIT")
    @click.option("--with", "counter_party", default="", help="Who hands it over or takes it.")
    @click.option("--reason", required=True, help="Why: case and purpose.")
    @click.option("--location", default="", help="Where.")
    @click.option("--authority", default="", help="Under which order, where one is needed.")
    @operation_option
    def command(
        number: str,
        counter_party: str,
        reason: str,
        location: str,
        authority: str,
        workspace: Path | None,
        operation: str | None,
        user: str | None,
        *,
        as_json: bool,
    ) -> None:
        where = (workspace, operation, user)
        _handover(event, number, counter_party, reason, location, authority, where, as_json=as_json)


_handover_command("check-out", CustodyEvent.CHECK_OUT, "Record that EXHIBIT leaves the store.")
_handover_command("check-in", CustodyEvent.CHECK_IN, "Record that EXHIBIT is back in the store.")
_handover_command("transfer", CustodyEvent.TRANSFER, "Record that EXHIBIT goes to another agency.")
_handover_command("return", CustodyEvent.RETURN, "Record that EXHIBIT came back from another agency.")


@exhibit.command("verify")
@click.argument("number", metavar="EXHIBIT")
@operation_option
def verify(
    number: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> int:
    """Digest EXHIBIT again and compare with the digest at receipt. Exit code 1 when it differs."""
    answer = verify_exhibit(session_of(workspace, operation, user), number)
    if as_json:
        print_json(answer)
    else:
        print_facts("The exhibit is unchanged." if answer["equal"] else "THE EXHIBIT HAS CHANGED.", answer)
    return 0 if answer["equal"] else 1


@exhibit.command("report")
@click.argument("number", metavar="EXHIBIT")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="PDF to write."
)
@operation_option
def report(
    number: str,
    output: Path,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Write the report on EXHIBIT for court: receipt, custody, verdicts, tools and versions, sandbox."""
    made = exhibit_report(session_of(workspace, operation, user), number)
    output.write_bytes(render_report(made))
    if as_json:
        print_json({**made, "file": str(output)})
    else:
        click.echo(f"Report on {number} written to {output}")
