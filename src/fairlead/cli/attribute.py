"""`fairlead attribute`: run, explain, judge, evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.persons.attribution import attribute as run_attribution
from fairlead.case.persons.attribution import evaluate_against, explain, judge
from fairlead.case.persons.history import history_of
from fairlead.case.persons.link_sample import sample_figures, sample_links
from fairlead.case.persons.person_file import JudgementEffect, preview_judgement
from fairlead.cli.options import cluster_of, engine_options, operation_option, session_of
from fairlead.cli.render import TerminalProgress, print_facts, print_json, print_rows
from fairlead.terms.grades import AttributionGrade
from fairlead.terms.platform import Judgement

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group(invoke_without_command=True)
@click.option(
    "--networks",
    "network_files",
    type=_FILE,
    multiple=True,
    help="CSV, JSON, TOML (cidr, country, kind) or text.",
)
@click.option("--mmdb", type=_FILE, help="An MMDB with countries of addresses, of the time in question.")
@engine_options
@operation_option
@click.pass_context
def attribute(
    context: click.Context,
    network_files: tuple[Path, ...],
    mmdb: Path | None,
    workers: int | None,
    engine: str,
    master: str,
    settings: tuple[str, ...],
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
        workers=workers,
        cluster=cluster_of(engine, master, settings),
        progress=None if as_json else TerminalProgress(),
    )
    if as_json:
        print_json(asdict(figures))
        return
    click.echo(f"{figures.humans.sentence}.")
    print_facts("Persons by grade. A grade is not guilt.", figures.grades)
    print_facts("Links", figures.links)
    where = " ".join(f"{code} {count}" for code, count in figures.countries.items())
    print_facts("Countries that the evidence supports", {"persons": where, "none": figures.without_country})
    if figures.defaults:
        print_facts(
            "Default values of forms, which count for nothing",
            {f"{d.source}, {d.kind}": f"{d.value} ({d.records} records)" for d in figures.defaults},
        )


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
@click.option("--reason", default="", help="Why; kept with your name.")
@click.option("--preview", is_flag=True, help="Only say what would change.")
@operation_option
def judge_(
    left: str,
    right: str,
    judgement: str,
    reason: str,
    preview: bool,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Decide about the records LEFT and RIGHT: same, different or unsure. Every later run obeys it."""
    session = session_of(workspace, operation, user)
    effect = preview_judgement(session, left, right)
    if not preview:
        judge(session, left, right, Judgement(judgement), reason)
    if as_json:
        said = {"left": left, "right": right, "judgement": judgement, "kept": not preview}
        print_json(said | {"effect": asdict(effect) if effect else None})
        return
    if effect is not None:
        click.echo(_effect(effect, Judgement(judgement)))
    click.echo("Nothing was kept." if preview else "Kept. Run `fairlead attribute` to put it into effect.")


def _effect(effect: JudgementEffect, judgement: Judgement) -> str:
    """What the next run will do, as a sentence."""
    if effect.together:
        held = f"Both are in {effect.left_person} (records: {effect.left_members})"
        return held + ("; it will be split." if judgement is Judgement.DIFFERENT else "; nothing changes.")
    held = (
        f"They are in {effect.left_person} (records: {effect.left_members}) and {effect.right_person} "
        f"(records: {effect.right_members})"
    )
    return held + (
        "; `fairlead attribute` joins the two, with whichever of their records still belong together then."
        if judgement is Judgement.SAME
        else "; they stay apart."
    )


@attribute.command("evaluate")
@click.option(
    "--truth",
    type=click.Path(path_type=Path, exists=True),
    help="CSV or JSON of record and person, or the folder `truth` of a made-up operation; left out, that of the demo.",
)
@operation_option
def evaluate(
    truth: Path | None, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> int:
    """Compare with labels or the truth of a made-up operation. Exit code 1 when a person of grade attributed is mixed."""
    figures = evaluate_against(session_of(workspace, operation, user), truth)
    if as_json:
        print_json(figures)
    else:
        names = ("precision", "recall", "f1", "false_attributions", "persons", "records")
        print_facts(
            "Against the truth, all grades together",
            {name: value for name, value in figures.items() if name in names},
        )
        if "country" in figures:
            print_facts("Countries of member accounts", figures["country"])
        columns = ["groups", "pairs", "precision", "low", "high", "recall", "mixed"]
        for title, part in (
            ("Persons of a grade", figures["grades"]),
            ("Said with a grade or a better one", figures["at_least"]),
        ):
            rows = [{"grade": name, **_rounded(row)} for name, row in part.items()]
            print_rows(rows, ["grade", *columns], title=title)
        if figures["samples"]:
            print_rows([_rounded(row) for row in figures["samples"]], _SAMPLE, title="Judged by people")
        if "traps" in figures:
            print_rows(
                figures["traps"], ["trap", "accounts", "persons", "said", "mixed"], title="What was planted"
            )
    return 1 if figures["false_attributions"] else 0


def _rounded(row: Mapping[str, object]) -> dict[str, object]:
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}


_SAMPLE = ["grade", "seed", "population", "drawn", "same", "different", "unsure", "precision", "low", "high"]


@attribute.command("sample")
@click.option(
    "--grade",
    type=click.Choice(["attributed", "probable", "possible"]),
    help="Links of this grade are drawn.",
)
@click.option("--count", type=click.IntRange(1, 5000), default=200, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@operation_option
def sample(
    grade: str | None,
    count: int,
    seed: int,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Draw links to judge blind, with --grade; without it, say what the judgements made so far show."""
    session = session_of(workspace, operation, user)
    if grade is None:
        figures = [asdict(one) for one in sample_figures(session)]
        if as_json:
            print_json({"samples": figures})
        else:
            print_rows(
                [_rounded(row) for row in figures],
                [*_SAMPLE, "low_if_unsure_is_wrong"],
                title="Judged by people",
            )
        return
    pairs = sample_links(session, AttributionGrade(grade), count=count, seed=seed)
    if as_json:
        print_json({"pairs": [asdict(pair) for pair in pairs]})
        return
    if not pairs:
        click.echo(f"There are no links of grade {grade} to judge.")
        return
    for number, pair in enumerate(pairs, 1):
        click.echo(f"{number}. {pair.left}\n   {'; '.join(pair.left_says)}")
        click.echo(f"   {pair.right}\n   {'; '.join(pair.right_says)}")
    click.echo("Judge each with `fairlead attribute judge LEFT RIGHT same|different|unsure --reason TEXT`.")


@attribute.command("history")
@click.argument("person")
@operation_option
def history(
    person: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Say which merges and splits led to PERSON or away from it, run by run."""
    steps = history_of(session_of(workspace, operation, user), person)
    if as_json:
        print_json({"steps": [asdict(step) for step in steps]})
        return
    for step in steps:
        before, after = ", ".join(step.change.before), ", ".join(step.change.after)
        click.echo(f"{step.at}  {step.change.kind.value}: {before} became {after}")
    if not steps:
        click.echo(f"{person} has been as it is since the first run.")
