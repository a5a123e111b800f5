"""`fairlead known`: import, update, remove, list, let-through, certify, export, explain."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from fairlead.case.known.certifying import certify_hash_set
from fairlead.case.known.explaining import cluster_in_words, explain_matches
from fairlead.case.known.exporting import export_hash_set
from fairlead.case.known.sets import (
    ImportReport,
    count_ungated,
    import_hash_set,
    let_entry_through,
    list_hash_sets,
    list_held,
    remove_hash_set,
    update_hash_set,
)
from fairlead.cli.options import operation_option, session_of
from fairlead.cli.render import print_facts, print_json, print_rows
from fairlead.known.imports import HashSet, recognise_list
from fairlead.known.lists import HASH_LISTS, ListOptions
from fairlead.terms.matching import (
    FLOOD_LIMIT,
    PDQ_MATCH_RADIUS,
    PDQ_MINIMUM_QUALITY,
    Meaning,
    PdqMode,
    ReleasePolicy,
    VideoRule,
)

_file = click.Path(path_type=Path, exists=True, dir_okay=False)
_list = click.Path(path_type=Path, exists=True)  # a folder holds vPDQ files, one a video
_column_option = click.option(
    "--column", "columns", multiple=True, metavar="NAME=HEADER",
    help="For csv: which header stands for md5, sha1, sha256, pdq, photodna, category or quality.",
)  # fmt: skip
_video_option = click.option(
    "--video", default="", help="For vpdq: name of the video; the file's name if not given."
)
_delta_option = click.option(
    "--delta", "deltas", multiple=True, type=_file, help="For nsrl: delta file to apply to a copy; in order."
)


@click.group()
def known() -> None:
    """Hash sets and matches. Known is not illegal."""


@known.command("import")
@click.argument("file", type=_list)
@click.option(
    "--format",
    "form",
    type=click.Choice(HASH_LISTS.names()),
    help="What the list is; without it, its content says so.",
)
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
@click.option(
    "--radius", type=click.IntRange(0, 64), default=PDQ_MATCH_RADIUS, show_default=True,
    help="Largest distance that counts as near, bits.",
)  # fmt: skip
@click.option(
    "--minimum-quality", type=click.IntRange(0, 100), default=PDQ_MINIMUM_QUALITY, show_default=True,
    help="PDQ quality below which nothing is compared.",
)  # fmt: skip
@click.option(
    "--flood-limit", type=click.IntRange(1), default=FLOOD_LIMIT, show_default=True,
    help="An entry that agrees with more contents is held for review.",
)  # fmt: skip
@click.option(
    "--pdq-mode", type=click.Choice([m.value for m in PdqMode]),
    help="Reference the list's PDQ hashes follow, when the provider says; otherwise both are compared.",
)  # fmt: skip
@click.option(
    "--video-rule", type=click.Choice([r.value for r in VideoRule]), default=VideoRule.KNOWN.value, show_default=True,
    help="Of which video four fifths of the frames must be found: of the known one, or of the content.",
)  # fmt: skip
@_column_option
@_video_option
@_delta_option
@operation_option
def import_(
    file: Path, form: str | None, name: str, meaning: str, version: str, scheme: str, release: str, radius: int,
    minimum_quality: int, flood_limit: int, pdq_mode: str | None, video_rule: str, columns: tuple[str, ...], video: str,
    deltas: tuple[Path, ...], workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool,
) -> int:  # fmt: skip
    """Read the hash list FILE, or a folder of vPDQ files, one a video.

    Lines that cannot be used are kept with the reason; exit code 1 then.
    """
    session = session_of(workspace, operation, user)
    hash_set = HashSet(
        name=name,
        version=version,
        scheme=scheme,
        meaning=Meaning(meaning),
        release=ReleasePolicy(release),
        radius=radius,
        minimum_quality=minimum_quality,
        flood_limit=flood_limit,
        pdq_mode=PdqMode(pdq_mode) if pdq_mode else None,
        video_rule=VideoRule(video_rule),
    )
    if form is None and not columns:
        read_as, why = recognise_list(file)
        if not as_json:
            click.echo(f"Read as {read_as.name}: {why}.")
    else:
        read_as = HASH_LISTS.get(form or "csv")
    report = import_hash_set(session, file, read_as, hash_set, _options(file, columns, video, deltas))
    return _tell_import(report, {}, as_json=as_json)


@known.command("update")
@click.argument("file", type=_list)
@click.option("--set", "name", required=True, help="Hash set that FILE is a new version of.")
@click.option("--version", "version", default="", help="Version of the list, as the provider names it.")
@_column_option
@_video_option
@_delta_option
@operation_option
def update(
    file: Path, name: str, version: str, columns: tuple[str, ...], video: str, deltas: tuple[Path, ...],
    workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool,
) -> int:  # fmt: skip
    """Put FILE in place of what the hash set held, with its settings; only this set is matched again."""
    session = session_of(workspace, operation, user)
    report = update_hash_set(
        session, file, name, version=version, options=_options(file, columns, video, deltas)
    )
    changed = {
        "added": report.added,
        "removed": report.removed,
        "matches": report.matches,
        "matches_before": report.matches_before,
    }
    return _tell_import(report.imported, changed, as_json=as_json)


@known.command("remove")
@click.argument("name")
@click.option("--reason", required=True, help="Why; it stands in the ledger.")
@operation_option
def remove(
    name: str, reason: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Remove the hash set NAME with its entries and its matches."""
    matches = remove_hash_set(session_of(workspace, operation, user), name, reason=reason)
    if as_json:
        print_json({"set": name, "matches_removed": matches})
    else:
        click.echo(f"Hash set {name} removed, and {matches:,} matches with it.")


