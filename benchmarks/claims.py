"""Every claim as a ratio measured in one run: python -m benchmarks.claims [--small] [--only NAME] [--write] [--against FILE]

Each is processor seconds of the product, all processes together, over those of a bound that does only what cannot be left
out, measured beside it in the same run. ``--write`` keeps the table as `benchmarks/claims.json`, or
`claims-small.json`; ``--against`` compares with such a file and ends with 1 when a ratio is 1.5 times worse than there.
Ratios of processor time say the same on a busy machine and, nearly, on another processor; wall time is told, never judged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
import simplejpeg

from benchmarks.evidence.members import cost as archive_cost
from benchmarks.evidence.pictures import whole_run

HOME = Path(__file__).parent
WORSE = 1.5
_POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One claim as measured: what the product cost and what its bound did, in ``unit``; the ratio wanted at most."""

    claim: str
    product: float
    bound: float
    unit: str
    wanted: float
    told: str = ""

    @property
    def ratio(self) -> float:
        return self.product / self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is made: all of it, or a small form that takes a minute or two."""

    pictures: tuple[int, int] = (300, 1500)
    large: tuple[int, int] = (6, 24)
    files: tuple[int, int] = (4000, 20_000)
    members: tuple[int, int, int] = (100, 1000, 5000)
    listed: int = 1_000_000


FULL = Size()
SMALL = Size(pictures=(40, 200), files=(500, 5000), listed=50_000)


def measure_first_match(size: Size) -> Iterator[Row]:
    """From the beginning of `process` to the first row of what is known byte for byte, to be seen by anybody."""
    with scratch() as folder:
        seized = folder / "seized"
        make_pictures(seized / "pictures", size.pictures[1], 1024, 1024)
        make_files(seized / "files", size.files[1])
        some = sorted(p for p in seized.rglob("*") if p.is_file())[:: max(1, size.files[1] // 20)]
        digests = [hashlib.md5(p.read_bytes(), usedforsecurity=False).hexdigest() for p in some]
        digests += [
            hashlib.md5(b"x%d" % n, usedforsecurity=False).hexdigest() for n in range(size.listed - len(some))
        ]
        (folder / "list.csv").write_text("md5\n" + "\n".join(digests) + "\n")
        bound = cpu_of(lambda: [three_digests(p) for p in sorted(seized.rglob("*")) if p.is_file()])
        workspace = folder / "ws"
        start_workspace(workspace, seized)
        fairlead("known", "import", str(folder / "list.csv"), "--set", "x", "--format", "csv",
                 "--meaning", "of-interest", "--workspace", str(workspace))  # fmt: skip
        cpu, wall = until_recognised(workspace)
        yield Row(
            claim="first match", product=cpu, bound=bound, unit="CPU s", wanted=1.9,
            told=f"{size.pictures[1]} pictures, {size.files[1]} files, {size.listed} digests; visible after {wall:.1f} s"
            " of wall time (wanted 3); bound: three digests of every file",
        )  # fmt: skip


def measure_pictures(size: Size) -> Iterator[Row]:
    yield from _pictures("pictures of 1 megapixel", size.pictures, 1024, 1024, wanted=2.5)


def measure_large_pictures(size: Size) -> Iterator[Row]:
    yield from _pictures("pictures of 12 megapixels", size.large, 4000, 3000, wanted=1.5)


def _pictures(name: str, counts: tuple[int, int], width: int, height: int, *, wanted: float) -> Iterator[Row]:
    with scratch() as folder:
        spent: dict[int, float] = {}
        for count in counts:
            make_pictures(folder / str(count), count, width, height)
            spent[count] = whole_run(folder / str(count), folder / f"ws{count}", until="weigh")
        few, many = counts
        paths = sorted((folder / str(many)).iterdir())

        def least() -> None:
            for path in paths:
                three_digests(path)
                simplejpeg.decode_jpeg(path.read_bytes(), "RGB")

        bound = cpu_of(least)
        size_bytes = sum(path.stat().st_size for path in paths)
        told = f"{many} files, everything that `process` runs; bound: three digests and one full decode"
        each = (spent[many] - spent[few]) / (many - few)
        yield Row(
            claim=f"{name}, with the start",
            product=spent[many],
            bound=bound,
            unit="CPU s",
            wanted=wanted,
            told=told,
        )
        yield Row(
            claim=name, product=each * 1e3, bound=bound / many * 1e3, unit="CPU ms each", wanted=wanted,
            told=f"{told}; {size_bytes / many / each / 1e9 * 3600:.1f} GB an hour and core",
        )  # fmt: skip


def measure_small_files(size: Size) -> Iterator[Row]:
    """What a small file costs beyond its digests, which have their own row."""
    with scratch() as folder:
        spent: dict[tuple[str, int], float] = {}
        for count in size.files:
            make_files(folder / str(count), count)
            for until in ("digest", "weigh"):
                spent[until, count] = whole_run(
                    folder / str(count), folder / f"ws{until}{count}", until=until
                )
        few, many = size.files
        bound = cpu_of(
            lambda: [three_digests(p) for p in sorted((folder / str(many)).rglob("*")) if p.is_file()]
        )
        digested, whole = ((spent[u, many] - spent[u, few]) / (many - few) * 1e3 for u in ("digest", "weigh"))
        yield Row(
            claim="walk and digest of small files", product=digested, bound=bound / many * 1e3, unit="CPU ms each",
            wanted=3.0, told="bound: three digests of every file",
        )  # fmt: skip
        yield Row(
            claim="small files", product=whole, bound=digested + 0.5, unit="CPU ms each", wanted=1.0,
            told="everything that `process` runs; bound: walk and digest, and half a millisecond",
        )  # fmt: skip


def measure_members(size: Size) -> Iterator[Row]:
    for kind in ("zip", "tar.gz", "tar.xz", "7z, solid", "zip in tar.gz", "mbox"):
        spent = [archive_cost(kind, count, until="weigh") for count in size.members]
        each = [
            (spent[n + 1] - spent[n]) / (size.members[n + 1] - size.members[n]) * 1e3
            for n in range(len(spent) - 1)
        ]
        yield Row(
            claim=f"growth in {kind}", product=each[-1], bound=each[0], unit="CPU ms a member", wanted=1.2,
            told=f"{size.members[-1]} members beside {size.members[1]}",
        )  # fmt: skip


def measure_the_hand(size: Size) -> Iterator[Row]:  # noqa: ARG001 - takes the same time at any size
    """The commands that a person waits for, beside the time that Python itself takes to say nothing."""
    with scratch() as folder:
        make_files(folder / "seized", 20)
        workspace = folder / "ws"
        start_workspace(workspace, folder / "seized")
        fairlead("process", "--workspace", str(workspace))
        bound = min(command_cost([sys.executable, "-c", "import json, click"])[0] for _ in range(3))
        for claim, arguments, seconds in (
            ("--help", ["--help"], 0.3),
            ("status", ["status", "--workspace", str(workspace)], 1.0),
            ("process with nothing to do", ["process", "--workspace", str(workspace)], 1.0),
        ):
            costs = [command_cost([sys.executable, "-m", "fairlead", *arguments]) for _ in range(3)]
            cpu, wall = min(cost[0] for cost in costs), min(cost[1] for cost in costs)
            yield Row(
                claim=claim, product=cpu, bound=bound, unit="CPU s", wanted=seconds / bound,
                told=f"{wall:.2f} s of wall time, wanted {seconds}; bound: Python and click",
            )  # fmt: skip


MEASURES: dict[str, Callable[[Size], Iterator[Row]]] = {
    "first-match": measure_first_match,
    "pictures": measure_pictures,
    "large-pictures": measure_large_pictures,
    "small-files": measure_small_files,
    "members": measure_members,
    "hand": measure_the_hand,
}

IN_SMALL = ("first-match", "pictures", "small-files", "hand")
"""What the small form measures: where its few files say the same from run to run."""


def find_worse(rows: list[dict[str, object]], landed: list[dict[str, object]]) -> list[str]:
    """Sentences about ratios that are 1.5 times those of a landed table, or gone from it."""
    now = {str(row["claim"]): float(str(row["ratio"])) for row in rows}
    then = {str(row["claim"]): float(str(row["ratio"])) for row in landed}
    found = [
        f"{claim}: was measured in the landed table, and now is not" for claim in then.keys() - now.keys()
    ]
    for claim in then.keys() & now.keys():
        if now[claim] > WORSE * then[claim]:
            found.append(f"{claim}: {now[claim]:.2f} times its bound, {then[claim]:.2f} in the landed table")
    return sorted(found)


def table_of(rows: list[dict[str, object]]) -> str:
    """The rows for benchmarks/README.md; in bold what misses what is wanted."""
    lines = [
        "| claim | product | bound | ratio, wanted at most | what was measured |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        ratio, wanted = float(str(row["ratio"])), float(str(row["wanted"]))
        shown = f"{ratio:.2f}" if ratio <= wanted else f"**{ratio:.2f}**"
        lines.append(
            f"| {row['claim']} | {float(str(row['product'])):.2f} {row['unit']} | {float(str(row['bound'])):.2f} |"
            f" {shown}, {wanted:.2f} | {row['told']} |"
        )
    return "\n".join(lines)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", action="store_true")
    options.add_argument("--only", choices=tuple(MEASURES), action="append")
    options.add_argument("--write", action="store_true")
    options.add_argument("--against", type=Path)
    asked = options.parse_args()
    kept = HOME / ("claims-small.json" if asked.small else "claims.json")
    rows: list[dict[str, object]] = []
    about = {"at": f"{datetime.now(UTC):%Y-%m-%d}", "processor": processor()}
    for name in asked.only or (IN_SMALL if asked.small else MEASURES):
        command = f"python -m benchmarks.claims{' --small' if asked.small else ''} --only {name}"
        for row in MEASURES[name](SMALL if asked.small else FULL):
            rows.append({**asdict(row), "ratio": row.ratio, **about, "command": command})
            print(
                f"{row.claim}: {row.product:.2f} {row.unit}, {row.ratio:.2f} times the bound; {row.told}",
                flush=True,
            )
    print(table_of(rows))
    if asked.write:
        before = json.loads(kept.read_text()) if kept.exists() else []
        fresh = {str(row["claim"]) for row in rows}
        kept.write_text(json.dumps([*(r for r in before if r["claim"] not in fresh), *rows], indent=1) + "\n")
    if asked.against:
        landed = [r for r in json.loads(asked.against.read_text()) if not asked.only or _of(r, asked.only)]
        worse = find_worse(rows, landed)
        print("\n".join(worse) or "nothing is worse than the landed table")
        sys.exit(1 if worse else 0)


def _of(row: dict[str, object], names: list[str]) -> bool:
    return str(row["command"]).rpartition(" ")[2] in names


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )
    return f"{name}, {os.cpu_count()} cores"


@contextmanager
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="claims"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def three_digests(path: Path) -> None:
    data = path.read_bytes()
    for name in ("md5", "sha1", "sha256"):
        hashlib.new(name, data, usedforsecurity=False)


def cpu_of(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


def make_pictures(folder: Path, count: int, width: int, height: int) -> None:
    """Ramps with grain, every one another."""
    folder.mkdir(parents=True)
    down, across = np.mgrid[0:height, 0:width]
    for number in range(count):
        random = np.random.default_rng(number)
        ramp = ((down * (1 + number % 5) + across * (1 + number % 7)) // 9 % 230).astype(np.uint8)
        grain = random.integers(0, 6, (height, width), dtype=np.uint8)
        pixels = np.stack([ramp + grain, ramp // 2 + grain, 240 - ramp + grain], axis=2)
        (folder / f"{number:05}.jpg").write_bytes(simplejpeg.encode_jpeg(pixels, quality=85))


def make_files(folder: Path, count: int) -> None:
    for number in range(count):
        place = folder / f"{number // 500:04}" / f"{number:06}.txt"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"a note of the harbour office, number {number}\n" * (20 + number % 40))


def start_workspace(workspace: Path, exhibit: Path) -> None:
    here = ("--workspace", str(workspace))
    fairlead("init", str(workspace))
    fairlead("operation", "new", "x", "--lead", "DK", *here)
    fairlead("exhibit", "add", str(exhibit), "--exhibit", "AB/1", "--authority", "order", *here)


def fairlead(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fairlead", *arguments], check=False, capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"fairlead {arguments[0]}: {done.stderr}")


def command_cost(command: list[str]) -> tuple[float, float]:
    """Processor and wall seconds of a command and all that it waited for."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - began


def until_recognised(workspace: Path) -> tuple[float, float]:
    """Processor and wall seconds of `process` until a row of the table recognised is there; the run is then ended."""
    from fairlead.engine.parts import PartStore
    from fairlead.tables.known import RECOGNISED

    store = PartStore(workspace / "operations" / "x" / "tables")
    began = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", "fairlead", "process", "--workspace", str(workspace)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as run:  # fmt: skip
        while not any(part.read(["sha256"]).num_rows for part in store.parts(RECOGNISED)):
            if run.poll() is not None:
                raise SystemExit("process ended without a match")
            time.sleep(_POLL_S)
        wall = time.monotonic() - began
        command = psutil.Process(run.pid)
        cpu = 0.0
        for process in (command, *command.children(recursive=True)):
            times = process.cpu_times()
            cpu += times.user + times.system + times.children_user + times.children_system
        run.terminate()
    return cpu, wall


if __name__ == "__main__":
    main()
