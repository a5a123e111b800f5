"""`fairlead provenance`: file, explain, queue, links, search, compare, groups, weights; trust, reference, detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from fairlead.case.looking.queue import list_queue
from fairlead.case.origin.certificates import find_trust, import_trust_list
from fairlead.case.origin.detectors import add_detector, list_detectors, run_detector
from fairlead.case.origin.devices import add_reference, compare_devices, group_by_noise, list_references
from fairlead.case.origin.explaining import OriginExplained, explain_origin, render_origin
from fairlead.case.origin.picture_links import list_links
from fairlead.case.origin.second_look import search_for_watermarks
from fairlead.case.origin.weighing import LooseOrigin, weigh_loose_file
from fairlead.case.origin.weights import export_weights, list_weights, use_weights
from fairlead.case.place.workspace import find_workspace
from fairlead.cli.options import json_option, operation_option, session_of, workspace_option
from fairlead.cli.render import TerminalProgress, print_facts, print_json, print_rows
from fairlead.provenance.signal import SignalColumns
from fairlead.terms.errors import UsageError
from fairlead.terms.provenance import TrustFile


@click.group()
def provenance() -> None:
    """Made by a machine, or by a camera? What files declare and carry, and how that could be wrong."""


@provenance.command("file")
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--workspace",
    type=click.Path(path_type=Path, file_okay=False),
    help="Use the trust lists of this workspace.",
)
@json_option
def file(path: Path, workspace: Path | None, *, as_json: bool) -> None:
    """Weigh one loose file; needs no workspace, and without one no signer is trusted."""
    answer = weigh_loose_file(path, workspace=find_workspace(workspace) if workspace else None)
    if as_json:
        print_json(answer)
        return
    _print_conclusion(answer)
    _print_signals(answer["signals"])


@provenance.command("explain")
@click.argument("sha256")
@click.option(
    "--pdf", type=click.Path(path_type=Path, dir_okay=False), help="Write a page for the file as well."
)
@operation_option
def explain(
    sha256: str,
    pdf: Path | None,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Every signal of one content with its place, strength and limits, and how they were weighed."""
    answer = explain_origin(session_of(workspace, operation, user), sha256)
    if pdf is not None:
        if pdf.exists():
            raise UsageError(f"{pdf.name} exists already", "Name a new file.", code="USAGE-FILE")
        pdf.write_bytes(render_origin(answer))
    if as_json:
        print_json(answer)
        return
    click.echo(f"SHA-256 {answer['sha256']}, {answer['content']['media_type']}")
    for held in answer["files"]:
        click.echo(f"  {held['exhibit']}: {held['path']}")
    _print_conclusion(answer)
    click.secho("\n1. What the file declares", bold=True)
    _print_signals(answer["declares"])
    click.secho("\n2. What pixels and container carry", bold=True)
    _print_signals(answer["carries"])
    click.secho("\n3. May a real picture stand behind it?", bold=True)
    click.echo(f"  {answer['behind']}")
    if answer["links"] or answer["noise_group"]:
        click.secho("\n4. What it is joined to", bold=True)
    for group in answer["noise_group"]:
        click.echo(
            f"  shares its sensor noise with {group['size'] - 1} other pictures (z = {group['agreement']:g})."
        )
    for link in answer["links"]:
        click.echo(f"  {link['ground']}. {link['limit']}")
    click.echo()
    for rule in answer["rules"]:
        click.echo(f"  {rule}")
    print_facts("Used", {"table of weights": answer["weights"][:16], "trust lists": len(answer["trust"])})


def _print_conclusion(answer: OriginExplained | LooseOrigin) -> None:
    strength = f", {answer['strength']}, at most {answer['bound']:g}" if answer["bound"] > 1 else ""
    if answer["conclusion"] == "conflict":
        strength = f": at most {answer['bound']:g} stands against at most {answer['bound_against']:g}"
    click.secho(str(answer["conclusion"]).replace("_", " ") + strength, bold=True)
    click.echo(f"  queue: {answer['queue_rank']} of 4, {answer['queue_reason']}")
    for name, sentences in (
        ("for", answer["grounds"]),
        ("against", answer["contradictions"]),
        ("beside", answer["beside"]),
    ):
        for sentence in sentences:
            click.echo(f"  {name}: {sentence}")


