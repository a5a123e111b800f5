"""`fairlead lead`: publish, list, due, show, explain, diff, categorise, hold, lift."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

from fairlead.case.lists.for_everybody import LEADS
from fairlead.case.lists.for_the_lead import REVIEWS_DUE
from fairlead.case.place.session import Session
from fairlead.case.sending.changes import diff_with_sent
from fairlead.case.sending.freshness import recalls_to_consider
from fairlead.case.sending.holds import hold, lift
from fairlead.case.sending.leads import categorise, explain_lead, find_due, get_lead, list_leads, publish
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.leads.document import SubjectCategory
from fairlead.terms.names import LeadName


@click.group()
def lead() -> None:
    """Leads: one person in one country, as far as the records allow."""


@lead.command("publish")
@click.option("--withdraw", is_flag=True, help="Go on although many published leads would be withdrawn.")
@operation_option
def publish_(
    workspace: Path | None, operation: str | None, user: str | None, *, withdraw: bool, as_json: bool
) -> None:
    """Compute the leads from the tables; a lead whose substance changed gets its next version."""
    answer = publish(session_of(workspace, operation, user), withdraw=withdraw)
    if as_json:
        print_json(answer)
        return
    print_facts("Leads published.", answer)
    if answer["withdrawn_after_sending"]:
        click.echo("Nothing supports these any more, and they were sent: consider `fairlead package recall`.")
    if answer["categories_to_decide_again"]:
        click.echo("Their persons changed since: decide again with `fairlead lead categorise`.")


@lead.command("due")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="Day asked about; today if not given.")
@operation_option
def due(
    on: datetime | None, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> int:
    """List leads whose review is due (LED art. 5). Exit code 1 when there are any."""
    session = session_of(workspace, operation, user)
    rows = find_due(session, on=on.date() if on else session.clock().date())
    if as_json:
        print_json({"due": rows})
    else:
        print_rows(rows, REVIEWS_DUE.at_the_shell)
    return 1 if rows else 0


@lead.command("list")
@click.option("--country", help="Only leads of this country.")
@operation_option
def list_(
    country: str | None, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """List leads."""
    session = session_of(workspace, operation, user)
    rows = list_leads(session, country=country)
    consider = [asdict(one) for one in recalls_to_consider(session, country=country)]
    if as_json:
        print_json({"leads": rows, "consider_recall": consider})
    else:
        print_rows(rows, LEADS.at_the_shell)
        if consider:
            click.echo(
                "These were sent, and nothing supports them any more: consider `fairlead package recall`."
            )
            print_rows(consider, ["lead", "country", "package"], title="Consider recall")


@lead.command("show")
@click.argument("lead_id", metavar="LEAD")
@operation_option
def show(
    lead_id: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Show a lead as the package holds it."""
    document = get_lead(session_of(workspace, operation, user), lead_id)
    if as_json:
        print_json(document.model_dump(mode="json"))
        return
    print_facts(
        f"Lead {document.lead}",
        {
            "country": document.country,
            "grade": document.grade,
            "names person": document.names_person,
            "handling": document.handling,
            "version": document.version,
        },
    )
    print_rows([s.model_dump() for s in document.statements], ["id", "section", "kind", "text"])


@lead.command("explain")
@click.argument("lead_id", metavar="LEAD")
@click.option("--statement", help="Only this statement, e.g. S-1a2b3c4d5e.")
@click.option("--text", "show_text", is_flag=True, help="Show the beginning of text rows, too.")
@operation_option
def explain(
    lead_id: str,
    statement: str | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    show_text: bool,
    as_json: bool,
) -> int:
    """Walk every statement of LEAD back to exhibit, locator and bytes. Exit code 1 if one does not lead there."""
    explained = explain_lead(
        session_of(workspace, operation, user), lead_id, statement=statement, show_text=show_text
    )
    if as_json:
        print_json(
            {
                "lead": lead_id,
                "statements": [
                    {
                        **item["statement"].model_dump(mode="json"),
                        "traced": [asdict(traced) for traced in item["origins"]],
                    }
                    for item in explained
                ],
            }
        )
    else:
        for item in explained:
            said = item["statement"]
            click.secho(
                f"{said.id} {said.kind} [{said.source_grade}{said.information_grade} {said.handling}]",
                bold=True,
            )
            click.echo(f"  {said.text}")
            for traced in item["origins"]:
                click.echo(f"  ← {traced.origin}")
                found = traced.problem or f"{traced.bytes_read:,} bytes, sha256 {traced.sha256[:16]}…"
                click.echo(f"    {found}")
                if traced.excerpt:
                    click.secho(f"    {traced.excerpt.strip()}", dim=True)
    return 1 if any(traced.problem for item in explained for traced in item["origins"]) else 0


