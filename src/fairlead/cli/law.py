"""`fairlead law`: show, assess, compare, gaps, timeline, stale, check, review, assess-persons."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click

from fairlead.case.law.adopting import adopt_law, review_law
from fairlead.case.law.assessing import assess_persons
from fairlead.case.law.comparing import compare_law, find_touched
from fairlead.case.law.review import accept_cases, import_review_file, import_workbook, write_form
from fairlead.case.place.session import utc_now
from fairlead.cli.options import json_option, operation_option, session_of
from fairlead.cli.render import TerminalProgress, print_facts, print_json, print_rows
from fairlead.law import Assessment, load_records
from fairlead.law.assessment import NOT_ADVICE
from fairlead.law.changes import find_changes, find_stale, find_undated
from fairlead.law.check import check_folder, check_layers, rewrite_folder
from fairlead.law.coverage import UNCOVERED, coverage_on
from fairlead.law.duration import say_range
from fairlead.law.export import export_assessment, export_jurisdiction
from fairlead.law.load import layered_records, read_folder, shipped_folder
from fairlead.law.record import Jurisdiction
from fairlead.law.resolve import ask, assess_with
from fairlead.law.timeline_svg import render_timeline
from fairlead.terms.errors import UsageError
from fairlead.terms.law import AgeBand, ContentKind, Fact, ImageClass, LegalAct

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_IMAGE = click.Choice([i.value for i in ImageClass])
_AGE = click.Choice([a.value for a in AgeBand])
_ACT = click.Choice([a.value for a in LegalAct])


def _day(at: datetime | None) -> date | None:
    return at.date() if at else None


_LAW_DATA = click.option(
    "--law-data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The agency's own folder of law files, laid over those that come with Fairlead.",
)


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
@click.option(
    "--fact",
    "facts",
    multiple=True,
    metavar="FACT=yes|no",
    help=f"A fact of the case, as often as needed: {', '.join(Fact)}. What is not said is not known.",
)
@_LAW_DATA
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
    facts: tuple[str, ...],
    law_data: Path | None,
    *,
    as_json: bool,
) -> None:
    """Say what law may apply to an act on its own days; one verdict for each run of days."""
    question = ask(
        jurisdiction.upper(),
        LegalAct(act),
        ImageClass(image),
        AgeBand(age),
        content=ContentKind(content) if content else None,
        as_of=_day(as_of),
        facts=_facts(facts),
    )
    answer = assess_with(layered_records(law_data), question, (from_at.date(), (to_at or from_at).date()))
    if as_json:
        print_json(export_assessment(answer))
    else:
        _print_assessment(answer)


def _facts(told: tuple[str, ...]) -> dict[Fact, bool]:
    known = {}
    for text in told:
        name, _, said = text.partition("=")
        if name not in set(Fact) or said not in ("yes", "no"):
            raise UsageError(
                f"--fact {text} names no fact of a case",
                f"Write it like --fact online=yes; the facts are {', '.join(Fact)}.",
                code="USAGE-FACT",
            )
        known[Fact(name)] = said == "yes"
    return known


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
            held = f"{say_range(version.penalty)}; {version.status.value.replace('_', ' ')}"
            click.echo(f"    {version.id}: {version.citation}, {held}")
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
        standing = f"{version.status.value.replace('_', ' ')}; {version.liability.value.replace('_', ' ')}"
        click.echo(f"  beside it, EU: {version.id}: {version.citation} ({standing})")
    for version in answer.proposed:
        click.echo(
            f"  not law, EU {version.status.value.replace('_', ' ')}: {version.id}: {version.citation}"
        )
    for term in answer.terms:
        click.echo(f"  term: {term.local} = {term.english}")
    click.echo(f"  open: {answer.jurisdiction_question}")
    for point in answer.standing:
        click.echo(f"  {point.said}")
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


def _home_of(code: str) -> Jurisdiction:
    home = load_records().home_of(code.upper())
    if home is None:
        raise UsageError(
            f"no law is recorded for {code}",
            "`fairlead law compare --act possess --image synth` lists every code. No record is not a gap.",
            code="USAGE-JURISDICTION",
        )
    return home


def _on(at: datetime | None) -> date:
    return at.date() if at else utc_now().date()


@law.command("show")
@click.argument("jurisdiction")
@json_option
def show(jurisdiction: str, *, as_json: bool) -> None:
    """Print every record of JURISDICTION (DK, GB-EAW …) with sources and open questions."""
    home = _home_of(jurisdiction)
    answer = export_jurisdiction(read_folder(shipped_folder()), home, jurisdiction.upper())
    if as_json:
        print_json(answer)
        return
    click.secho(f"{home.name_of(jurisdiction.upper())} ({jurisdiction.upper()})", bold=True)
    if home.note:
        click.echo(f"  {home.note}")
    for record in answer["records"]:
        click.secho(f"  {record['id']}", bold=True)
        for name, value in record.items():
            if name == "open_question":
                for question in value:
                    click.echo(f"    open: {question['text']}")
            elif name != "id":
                click.echo(f"    {name.replace('_', ' ')}: {_said(value)}")
    for term in home.terms:
        click.echo(f"  term: {term.local} = {term.english}")
    click.echo(NOT_ADVICE)


def _said(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_said(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_said(item) for item in value)
    return str(value)


_COLUMNS = ["jurisdiction", "act", "verdict", "provisions", "maximum", "gaps", "upcoming"]


@law.command("compare")
@click.option("--act", type=_ACT, required=True)
@click.option("--image", type=_IMAGE, required=True)
@click.option("--age", type=_AGE, default=AgeBand.UNDER_18.value, show_default=True)
@click.option("--on", "on_at", type=_DAY, help="The day; today if not given.")
@json_option
def compare(act: str, image: str, age: str, on_at: datetime | None, *, as_json: bool) -> None:
    """Print the answer of every jurisdiction side by side."""
    rows = [
        covered.row()
        for covered in coverage_on(
            load_records(), _on(on_at), image=ImageClass(image), age_band=AgeBand(age), acts=(LegalAct(act),)
        )
    ]
    if as_json:
        print_json(
            {
                "act": act,
                "image": image,
                "age_band": age,
                "on": _on(on_at),
                "rows": rows,
                "notice": NOT_ADVICE,
            }
        )
        return
    print_rows(rows, [c for c in _COLUMNS if c != "act"], title=f"{act}, {image}, {_on(on_at)}")
    click.echo(NOT_ADVICE)


@law.command("gaps")
@click.option("--on", "on_at", type=_DAY, help="The day; today if not given.")
@click.option("--image", type=_IMAGE, default=ImageClass.SYNTH.value, show_default=True)
@click.option("--age", type=_AGE, default=AgeBand.UNDER_18.value, show_default=True)
@click.option("--jurisdiction", help="Only this code.")
@json_option
def gaps(on_at: datetime | None, image: str, age: str, jurisdiction: str | None, *, as_json: bool) -> None:
    """List where each act is not covered for sure: gap asserted, unclear, not assessed."""
    if jurisdiction:
        _home_of(jurisdiction)
    covered = coverage_on(
        load_records(),
        _on(on_at),
        image=ImageClass(image),
        age_band=AgeBand(age),
        codes=[jurisdiction.upper()] if jurisdiction else None,
    )
    rows = [c.row() for c in sorted(covered, key=lambda c: c.act.value) if c.answer.verdict in UNCOVERED]
    if as_json:
        print_json({"image": image, "age_band": age, "on": _on(on_at), "rows": rows, "notice": NOT_ADVICE})
        return
    print_rows(rows, ["act", "jurisdiction", "verdict", "provisions", "gaps", "upcoming"])
    click.echo(f"Not assessed is not a gap: nobody has recorded an answer. {NOT_ADVICE}")


@law.command("timeline")
@click.argument("jurisdiction")
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), help="Also write the picture here.")
@json_option
def timeline(jurisdiction: str, svg: Path | None, *, as_json: bool) -> None:
    """List the days on which the recorded law of JURISDICTION changes."""
    home, code = _home_of(jurisdiction), jurisdiction.upper()
    wanted = {code, home.code} if code != home.code else {code, *home.parts}
    changes = [c for c in find_changes(load_records(), home.code) if wanted & set(c.jurisdictions)]
    undated = [v for v in find_undated(load_records(), home.code) if wanted & set(v.jurisdictions)]
    if svg is not None:
        svg.write_text(render_timeline(load_records(), home), "utf-8")
    rows = [{"on": c.on, "where": list(c.jurisdictions), "record": c.record, "what": c.what} for c in changes]
    later = [{"record": v.id, "status": v.status.value, "citation": v.citation} for v in undated]
    if as_json:
        print_json({"jurisdiction": code, "changes": rows, "undated": later, "notice": NOT_ADVICE})
        return
    print_rows(rows, ["on", "where", "record", "what"], title=f"Law of {home.name} as recorded")
    print_rows(later, ["record", "status", "citation"], title="Without a day")
    click.echo(NOT_ADVICE)


@law.command("stale")
@click.option("--days", type=click.IntRange(0), default=180, show_default=True)
@click.option("--on", "on_at", type=_DAY, help="Count back from this day; today if not given.")
@json_option
def stale(days: int, on_at: datetime | None, *, as_json: bool) -> int:
    """List records that nobody verified within so many days. Exit code 1 when there are any."""
    found = [asdict(s) for s in find_stale(load_records(), on=_on(on_at), days=days)]
    if as_json:
        print_json({"days": days, "on": _on(on_at), "records": found})
    else:
        print_rows(
            found, ["record", "jurisdictions", "recorded_on", "verified_on", "days"], title="Not verified"
        )
    return 1 if found else 0


_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of law files; those that come with Fairlead if not given.",
)


@law.command("check")
@_DATA
@click.option("--layered", is_flag=True, help="Check the folder as laid over the shipped one.")
@click.option("--rewrite", is_flag=True, help="Put files into the one written form first; comments are lost.")
@json_option
def check(data: Path | None, *, layered: bool, rewrite: bool, as_json: bool) -> int:
    """Check schema, days, sources, confidence and worked examples. Exit code 1 when something is wrong."""
    folder = data or shipped_folder()
    changed = rewrite_folder(folder) if rewrite else []
    found = check_layers(shipped_folder(), folder) if layered else check_folder(folder)
    findings = [asdict(finding) for finding in found]
    if as_json:
        print_json({"findings": findings, "rewritten": changed})
    else:
        for finding in findings:
            place = f" ({finding['place']})" if finding["place"] else ""
            click.echo(f"{finding['file']}{place}: {finding['message']}")
        click.echo(f"{len(findings)} findings" if findings else "All law files are in order.")
    return 1 if findings else 0


@law.command("accept")
@_DATA
@click.option("--yes", is_flag=True, help="Write the answers of now into the worked examples.")
@json_option
def accept(data: Path | None, *, yes: bool, as_json: bool) -> int:
    """Show worked examples whose answer changed with the records; with --yes, take the new answers over."""
    changes = accept_cases(data or shipped_folder(), write=yes)
    if as_json:
        print_json({"changed": [asdict(change) for change in changes], "written": yes})
        return 0 if yes or not changes else 1
    for change in changes:
        click.echo(f"{change.file}: “{change.sentence}”\n  before: {change.before}\n  now: {change.now}")
    click.echo(
        f"{len(changes)} worked examples {'written' if yes else 'differ'}" if changes else "None differs."
    )
    return 0 if yes or not changes else 1


@law.group("review")
def review() -> None:
    """Forms for a national lawyer, and reading them back."""


@review.command("form")
@click.argument("jurisdiction")
@click.option(
    "--to", "file", type=click.Path(path_type=Path, dir_okay=False), help="FILE.md, FILE.xlsx or FILE.pdf."
)
@_DATA
@json_option
def review_form(jurisdiction: str, file: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Make the review form of JURISDICTION: a workbook or Markdown to read back, or PDF to fill in by hand."""
    written = write_form(data or shipped_folder(), jurisdiction.upper(), file)
    if as_json:
        print_json(
            {"jurisdiction": jurisdiction.upper(), "file": str(file) if file else None, "form": written}
        )
    else:
        click.echo(written if file is None else f"Form written to {file}")


