"""`fairlead exhibit`: add, change, correct, list and show exhibits; their limits, custody, holders and report."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from fairlead.case.exhibits.adding import NewExhibit, add_exhibit, change_exhibit, find_acquisition
from fairlead.case.exhibits.custody import (
    Handover,
    exhibit_report,
    get_exhibit,
    record_handover,
    render_report,
    show_custody,
    show_exhibits,
    verify_exhibit,
)
from fairlead.case.exhibits.handling import correct_handling
from fairlead.case.exhibits.holders import list_holders, state_holder, withdraw_holder
from fairlead.case.exhibits.volumes import StackedVolume, list_volumes
from fairlead.case.lists.for_the_lead import EXHIBITS
from fairlead.case.lists.recognised import count_recognised
from fairlead.case.place.limits import evidence_limits, write_limits
from fairlead.cli.options import OUTPUT, operation_option, session_of, workspace_of, workspace_option
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.engine.places import Place, parse_place
from fairlead.evidence.limits import MEANINGS
from fairlead.tables.rows import AcquisitionRow
from fairlead.terms.custody import CustodyEvent

_LIST = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def exhibit() -> None:
    """Exhibits as received, and their custody."""


def _place(text: str) -> Place:
    """A path that exists, or a place in object storage."""
    place = parse_place(text)
    if isinstance(place, Path) and not place.exists():
        raise click.BadParameter(f"Path '{text}' does not exist.")
    return place


@exhibit.command("add")
@click.argument("place", metavar="PATH", callback=lambda _context, _parameter, text: _place(text))
@click.option("--exhibit", "number", required=True, help="Number under which a court knows it, e.g. NSK/1.")
@click.option("--authority", required=True, help="Warrant or order under which it is held.")
@click.option("--description", default="", help="What it is.")
@click.option("--seized-at", type=click.DateTime(), help="When it was seized, UTC.")
@click.option("--location", default="", help="Where it is kept.")
@click.option("--reason", default="received for examination", help="Why it is taken in.")
@click.option("--handling", default="H0", show_default=True, help="Europol handling codes, e.g. H0+H1.")
@click.option("--restriction", default="", help="Text that H3 needs.")
@click.option("--passwords", type=_LIST, help="File with passwords to try on what is encrypted, one a line.")
@click.option("--carve", is_flag=True, help="Search free space of an image for pictures and videos.")
@operation_option
def add(
    place: Place,
    number: str,
    authority: str,
    description: str,
    seized_at: datetime | None,
    location: str,
    reason: str,
    handling: str,
    restriction: str,
    passwords: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    carve: bool,
    as_json: bool,
) -> int:
    """Take in the folder, archive or disk image at PATH, or at s3://BUCKET/PREFIX. It is only ever read.

    Exit code 1 when an image does not have the digests that it states of its medium.
    """
    session = session_of(workspace, operation, user)
    row = add_exhibit(
        session,
        NewExhibit(
            number=number,
            path=place,
            authority=authority,
            description=description,
            seized_at=seized_at.replace(tzinfo=UTC) if seized_at else None,
            location=location,
            reason=reason,
            handling=handling,
            restriction=restriction,
            passwords=passwords,
            carve=carve,
        ),
    )
    acquisition = row["acquisition"]
    if as_json:
        print_json(row)
    else:
        shown = {name: row[name] for name in ("kind", "files", "size_bytes", "sha256", "handling")}
        print_facts(f"Exhibit {number} taken in.", shown)
        _print_acquisition(acquisition)
    return 1 if acquisition is not None and acquisition["result"] in {"different", "unreadable"} else 0


_RESULTS = {
    "equal": "the sectors give the digests that the image states",
    "different": "THE SECTORS DO NOT GIVE THE DIGESTS THAT THE IMAGE STATES",
    "not_stated": "the image states no digest of its sectors",
    "unreadable": "THE SECTORS CANNOT BE READ TO THEIR END",
}


def _print_acquisition(acquisition: AcquisitionRow | None) -> None:
    """What an image says of its own acquisition, and whether it fits."""
    if acquisition is None:
        return
    digests = ("media_bytes", "stored_md5", "found_md5", "stored_sha1", "found_sha1")
    facts = {name: value for name, value in acquisition.items() if name in digests and value}
    stated = {item["name"]: item["value"] for item in acquisition["header"] if item["value"]}
    print_facts(f"Acquisition: {_RESULTS[acquisition['result']]}.", {**facts, **stated})


@exhibit.command("change")
@click.argument("number", metavar="EXHIBIT")
@click.option("--passwords", type=_LIST, help="File with passwords to try on what is encrypted, one a line.")
@click.option("--carve/--no-carve", default=None, help="Search free space of an image, or no longer.")
@operation_option
def change(
    number: str,
    passwords: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    carve: bool | None,
    as_json: bool,
) -> None:
    """Change how EXHIBIT is read; the next `fairlead process` reads it anew. The exhibit stays as it is."""
    session = session_of(workspace, operation, user)
    row = change_exhibit(session, number, passwords=passwords, carve=carve)
    if as_json:
        print_json(row)
    else:
        shown = {"passwords_digest": row["passwords_digest"] or "no list", "carve": bool(row["carve"])}
        print_facts(f"Exhibit {number} will be read anew.", shown)


@exhibit.command("handling")
@click.argument("number", metavar="EXHIBIT")
@click.argument("handling")
@click.option("--restriction", default="", help="Text that goes with H3.")
@click.option("--reason", required=True, help="What was wrong with the old codes.")
@operation_option
def handling_(
    number: str,
    handling: str,
    restriction: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Correct the HANDLING codes of EXHIBIT, e.g. H0+H1, and list what was sent under the old ones."""
    session = session_of(workspace, operation, user)
    corrected = correct_handling(session, number, handling=handling, restriction=restriction, reason=reason)
    if as_json:
        print_json(asdict(corrected))
        return
    print_facts(
        f"Exhibit {number}: {corrected.before} became {corrected.after}. Publish the leads again.",
        {"packages sent under other codes": len(corrected.sent)},
    )
    if corrected.sent:
        print_rows([asdict(one) for one in corrected.sent], ["package", "country", "handling", "leads"])
        click.echo("Decide for each country whether it has to be told, and whether to recall.")