@lead.command("diff")
@click.argument("lead_id", metavar="LEAD")
@operation_option
def diff(
    lead_id: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> int:
    """Say what changed in LEAD since it was last sent. Exit code 1 when something did."""
    changed, package = diff_with_sent(session_of(workspace, operation, user), lead_id)
    if changed is None:
        if as_json:
            print_json({"lead": lead_id, "sent": None})
        else:
            click.echo(f"{lead_id} was never sent.")
        return 0
    if as_json:
        print_json(
            {
                "lead": lead_id,
                "sent": package,
                "head": {name: list(pair) for name, pair in changed.head.items()},
                "added": [s.model_dump(mode="json") for s in changed.added],
                "removed": [s.model_dump(mode="json") for s in changed.removed],
                "changed": [
                    [a.model_dump(mode="json"), b.model_dump(mode="json")] for a, b in changed.changed
                ],
            }
        )
    else:
        click.secho(f"{lead_id} since {package}:", bold=True)
        for name, (before, after) in changed.head.items():
            click.echo(f"  {name}: {before} → {after}")
        for sign, statements in (
            ("+", changed.added),
            ("-", changed.removed),
            ("~", [b for _, b in changed.changed]),
        ):
            for statement in statements:
                click.echo(f"  {sign} {statement.id} {statement.text}")
        if changed.is_empty:
            click.echo("  nothing of substance.")
    return 0 if changed.is_empty else 1


@lead.command("categorise")
@click.argument("lead_id", metavar="LEAD")
@click.argument("category", type=click.Choice([c.value for c in SubjectCategory]))
@click.option("--reason", required=True, help="What the decision rests on.")
@operation_option
def categorise_(
    lead_id: str,
    category: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Decide what CATEGORY of data subject LEAD is about (LED art. 6)."""
    categorise(session_of(workspace, operation, user), lead_id, SubjectCategory(category), reason=reason)
    if as_json:
        print_json({"lead": lead_id, "category": category})
    else:
        click.echo(f"{lead_id}: {category}. `fairlead lead publish` brings it into the lead.")


def _meant(session: Session, given: str) -> str:
    """The person of a lead whose id was given; any other id as it is."""
    return get_lead(session, given).person if LeadName.fits(given) else given


@lead.command("hold")
@click.argument("person")
@click.option("--reason", required=True, help="Why nothing may be sent about this person.")
@operation_option
def hold_(
    person: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Let nothing be sent about PERSON until the hold is lifted, however its records are joined meanwhile.

    PERSON may be the id of a lead: then its person is meant; or of one account or payment: then whoever has that record
    is held.
    """
    session = session_of(workspace, operation, user)
    person = _meant(session, person)
    hold(session, person, reason=reason)
    if as_json:
        print_json({"person": person, "held": True})
    else:
        click.echo(f"Nothing will be sent about {person}.")


@lead.command("lift")
@click.argument("person")
@click.option("--reason", required=True, help="Why the hold ends.")
@operation_option
def lift_(
    person: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """End the holds on the records of PERSON, or of the person of a lead; other persons' records in them stay held."""
    session = session_of(workspace, operation, user)
    person = _meant(session, person)
    ended = lift(session, person, reason=reason)
    if as_json:
        print_json({"person": person, "ended": ended})
    else:
        click.echo(f"{ended} hold(s) on {person} ended.")
