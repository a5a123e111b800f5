"""`fairlead attribute`: run, explain, judge, evaluate."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.attribution import attribute as run_attribution
from fairlead.case.attribution import evaluate_against, explain, judge
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import TerminalProgress, print_facts, print_json, print_rows
from fairlead.terms.platform import Judgement

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(invoke_without_command=True)
@click.option(
    "--networks", "network_files", type=_FILE, multiple=True, help="CSV or TOML: cidr, country, kind."
)
@click.option("--mmdb", type=_FILE, help="An MMDB with countries of addresses, of the time in question.")
@operation_option
@click.pass_context
def attribute(
    context: click.Context,
    network_files: tuple[Path, ...],
    mmdb: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Link accounts, payments and replies into persons with countries; print grades and figures."""
    if context.invoked_subcommand is not None:
        return
    figures = run_attribution(
        session_of(workspace, operation, user),
        network_files=network_files,
        mmdb=mmdb,
        progress=None if as_json else TerminalProgress(),
    )
    if as_json:
        print_json(asdict(figures))
        return
    print_facts("Persons by grade. A grade is not guilt.", figures.grades)
    print_facts("Links", figures.links)
    where = " ".join(f"{code} {count}" for code, count in figures.countries.items())
    print_facts("Countries that the evidence supports", {"persons": where, "none": figures.without_country})


@attribute.command("explain")
@click.argument("person")
@operation_option
def explain_(
    person: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Say why records were joined into PERSON, what speaks against it, and what else was considered."""
    explained = explain(session_of(workspace, operation, user), person)
    if as_json:
        print_json({**asdict(explained), "sentences": list(explained.sentences)})
        return
    for sentence in explained.sentences:
        click.echo(sentence)


@attribute.command("judge")
@click.argument("left")
@click.argument("right")
@click.argument("judgement", type=click.Choice([j.value for j in Judgement]))
@click.option("--reason", required=True, help="Why; kept with your name.")
@operation_option
def judge_(
    left: str,
    right: str,
    judgement: str,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Decide about the records LEFT and RIGHT: same, different or unsure. Every later run obeys it."""
    judge(session_of(workspace, operation, user), left, right, Judgement(judgement), reason)
    if as_json:
        print_json({"left": left, "right": right, "judgement": judgement})
    else:
        click.echo("Kept. Run `fairlead attribute` to see its effect.")


@attribute.command("evaluate")
@click.option(
    "--truth",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    help="The folder `truth` of a made-up operation.",
)
@operation_option
def evaluate(
    truth: Path, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> int:
    """Compare with the truth of a made-up operation. Exit code 1 when a person of grade attributed is mixed."""
    figures = evaluate_against(session_of(workspace, operation, user), truth)
    if as_json:
        print_json(figures)
    else:
        shown = {k: figures[k] for k in ("precision", "recall", "false_attributions", "persons", "records")}
        print_facts("Against the truth", shown)
        print_facts("Countries of member accounts", figures["country"])
        rows = [{"grade": name, **row} for name, row in figures["grades"].items()]
        print_rows(rows, ["grade", "persons", "pairs", "precision", "low", "high", "mixed_persons"])
        print_rows(
            figures["traps"], ["trap", "accounts", "persons", "said", "mixed"], title="What was planted"
        )
    return 1 if figures["false_attributions"] else 0