def _print_signals(signals: Sequence[SignalColumns]) -> None:
    if not signals:
        click.echo("  Nothing found, which says nothing.")
    for signal in signals:
        begin, length = signal["offset"], signal["length"]
        place = f", bytes {begin} to {begin + length - 1}" if length and begin is not None else ""
        click.echo(f"  {signal['detail']}{place}")
        bound = f", at most {signal['bound']:g} ({signal['basis']}), against {signal['against']}"
        click.echo(
            f"    points to: {signal['finding'].replace('_', ' ')}, {signal['strength']}"
            + (bound if signal["bound"] > 1 else "")
        )
        click.echo(f"    does not show: {signal['caveat']}")
        click.echo(f"    forged by: {signal['forgery']}")
        click.echo(f"    source: {signal['source']}")


@provenance.command("queue")
@click.option("--limit", type=click.IntRange(1, 100_000), default=40, show_default=True)
@operation_option
def queue(
    limit: int, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """The order in which people look, with the reason for every place."""
    rows = list_queue(session_of(workspace, operation, user), limit)
    if as_json:
        print_json({"queue": rows})
    else:
        print_rows(rows, ["queue_rank", "sha256", "conclusion", "strength", "files", "reason"])


@provenance.command("links")
@click.argument("sha256", default="")
@operation_option
def links(
    sha256: str, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Model files on the exhibits, the pictures joined to them and to each other, and what that suggests."""
    answer = list_links(session_of(workspace, operation, user), sha256=sha256)
    if as_json:
        print_json(answer)
        return
    print_rows(
        answer["tools"],
        ["role", "format", "size_bytes", "autov2", "autov3", "output_name", "trained_pictures", "files"],
        title="Model and LoRA files",
    )
    columns = (
        ["kind", "value", "sha256", "size", "ground", "limit"]
        if sha256
        else ["kind", "value", "pictures", "ground", "limit"]
    )
    print_rows(answer["links"], columns, title="What joins pictures")
    for act in answer["acts"]:
        times = f"{act['from_at']:%Y-%m-%d} to {act['to_at']:%Y-%m-%d}" if act["from_at"] else "times unknown"
        click.secho(
            f"Assessment: {act['kind'].replace('_', ' ')}, exhibit {act['exhibit']}, {times}", bold=True
        )
        for ground in act["grounds"]:
            click.echo(f"  because {ground}")
        for limit in act["limits"]:
            click.echo(f"  limit: {limit}")


@provenance.command("search")
@click.argument("sha256s", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=200, show_default=True)
@operation_option
def search(
    sha256s: tuple[str, ...],
    limit: int,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Search for watermarks that a crop or another size has moved; seconds a picture, so on request."""
    progress = None if as_json else TerminalProgress()
    session = session_of(workspace, operation, user)
    answer = search_for_watermarks(session, most=limit, sha256s=sha256s, progress=progress)
    _print_answer(answer, "Searched", as_json=as_json)


@provenance.command("compare")
@operation_option
def compare(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """Compare every picture with the references of the case's own devices, and weigh again."""
    progress = None if as_json else TerminalProgress()
    answer = compare_devices(session_of(workspace, operation, user), progress=progress)
    _print_answer(answer, "Compared", as_json=as_json)


@provenance.command("groups")
@click.option(
    "--limit", type=click.IntRange(3, 10_000), default=2000, show_default=True, help="Pictures of one size."
)
@operation_option
def groups(
    limit: int, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Group pictures by sensor noise, without any device: what one camera took lies in one group."""
    progress = None if as_json else TerminalProgress()
    rows = group_by_noise(session_of(workspace, operation, user), most=limit, progress=progress)
    if as_json:
        print_json({"groups": rows})
    else:
        print_rows(rows, ["noise_group", "size", "sha256", "agreement"])


@provenance.command("weights")
@click.option(
    "--export", type=click.Path(path_type=Path, dir_okay=False), help="Write the table in use, for editing."
)
@click.option(
    "--use", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Use this table from now on."
)
@click.option("--reason", default="", help="Why the table is changed; needed with --use.")
@operation_option
def weights(
    export: Path | None,
    use: Path | None,
    reason: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """The table of weights: what each signal is worth, against what, and what it shares with others."""
    session = session_of(workspace, operation, user)
    if use is not None:
        if not reason:
            raise click.UsageError("--use needs --reason")
        use_weights(session, use.read_text("utf-8"), reason=reason)
    if export is not None:
        if export.exists():
            raise UsageError(f"{export.name} exists already", "Name a new file.", code="USAGE-FILE")
        export.write_text(export_weights(session), "utf-8")
    digest, rows = list_weights(session)
    listed = [row.model_dump(mode="json") for row in rows]
    if as_json:
        print_json({"sha256": digest, "weights": listed})
    else:
        click.echo(f"SHA-256 {digest}")
        print_rows(listed, ["signal", "state", "finding", "bound", "basis", "cause", "decides", "vouched"])


@provenance.group("trust")
def trust() -> None:
    """Lists by which signers of C2PA manifests are trusted; none come with Fairlead."""


@trust.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--kind", type=click.Choice([k.value for k in TrustFile]), required=True)
@click.option("--name", default="c2pa", show_default=True, help="Name of the list; lists of one kind add up.")
@click.option("--version", required=True, help="Version or date of the list, as its publisher gives it.")
@operation_option
def trust_import(
    file: Path,
    kind: str,
    name: str,
    version: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Take in trust anchors, time-stamp authorities (PEM), or the list of conforming products (JSON)."""
    session = session_of(workspace, operation, user)
    imported = import_trust_list(session, file, kind=TrustFile(kind), name=name, version=version)
    _print_answer(imported, "Imported; run `fairlead process` to weigh again", as_json=as_json)


@trust.command("list")
@workspace_option
def trust_list(workspace: Path | None, *, as_json: bool) -> None:
    """The lists in use, with version and digest."""
    rows = list(find_trust(find_workspace(workspace)).lists)
    if as_json:
        print_json({"lists": rows})
    else:
        print_rows(rows, ["kind", "name", "version", "sha256"])


@provenance.group("reference")
def reference() -> None:
    """Devices of the case as references for structure and sensor noise."""


@reference.command("add")
@click.argument("device")
@click.argument("pictures", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--exhibit", default="", help="Take the pictures of this exhibit instead.")
@click.option("--like", default="", help="Only those whose path is like this, with % and _ as in SQL.")
@operation_option
def reference_add(
    device: str,
    pictures: tuple[Path, ...],
    exhibit: str,
    like: str,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Make a reference from pictures that a device of the case took."""
    if bool(pictures) == bool(exhibit):
        raise click.UsageError("give pictures or --exhibit, not both")
    session = session_of(workspace, operation, user)
    answer = add_reference(session, device, paths=pictures, exhibit=exhibit, like=like)
    if as_json:
        print_json(answer)
    else:
        print_rows(answer["references"], ["kind", "value", "width", "height", "pictures"], title=device)


@reference.command("list")
@operation_option
def reference_list(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """The references of the operation."""
    rows = list_references(session_of(workspace, operation, user))
    if as_json:
        print_json({"references": rows})
    else:
        print_rows(rows, ["device", "kind", "value", "width", "height", "pictures", "added_at"])


@provenance.group("detector")
def detector() -> None:
    """Plug-in detectors in ONNX form, with their calibration records."""


@detector.command("add")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@operation_option
def detector_add(
    folder: Path, workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool
) -> None:
    """Keep a plug-in (model.onnx and plugin.json) in the workspace, checked."""
    _print_answer(add_detector(session_of(workspace, operation, user), folder), "Added", as_json=as_json)


@detector.command("list")
@operation_option
def detector_list(workspace: Path | None, operation: str | None, user: str | None, *, as_json: bool) -> None:
    """The plug-ins of the workspace."""
    rows = list_detectors(session_of(workspace, operation, user))
    if as_json:
        print_json({"detectors": rows})
    else:
        print_rows(rows, ["name", "version", "licence", "calibration", "sha256"])


@detector.command("run")
@click.argument("name")
@click.argument("sha256s", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=200, show_default=True)
@operation_option
def detector_run(
    name: str,
    sha256s: tuple[str, ...],
    limit: int,
    workspace: Path | None,
    operation: str | None,
    user: str | None,
    *,
    as_json: bool,
) -> None:
    """Ask a plug-in about pictures that are still open; its answer never decides alone."""
    progress = None if as_json else TerminalProgress()
    session = session_of(workspace, operation, user)
    _print_answer(
        run_detector(session, name, most=limit, sha256s=sha256s, progress=progress), "Asked", as_json=as_json
    )


def _print_answer(answer: Mapping[str, object], title: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        print_facts(title, answer)
