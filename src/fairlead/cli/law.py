"""`fairlead law`: assess, assess-persons."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click

from fairlead.case.law import assess_persons
from fairlead.cli.options import json_option, operation_option, session_of
from fairlead.cli.render import TerminalProgress, print_facts, print_json, print_rows
from fairlead.law import Assessment, assess
from fairlead.law.assessment import NOT_ADVICE
from fairlead.law.export import export_assessment
from fairlead.terms.law import AgeBand, ContentKind, ImageClass, LegalAct

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_IMAGE = click.Choice([i.value for i in ImageClass])
_AGE = click.Choice([a.value for a in AgeBand])
_ACT = click.Choice([a.value for a in LegalAct])


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


@click.group()
def law() -> None:
    """What law may apply, where, on which day, and what nobody has checked. Not legal advice."""


@law.command("assess")
@click.option("--jurisdiction", required=True, help="Code, e.g. DK or GB-EAW.")
@click.option("--act", type=_ACT, required=True)
@click.option("--image", type=_IMAGE, required=True)
@click.option("--age", type=_AGE, default=AgeBand.UNDER_18.value, show_default=True)
@click.option("--from", "from_at", type=_DAY, required=True, help="First day of the act.")
@click.option("--to", "to_at", type=_DAY, help="Last day of the act; the first day if not given.")
@click.option("--content", type=click.Choice([c.value for c in ContentKind]), help="What the picture shows.")
@click.option("--as-of", type=_DAY, help="Answer with what was recorded on that day.")
@json_option
def assess_(
    jurisdiction: str,
    act: str,
    image: str,
    age: str,
    from_at: datetime,
    to_at: datetime | None,
    content: str | None,
    as_of: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Say what law may apply to an act on its own days; one verdict for each run of days."""
    answer = assess(
        jurisdiction.upper(),
        (from_at.date(), (to_at or from_at).date()),
        LegalAct(act),
        ImageClass(image),
        AgeBand(age),
        content=ContentKind(content) if content else None,
        as_of=_day(as_of),
    )
    if as_json:
        print_json(export_assessment(answer))
    else:
        _print_assessment(answer)


def _print_assessment(answer: Assessment) -> None:
    asked = f"{answer.jurisdiction}, {answer.act}, image class {answer.image}, age band {answer.age_band}"
    print_facts(
        f"{asked}: {answer.verdict.value}"
        + (f" ({len(answer.periods)} runs of days)" if len(answer.periods) > 1 else ""),
        {},
    )
    for period in answer.periods:
        click.secho(f"  {period.from_on} to {period.to_on}: {period.verdict.value}", bold=True)
        for version in (*period.answer.provisions, *period.answer.unconfirmed):
            maximum = f", maximum {version.penalty.max}" if version.penalty.max else ", maximum not recorded"
            click.echo(
                f"    {version.id}: {version.citation}{maximum}; {version.status.value.replace('_', ' ')}"
            )
        for gap in period.answer.gaps:
            click.echo(f"    {gap.id}: {gap.text}")
        for title, ids in (
            ("upcoming", [v.id for v in period.answer.later]),
            ("bills", [v.id for v in period.answer.bills]),
        ):
            if ids:
                click.echo(f"    {title}: {', '.join(ids)}")
        for caution in period.answer.cautions:
            click.echo(f"    caution: {caution}")
        for question in period.answer.open_questions:
            click.echo(f"    open: {question}")
    for version in answer.context:
        click.echo(f"  beside it, EU: {version.id}: {version.citation} ({version.liability.value})")
    click.echo(f"  open: {answer.jurisdiction_question}")
    click.echo(NOT_ADVICE)


@law.command("assess-persons")
@click.option(
    "--image", "images", type=_IMAGE, multiple=True, default=(ImageClass.SYNTH.value,), show_default=True
)
@click.option("--age", type=_AGE, default=AgeBand.UNDER_18.value, show_default=True)
@operation_option
def assess_persons_(
    images: tuple[str, ...],
    age: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Assess every act of every person with a country, on the act's own days."""
    figures = assess_persons(
        session_of(workspace, operation, user),
        images=tuple(dict.fromkeys(ImageClass(i) for i in images)),
        age_band=AgeBand(age),
        progress=None if as_json else TerminalProgress(),
    )
    if as_json:
        print_json(asdict(figures))
        return
    print_facts("Assessments", {"persons": figures.persons, "assessments": figures.assessments})
    print_rows(figures.jurisdictions, ["jurisdiction", "verdict", "assessments", "persons"])
    click.echo(NOT_ADVICE)
