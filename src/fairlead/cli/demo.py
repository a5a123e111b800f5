"""`fairlead demo`: the whole job on the made-up operation, step by step, as a user would run it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fairlead.case.place.made_up import DEMO_MARK, mark_folder, mark_made_up
from fairlead.case.place.workspace import find_workspace
from fairlead.cli.main import run
from fairlead.cli.options import json_option
from fairlead.cli.render import print_facts, print_json
from fairlead.terms.countries import PARTICIPANTS
from fairlead.terms.errors import RunError, UsageError

_RECIPIENT = "SE"
_OPERATION = "lanternfish"
_CAST = (
    ("holm", "lead_officer", "*"),
    ("lund", "lead_officer", "*"),
    ("juhl", "analyst", "*"),
    ("iversen", "examiner", "*"),
    ("berg", "liaison", "SE"),
    ("palm", "press", "*"),
)


@click.command()
@click.option(
    "--workspace",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-workspace"),
    show_default=True,
    help="Folder for the made-up operation and two workspaces; an earlier demo there is replaced.",
)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--scale", type=float, default=1.0, show_default=True)
@click.option(
    "--serve", "then_serve", is_flag=True, help="Serve the workbench of the lead country at the end."
)
@json_option
def demo(folder: Path, seed: int, scale: float, *, then_serve: bool, as_json: bool) -> None:
    """Run the whole job on a made-up seized platform. Opens nothing on the network."""
    _prepare(folder)
    story = _Story(folder, quiet=as_json)
    summary = _tell(story, seed, scale)
    if as_json:
        print_json(summary)
    else:
        shown = {k: v for k, v in summary.items() if not isinstance(v, list | dict)}
        shown["packages"] = len(summary["packages"])
        shown["countries"] = " ".join(summary["countries"])
        print_facts("\nThe whole job, in figures", shown)
    if then_serve:
        _serve(story)


def _serve(story: _Story) -> None:
    """Give the cast their roles and become the server: settings of a process cannot change, so it is a new program."""
    for name, role, country in _CAST:
        story.run("grant", name, "--role", role, "--country", country, "--workspace", story.lead, show=False)
    links = [part for name, _, _ in _CAST for part in ("--link-for", name)]
    command = [sys.executable, "-m", "fairlead", "serve", "--demo", "--workspace", str(story.lead), *links]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - this very program, with arguments of its own


def _prepare(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / DEMO_MARK).is_file():
            raise UsageError(
                "the folder for the demo is not empty and holds no earlier demo",
                "Name another folder with --workspace.",
                code="USAGE-FOLDER",
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark_folder(folder)


class _Story:
    """Runs command lines: those of the lead country in this process, those of the recipient in another."""

    def __init__(self, folder: Path, *, quiet: bool) -> None:
        self.made = folder / "operation"
        self.lead = folder / "denmark"
        self.partner = folder / "sweden"
        self.keys = folder / "partner-keys"
        self.quiet = quiet

    def chapter(self, title: str) -> None:
        """Say what comes next."""
        if not self.quiet:
            click.secho(f"\n{title}", bold=True, fg="cyan")

    def run(self, *arguments: str | Path, show: bool = True) -> None:
        """Run one command of the lead country, as a user would type it."""
        line = [str(a) for a in arguments]
        if self.quiet or not show:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                self._check(line, _call(line))
            return
        click.secho("$ fairlead " + shlex.join(line), fg="green")
        self._check(line, _call(line))

    def ask(self, *arguments: str | Path) -> dict[str, Any]:
        """Run one command with --json and return its answer."""
        line = [*(str(a) for a in arguments), "--json"]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            self._check(line, _call(line))
        answer: dict[str, Any] = json.loads(said.getvalue().splitlines()[-1])
        return answer

    def elsewhere(self, *arguments: str | Path) -> None:
        """Run one command at the recipient's, in a process of its own."""
        line = [str(a) for a in arguments]
        if not self.quiet:
            click.secho("$ fairlead " + shlex.join(line), fg="yellow")
        done = subprocess.run(
            [sys.executable, "-m", "fairlead", *line], check=False, capture_output=True, text=True
        )
        if not self.quiet:
            click.echo(done.stdout, nl=False)
        if done.returncode not in (0, 1):
            click.echo(done.stderr, nl=False, err=True)
        self._check(line, done.returncode)

    def _check(self, line: list[str], code: int) -> None:
        if code not in (0, 1):
            raise RunError(
                f"the step `fairlead {shlex.join(line[:2])}` ended with exit code {code}",
                "Run that command by itself to see its message.",
                code="RUN-DEMO",
            )


