"""`fairlead outcome`: report, import, list, follow."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.place.session import utc_now
from fairlead.case.receiving.answers import received_package, write_outcomes
from fairlead.case.receiving.foreign import Incoming
from fairlead.case.receiving.outcomes import follow_up
from fairlead.cli.incoming import KEYS, take
from fairlead.cli.options import OUTPUT, operation_option, session_of, workspace_of, workspace_option
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.leads.outcome import NoActionReason, Outcome, OutcomeState
from fairlead.terms.errors import UsageError

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def outcome() -> None:
    """What countries did with their leads, including nothing and why."""


@outcome.command("report")
@click.argument("package")
@click.argument("lead")
@click.option(
    "--from", "sender", metavar="COUNTRY", help="Whose package is meant; needed when two have one name."
)
@click.option(
    "--state", "states", type=click.Choice([s.value for s in OutcomeState]), multiple=True, required=True
)
@click.option("--reason", type=click.Choice([r.value for r in NoActionReason]), help="Needed with no_action.")
@click.option("--devices-seized", type=click.IntRange(min=0), default=0)
@click.option("--victims-safeguarded", type=click.IntRange(min=0), default=0)
@click.option("--new-exhibit", "new_exhibits", multiple=True, help="Number of an exhibit that came of it.")
@click.option("--release-numbers", is_flag=True, help="These numbers may be published.")
@click.option("--officer", required=True, help="Officer of this workspace who signs.")
@click.option("--output", type=OUTPUT, required=True, help="Where to write the signed outcomes.")
@workspace_option
def report(
    package: str,
    lead: str,
    sender: str | None,
    states: tuple[str, ...],
    reason: str | None,
    devices_seized: int,
    victims_safeguarded: int,
    new_exhibits: tuple[str, ...],
    officer: str,
    output: Path,
    workspace: Path | None,
    *,
    release_numbers: bool,
    as_json: bool,
) -> None:
    """As the recipient: say all that came of LEAD of the opened PACKAGE so far.

    The newest report of a lead takes the place of those before: name again what still holds, arrests and devices too.
    """
    place = workspace_of(workspace)
    try:
        came = Outcome(
            lead=lead,
            states=tuple(OutcomeState(s) for s in states),
            reason=NoActionReason(reason) if reason else None,
            devices_seized=devices_seized,
            victims_safeguarded=victims_safeguarded,
            new_exhibits=new_exhibits,
            released=release_numbers,
        )
    except ValueError as problem:
        raise UsageError(
            f"the outcome does not fit together: {problem}",
            "Correct what contradicts it; --reason is given exactly with --state no_action.",
            code="USAGE-OUTCOME",
        ) from problem
    text = write_outcomes(
        place, received_package(place, package, sender=sender), (came,), officer_name=officer, at=utc_now()
    )
    output.write_text(text)
    answer = {"package": package, "lead": lead, "states": list(states), "file": str(output)}
    if as_json:
        print_json(answer)
    else:
        print_facts("Outcome signed. Send the file to the lead country.", answer)


@outcome.command("import")
@click.argument("file", type=_FILE)
@KEYS
@operation_option
def import_(
    file: Path,
    keys: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """As the lead country: check a country's outcomes FILE and keep them."""
    take(session_of(workspace, operation, user), file, keys, Incoming.OUTCOMES, as_json=as_json)


@outcome.command("list")
@operation_option
def list_(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """List the outcomes reported so far."""
    session = session_of(workspace, operation, user)
    from fairlead.register.followup import find_outcomes

    rows = find_outcomes(session.user_id, session.operation, at=session.clock())
    columns = [
        "lead",
        "country",
        "states",
        "reason",
        "devices_seized",
        "victims_safeguarded",
        "new_exhibits",
        "released",
        "at",
    ]
    if as_json:
        print_json({"outcomes": [{c: value for c, value in row.items() if c in columns} for row in rows]})
    else:
        print_rows(rows, columns)


@outcome.command("follow")
@operation_option
def follow(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> int:
    """List the exhibits that outcomes brought, and the leads that stand on them. Exit code 1 if one is not here yet."""
    rows = follow_up(session_of(workspace, operation, user))
    if as_json:
        print_json({"exhibits": rows})
    else:
        print_rows(rows, ["exhibit", "country", "from_lead", "reported_at", "received", "leads"])
    return 0 if all(row["received"] for row in rows) else 1
