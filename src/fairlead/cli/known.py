"""`fairlead known`: import, explain."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.case.known_sets import explain_matches, import_hash_set
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.known.imports import HashSet
from fairlead.known.lists import ListFormat
from fairlead.terms.matching import Meaning, ReleasePolicy


@click.group()
def known() -> None:
    """Hash sets and matches. Known is not illegal."""


@known.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--format", "form", type=click.Choice([f.value for f in ListFormat]), required=True)
@click.option("--set", "name", required=True, help="Name of the hash set here.")
@click.option(
    "--meaning",
    type=click.Choice([m.value for m in Meaning]),
    required=True,
    help="What the provider says its entries are.",
)
@click.option("--version", "version", default="", help="Version of the list, as the provider names it.")
@click.option("--scheme", default="", help="Category scheme, e.g. vics-us.")
@click.option(
    "--release",
    type=click.Choice([r.value for r in ReleasePolicy]),
    default=ReleasePolicy.NOT_RELEASABLE.value,
    show_default=True,
    help="Whether these hashes may leave to another country.",
)
@operation_option
def import_(
    file: Path,
    form: str,
    name: str,
    meaning: str,
    version: str,
    scheme: str,
    release: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> int:
    """Read the hash list FILE. Lines that cannot be used are kept with the reason; exit code 1 then."""
    session = session_of(workspace, operation, user)
    hash_set = HashSet(
        name=name,
        version=version,
        scheme=scheme,
        meaning=Meaning(meaning),
        release=ReleasePolicy(release),
    )
    report = import_hash_set(session, file, ListFormat(form), hash_set)
    answer = {
        "set": name,
        "entries": report.entries,
        "rejected": report.rejected,
        "repeated": report.repeated,
    }
    if as_json:
        print_json({**answer, "reasons": report.reasons})
    else:
        print_facts(f"Hash set {name} read.", {k: v for k, v in answer.items() if k != "set"})
        for reason, count in report.reasons.items():
            click.echo(f"  rejected {count:,}: {reason}")
    return 1 if report.rejected else 0


@known.command("explain")
@click.argument("sha256")
@operation_option
def explain(
    sha256: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Say why the content SHA256 matched, with all numbers, and where it was found."""
    answer = explain_matches(session_of(workspace, operation, user), sha256.lower())
    if as_json:
        print_json(answer)
        return
    print_facts("Content", {k: v for k, v in answer["content"].items() if v is not None})
    for match in answer["matches"]:
        click.echo(f"  {match['words']}")
    print_rows(answer["files"], ["exhibit", "locator", "allocation"], title="Found as")
