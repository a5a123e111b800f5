"""Peak memory of the process that supervises a run, by number of files; and processor seconds a file.

`python -m benchmarks.evidence.supervisor_memory --files 1000 10000 100000`: small text files, of which every tenth is a
picture of its own.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from fairlead.training.pictures import draw_scene

_RUN = """
import sys
from pathlib import Path
from fairlead.case.process import process
from fairlead.cli.options import session_of
process(session_of(Path(sys.argv[1]), None, None), verify_exhibits=False)
status = Path("/proc/self/status").read_text().splitlines()
print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, nargs="+", default=[1000, 10_000, 100_000])
    for count in options.parse_args().files:
        with tempfile.TemporaryDirectory() as scratch:
            folder, workspace = Path(scratch) / "files", Path(scratch) / "ws"
            _write(folder, count)
            environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}
            for arguments in (
                ["init", str(workspace)],
                ["operation", "new", "x", "--lead", "DK", "--workspace", str(workspace)],
                [
                    "exhibit",
                    "add",
                    str(folder),
                    "--exhibit",
                    "AB/1",
                    "--authority",
                    "x",
                    "--workspace",
                    str(workspace),
                ],
            ):
                command = [sys.executable, "-m", "fairlead", *arguments]
                subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            told = subprocess.run(
                [sys.executable, "-c", _RUN, str(workspace)],
                check=True,
                env=environment,
                capture_output=True,
                text=True,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(
                f"{count} files: supervisor {int(told.stdout) / 1024:.0f} MiB, {spent / count * 1e3:.2f} CPU ms a file",
                flush=True,
            )


def _write(folder: Path, count: int) -> None:
    held = io.BytesIO()
    draw_scene(3, 1).resize((96, 96)).convert("RGB").save(held, "JPEG")
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"{number:06}"
        path.parent.mkdir(parents=True, exist_ok=True)
        if number % 10 == 0:
            path.with_suffix(".jpg").write_bytes(held.getvalue() + str(number).encode())
        else:
            path.with_suffix(".txt").write_bytes(f"note {number}\n".encode())


if __name__ == "__main__":
    main()