@exhibit.command("holder")
@click.argument("number", metavar="EXHIBIT")
@click.option("--account", required=True, help="Account of the platform's records, by its id.")
@click.option("--reason", required=True, help="What the statement rests on.")
@click.option("--withdraw", is_flag=True, help="The statement no longer holds.")
@operation_option
def holder(
    number: str,
    account: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    withdraw: bool,
    as_json: bool,
) -> None:
    """State that EXHIBIT was seized from the holder of an account.

    `fairlead law assess-persons` and leads then tell, as assessments, what model files and pictures on it suggest.
    """
    session = session_of(workspace, operation, user)
    if withdraw:
        withdraw_holder(session, number, account, reason=reason)
    else:
        state_holder(session, number, account, reason=reason)
    if as_json:
        print_json({"exhibit": number, "holders": list_holders(session, number)})
    else:
        click.echo(f"Exhibit {number}: statement {'withdrawn' if withdraw else 'recorded'}.")


@exhibit.command("limits")
@click.option("--write", is_flag=True, help="Write the limits to limits.toml in the workspace, to be edited.")
@workspace_option
def limits(workspace: Path | None, *, write: bool, as_json: bool) -> None:
    """Show the limits under which exhibits are read, and what each bounds."""
    place = workspace_of(workspace)
    if write:
        write_limits(place)
    held = asdict(evidence_limits(place))
    if as_json:
        print_json(held)
        return
    print_rows(
        [{"limit": name, "value": value, "bounds": MEANINGS[name]} for name, value in held.items()],
        ["limit", "value", "bounds"],
    )
    if write:
        click.echo("Written to limits.toml in the workspace. A changed limit makes exhibits be read anew.")


@exhibit.command("list")
@operation_option
def list_(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """List the exhibits of an operation."""
    rows = show_exhibits(session_of(workspace, operation, user))
    if as_json:
        print_json({"exhibits": rows})
    else:
        print_rows(rows, EXHIBITS.at_the_shell)


@exhibit.command("show")
@click.argument("number", metavar="EXHIBIT")
@operation_option
def show(
    number: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Show EXHIBIT: how it is read, what an image says of its acquisition, its volumes, and its custody."""
    session = session_of(workspace, operation, user)
    row, events = get_exhibit(session, number), show_custody(session, number)
    acquisition, holders = find_acquisition(session, number), list_holders(session, number)
    volumes, known = list_volumes(session, number), count_recognised(session, number)
    if as_json:
        print_json(
            {
                "exhibit": row,
                "acquisition": acquisition,
                "volumes": [asdict(volume) for volume in volumes],
                "recognised": known,
                "custody": events,
                "holders": holders,
            }
        )
        return
    facts = {k: row[k] for k in ("kind", "size_bytes", "sha256", "authority", "handling")}
    facts |= {"passwords_digest": row["passwords_digest"] or "no list", "carve": bool(row["carve"])}
    print_facts(f"Exhibit {number}", facts)
    _print_acquisition(acquisition)
    if volumes:
        print_rows([_volume_line(one) for one in volumes], ["volume", "number", "size", "holds", "opened"])
    for one in known:
        click.echo(f"Same bytes as {one['set']} ({one['meaning']}): {one['files']:,} files")
    for statement in holders:
        click.echo(f"Stated to be from the holder of account {statement['account']}: {statement['reason']}")
    print_rows(events, ["at", "event", "actor", "counter_party", "location", "reason", "authority"])


def _volume_line(volume: StackedVolume) -> dict[str, str | int | None]:
    """One volume as a line of the stack, further in the more lies below it."""
    state = "yes" if volume.opened else "NO"
    holds = f"{volume.form}, encrypted" if volume.encrypted and volume.form else volume.form
    return {
        "volume": f"{'  ' * volume.depth}{volume.container or ''} {volume.kind} {volume.name}".rstrip(),
        "number": volume.number,
        "size": volume.size_bytes,
        "holds": holds or "nothing known",
        "opened": f"{state}: {volume.detail}" if volume.detail else state,
    }


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
@click.option("--output", type=OUTPUT, required=True, help="PDF to write.")
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