def _call(line: list[str]) -> int:
    return run(line)


def _tell(story: _Story, seed: int, scale: float) -> dict[str, Any]:
    here = ("--workspace", story.lead)
    chapters: tuple[tuple[str, Callable[[], None]], ...] = (
        ("1. A made-up seized platform", lambda: _make(story, seed, scale)),
        ("2. A workspace and an operation", lambda: _open_operation(story)),
        ("3. Exhibits, with custody", lambda: _add_exhibits(story)),
        ("4. Hash sets", lambda: _import_lists(story)),
        ("5. What machines can say about every file", lambda: story.run("process", *here)),
        ("6. The platform's own records", lambda: _load(story)),
        ("7. Persons and countries", lambda: story.run("attribute", "--networks", story.made / "networks.csv", *here)),
        ("8. Which law may apply", lambda: _ask_law(story)),
        ("9. Leads and packages", lambda: _build_packages(story)),
        ("10. At the recipient's", lambda: _open_package(story)),
        ("11. The log", lambda: _check_log(story)),
        ("12. What is left for people", lambda: story.run("triage", *here)),
        ("13. Look for yourself", lambda: _look(story)),
        ("14. Does everything add up?", lambda: story.run("doctor", *here)),
    )  # fmt: skip
    for title, act in chapters:
        story.chapter(title)
        act()
    return _summary(story)


def _make(story: _Story, seed: int, scale: float) -> None:
    story.run("training", "make", story.made, "--seed", str(seed), "--scale", str(scale))


def _load(story: _Story) -> None:
    story.run("records", "load", "--mapping", story.made / "mapping.toml", "--workspace", story.lead)


def _open_operation(story: _Story) -> None:
    story.run("init", story.lead)
    mark_made_up(find_workspace(story.lead))
    partners = [a for code in sorted(PARTICIPANTS) if code != "DK" for a in ("--partner", code)]
    story.run("operation", "new", _OPERATION, "--lead", "DK", *partners, "--workspace", story.lead)


def _plan(story: _Story) -> dict[str, Any]:
    return tomllib.loads((story.made / "operation.toml").read_text())


def _add_exhibits(story: _Story) -> None:
    for item in _plan(story)["exhibit"]:
        story.run(
            "exhibit", "add", story.made / item["path"], "--exhibit", item["number"], "--authority", item["authority"],
            "--description", item["description"], "--handling", item["handling"], "--workspace", story.lead,
        )  # fmt: skip


def _import_lists(story: _Story) -> None:
    for item in _plan(story)["list"]:
        story.run(
            "known", "import", story.made / item["file"], "--format", item["format"], "--set", item["set"], "--meaning",
            item["meaning"], "--scheme", item.get("scheme", ""), "--release", item["release"], "--workspace", story.lead,
        )  # fmt: skip


def _ask_law(story: _Story) -> None:
    story.run(
        "law", "assess", "--jurisdiction", "DK", "--act", "possess", "--image", "synth", "--from", "2025-06-15", "--to",
        "2025-07-15",
    )  # fmt: skip
    story.run("law", "assess-persons", "--workspace", story.lead)


