"""What the sandbox costs: the same handler over the same files in sandboxed workers and in a plain process pool.

`python -m benchmarks.evidence.sandbox_cost --files 5000`: processor seconds of all processes, start-up included, in
turns, median of the rounds.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.evidence.pictures import _picture
from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool
from fairlead.media import decode
from fairlead.media.limits import MediaLimits

_WORKERS = 2
_HEADER = {"extension": "jpg", "limits": MediaLimits().for_worker()}
_SIDE, _GRAIN = 800, 7  # about 100 kB


def sandboxed(paths: list[Path]) -> None:
    """Every file through sandboxed workers, as the pipeline does."""

    def jobs() -> Iterator[tuple[dict[str, object], list[int]]]:
        for path in paths:
            descriptor = os.open(path, os.O_RDONLY)
            try:
                yield _HEADER, [descriptor]
            finally:
                os.close(descriptor)

    limits = SandboxLimits(memory_bytes=3 << 30, threads=True)
    with SandboxPool(handler="fairlead.media.decode:handle", workers=_WORKERS, limits=limits) as pool:
        assert all(reply.outcome is Outcome.OK for reply in pool.map(jobs()))


def plain(paths: list[Path]) -> None:
    """Every file through the same handler in processes without any lock."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(_WORKERS, mp_context=context, initializer=decode.warm) as pool:
        assert all(answer["verdict"] == "decoded" for answer in pool.map(_one, paths, chunksize=1))


def _one(path: Path) -> dict[str, object]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return decode.handle(_HEADER, [descriptor])
    finally:
        os.close(descriptor)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=5000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument(
        "--only", choices=("sandboxed", "plain"), help="one turn, over the folder given last"
    )
    options.add_argument("folder", nargs="?", type=Path)
    asked = options.parse_args()
    if asked.only:
        {"sandboxed": sandboxed, "plain": plain}[asked.only](sorted(asked.folder.iterdir()))
        return
    with tempfile.TemporaryDirectory() as scratch:
        paths = [_picture(Path(scratch), number, _SIDE, _SIDE, _GRAIN) for number in range(asked.files)]
        size = statistics.mean(path.stat().st_size for path in paths)
        spent: dict[str, list[float]] = {"sandboxed": [], "plain": []}
        for _ in range(asked.rounds):
            for way, seconds in spent.items():
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                command = [sys.executable, "-m", __spec__.name, "--only", way, scratch]
                subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    a, b = (statistics.median(spent[way]) for way in ("sandboxed", "plain"))
    print(
        f"{asked.files} files of {size / 1000:.0f} kB: sandboxed {a:.1f} CPU s, plain pool {b:.1f}, {a / b - 1:+.1%}"
    )


if __name__ == "__main__":
    main()