@known.command("list")
@click.option("--held", is_flag=True, help="Show the entries that are held back instead.")
@operation_option
def list_(
    workspace: Path | None, operation: str | None, user: str | None, *, held: bool, as_json: bool
) -> None:
    """Show the hash sets with their settings and matches."""
    session = session_of(workspace, operation, user)
    if held:
        back = list_held(session)
        if as_json:
            print_json(back)
        else:
            print_rows(back, ["set", "entry", "reason", "contents", "agreements"], title="Held back")
        return
    rows, ungated = list_hash_sets(session), count_ungated(session)
    if as_json:
        print_json({"sets": rows, "contents_below_quality": ungated})
        return
    columns = [
        "set",
        "version",
        "meaning",
        "release",
        "entries",
        "rejected",
        "radius",
        "matched_contents",
        "held",
    ]
    print_rows(rows, columns, title="Hash sets")
    click.echo(f"Pictures too poor for near matching: {ungated:,}.")


@known.command("let-through")
@click.argument("entry")
@click.option("--set", "name", required=True, help="Hash set the entry is in.")
@click.option("--reason", required=True, help="Why the entry is right although it agrees with so much.")
@operation_option
def let_through(
    entry: str, name: str, reason: str, workspace: Path | None, operation: str | None, user: str | None,
    *, as_json: bool,
) -> None:  # fmt: skip
    """Apply ENTRY, which is held because it agrees with many contents. A person decides that."""
    matches = let_entry_through(session_of(workspace, operation, user), name, entry, reason=reason)
    if as_json:
        print_json({"set": name, "entry": entry, "matches": matches})
    else:
        click.echo(f"Entry let through: {matches:,} matches.")


@known.command("certify")
@click.argument("name")
@click.option(
    "--sample", type=click.IntRange(1, 100_000), default=200, show_default=True, help="Entries to look up."
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Which ones; the same number takes the same."
)
@operation_option
def certify(
    name: str, sample: int, seed: int, workspace: Path | None, operation: str | None, user: str | None,
    *, as_json: bool,
) -> int:  # fmt: skip
    """Compare the index over the hash set NAME with comparing every pair. Exit code 1 when they differ."""
    certificate = certify_hash_set(session_of(workspace, operation, user), name, sample=sample, seed=seed)
    told = {**asdict(certificate), "recall": certificate.recall}
    if as_json:
        print_json(told)
    else:
        print_facts(f"Index of {name}, compared with every pair", told)
    return 1 if certificate.missed or certificate.extra else 0


@known.command("export")
@click.argument("name")
@click.option("--to", "to", type=click.Path(path_type=Path, dir_okay=False), required=True)
@click.option("--scheme", required=True, help="Category scheme of the recipient.")
@click.option("--recipient", required=True, help="Who gets it; it stands in the ledger.")
@click.option("--consent", default="", help="How the provider agreed, for a set under originator-consent.")
@click.option("--details", is_flag=True, help="Add what else the list says of each item; it may name people.")
@operation_option
def export(
    name: str, to: Path, scheme: str, recipient: str, consent: str,
    workspace: Path | None, operation: str | None, user: str | None, *, details: bool, as_json: bool,
) -> int:  # fmt: skip
    """Write the hash set NAME as VICS 2.0 for a partner. Exit code 1 when a category has no counterpart there."""
    session = session_of(workspace, operation, user)
    written = export_hash_set(
        session, name, to, scheme=scheme, recipient=recipient, consent=consent, details=details
    )
    unmapped, losses = dict(sorted(written.unmapped.items())), dict(sorted(written.losses.items()))
    if as_json:
        print_json(
            {
                "items": written.items,
                "entries_left_out": written.left_out,
                "without_category": unmapped,
                "losses": losses,
            }
        )
    else:
        print_facts(
            f"Hash set {name} written.", {"items": written.items, "entries left out": written.left_out}
        )
        for category, count in unmapped.items():
            click.echo(f"  {count:,} without category: {category} has no counterpart in {scheme}")
        for loss, count in losses.items():
            click.echo(f"  {count:,} with a loss: {loss}")
    return 1 if written.unmapped else 0


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
    for told in (*answer["matches"], *answer["held"], *answer["videos"]):
        click.echo(f"  {told['words']}")
    if answer["cluster"]:
        click.echo(f"  {cluster_in_words(answer['cluster'])}")
    if answer["scenes"]:
        print_rows(answer["scenes"], ["times", "sha256", "times_there"], title="Shows what others show")
    print_rows(answer["files"], ["exhibit", "locator", "allocation"], title="Found as")


def _options(file: Path, columns: tuple[str, ...], video: str, deltas: tuple[Path, ...]) -> ListOptions:
    named: dict[str, str] = {}
    for column in columns:
        name, sign, header = column.partition("=")
        if not sign:
            raise click.BadParameter("give --column as NAME=HEADER, e.g. --column md5='Hash value'")
        named[name.strip().lower()] = header.strip()
    return ListOptions(columns=named, video=video or file.stem, deltas=deltas)


def _tell_import(report: ImportReport, changed: dict[str, int], *, as_json: bool) -> int:
    answer = {
        "set": report.set,
        "entries": report.entries,
        "rejected": report.rejected,
        "repeated": report.repeated,
        "contradicting": report.contradicting,
        **changed,
    }
    if as_json:
        print_json({**answer, "reasons": report.reasons})
    else:
        print_facts(f"Hash set {report.set} read.", {k: v for k, v in answer.items() if k != "set"})
        for reason, count in report.reasons.items():
            click.echo(f"  rejected {count:,}: {reason}")
        if report.contradicting:
            click.echo(
                f"  {report.contradicting:,} entries have several categories; the first one counts. Ask the sender."
            )
    return 1 if report.rejected or report.contradicting else 0