def _build_packages(story: _Story) -> None:
    for officer in ("holm", "lund"):
        story.run("key", "officer", officer, "--unencrypted", "--workspace", story.lead)
    story.keys.mkdir(mode=0o700)
    if not story.quiet:
        click.echo("Every partner makes an age identity and gives its recipient to the lead country:")
    for code in sorted(PARTICIPANTS):
        made = story.ask("key", "identity", story.keys / f"{code}.age")
        story.run(
            "key", "recipient", code, made["recipient"], "--workspace", story.lead, show=code == _RECIPIENT
        )
    story.run("lead", "publish", "--workspace", story.lead)
    story.run("lead", "list", "--workspace", story.lead)
    leads = story.ask("lead", "list", "--workspace", story.lead)["leads"]
    for code in sorted({lead["country"] for lead in leads}):
        story.run(
            "package", "build", "--country", code, "--preparer", "holm", "--releaser", "lund", "--workspace", story.lead,
            show=code == _RECIPIENT,
        )  # fmt: skip
    story.run(
        "key", "export", "--country", "DK", "--output", story.keys / "DK.keys.json", "--workspace", story.lead
    )


def _package_file(story: _Story) -> Path:
    return story.lead / "operations" / _OPERATION / "packages" / f"{_OPERATION}-{_RECIPIENT}-0001.tar.age"


def _open_package(story: _Story) -> None:
    story.elsewhere("init", story.partner)
    mark_made_up(find_workspace(story.partner))
    story.elsewhere("key", "officer", "berg", "--unencrypted", "--workspace", story.partner)
    story.elsewhere(
        "package", "open", _package_file(story), "--key", story.keys / f"{_RECIPIENT}.age", "--lead-keys",
        story.keys / "DK.keys.json", "--officer", "berg", "--accept-operation", _OPERATION, "--workspace", story.partner,
    )  # fmt: skip
    keys = story.keys / f"{_RECIPIENT}.keys.json"
    story.elsewhere("key", "export", "--country", _RECIPIENT, "--output", keys, "--workspace", story.partner)
    receipt = story.partner / "received" / _OPERATION / "DK" / f"{_OPERATION}-{_RECIPIENT}-0001.receipt.json"
    story.run("package", "receipt", receipt, "--keys", keys, "--workspace", story.lead)


def _check_log(story: _Story) -> None:
    story.run("ledger", "verify", "--workspace", story.lead)
    story.run(
        "verify", _package_file(story), "--key", story.keys / f"{_RECIPIENT}.age", "--lead-keys",
        story.keys / "DK.keys.json",
    )  # fmt: skip


def _look(story: _Story) -> None:
    story.run("table", "quarantine", "--where", "source = 'weblog'", "--workspace", story.lead)
    story.run(
        "sql", "SELECT country, grade, count(*) AS persons FROM persons GROUP BY ALL ORDER BY ALL", "--workspace",
        story.lead,
    )  # fmt: skip


def _summary(story: _Story) -> dict[str, Any]:
    """The figures of the demo, asked from the workspace again."""
    here = ("--workspace", story.lead)
    figures = story.ask("triage", *here)
    counted = story.ask(
        "sql",
        """SELECT (SELECT count(*) FROM accounts WHERE role = 'account_user') AS accounts,
                  (SELECT count(*) FROM persons) AS persons,
                  (SELECT sum(lines_in) FROM sources)::BIGINT AS lines_in,
                  (SELECT sum(lines_parsed) FROM sources)::BIGINT AS lines_parsed,
                  (SELECT sum(lines_quarantined) FROM sources)::BIGINT AS lines_quarantined,
                  (SELECT sum(lines_skipped) FROM sources)::BIGINT AS lines_skipped""",
        *here,
    )["rows"][0]
    leads = story.ask("lead", "list", *here)["leads"]
    folder = story.lead / "operations" / _OPERATION / "packages"
    ledger = story.ask("ledger", "verify", *here)
    doctor = story.ask("doctor", *here)
    return {
        **figures,
        **counted,
        "leads": len(leads),
        "packages": sorted(str(p) for p in folder.glob("*.tar.age")),
        "countries": sorted({lead["country"] for lead in leads}),
        "ledger_verified": ledger["verified"],
        "healthy": doctor["healthy"],
    }