@review.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_DATA
@operation_option
def review_import(
    file: Path,
    data: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Read the filled-in form FILE: Markdown sets who verified what; a workbook also corrects fields.

    With --workspace the corrections go to the agency's own law there, and the officer vouches for the reviewer.
    """
    if file.suffix.lower() != ".xlsx":
        outcome = import_review_file(data or shipped_folder(), file, today=utc_now().date())
        if as_json:
            print_json(asdict(outcome))
            return
        said = f"{len(outcome.verified)} records verified on {outcome.reviewed_on}: {', '.join(outcome.verified)}"
        click.echo(said)
        if outcome.not_ticked:
            click.echo(f"Left as they were: {', '.join(outcome.not_ticked)}")
        return
    if workspace is not None:
        done = review_law(session_of(workspace, operation, user), form=file)
    else:
        done = import_workbook(data or shipped_folder(), file, today=utc_now().date())
    if as_json:
        print_json({k: v for k, v in asdict(done).items() if k != "files"} | {"files": sorted(done.files)})
        return
    click.echo(f"{len(done.verified)} records reviewed by {done.reviewer} on {done.reviewed_on}")
    for change in done.changes:
        click.echo(
            f"  {change.record}, {change.field}: {change.before or 'nothing'} → {change.now or 'nothing'}"
        )
    for record, comment in done.comments:
        click.echo(f"  comment on {record}: {comment}")
    for case in done.cases:
        click.echo(f"  worked example, “{case.sentence}”, now: {case.now}")
    click.echo(
        "The law changed: run `fairlead law diff` to see which persons, leads and packages it touches."
    )


@law.command("adopt")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@operation_option
def adopt(
    folder: Path, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Lay the agency's own FOLDER of law over the shipped records, for every later assessment of the workspace."""
    adopted = adopt_law(session_of(workspace, operation, user), folder=folder)
    if as_json:
        print_json(asdict(adopted))
        return
    click.echo(f"{len(adopted.files)} files laid over the shipped law; {len(adopted.changes)} differences:")
    for change in adopted.changes:
        click.echo(f"  {change.record}: {change.what}")
    click.echo("Run `fairlead law assess-persons` to ask for every act again.")


@law.command("diff")
@click.option(
    "--before", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder laid over."
)
@click.option(
    "--after", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder laid over."
)
@click.option("--from", "from_at", type=_DAY, default="2024-01-01", show_default=True)
@click.option("--to", "to_at", type=_DAY, help="Last day; today if not given.")
@operation_option
def diff(
    before: Path | None,
    after: Path | None,
    from_at: datetime,
    to_at: datetime | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Say in words what differs between two versions of the law, and whom of an operation it touches.

    Without --after the workspace's own law is compared with the shipped one.
    """
    session = session_of(workspace, operation, user) if workspace is not None else None
    if session is not None:
        session.require_sight()
    own = session.workspace.law if session is not None and session.workspace.law.is_dir() else None
    compared = compare_law(before, after or own, period=(from_at.date(), _on(to_at)))
    ids = frozenset(change.record for change in compared.records)
    touched = find_touched(session, ids) if session is not None else None
    if as_json:
        print_json(asdict(compared) | {"touched": asdict(touched) if touched else None})
        return
    for change in compared.records:
        click.echo(f"{change.record}: {change.what}")
    for answer in compared.answers:
        days = f"{answer.from_on} to {answer.to_on}"
        click.echo(
            f"{answer.jurisdiction}, {answer.act}, {answer.image}, {days}: {answer.before} → {answer.now}"
        )
    if touched is not None:
        for name in ("persons", "leads", "packages"):
            listed = getattr(touched, name)
            click.echo(f"{name} touched: {', '.join(listed) or 'none'}")
    click.echo(f"{len(compared.records)} differences, {len(compared.answers)} answers. {NOT_ADVICE}")
