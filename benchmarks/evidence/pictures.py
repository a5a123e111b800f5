"""The picture path beside python-threatexchange: read, three digests, scaled decoding, PDQ; alone and as a whole run.

`python -m benchmarks.evidence.pictures --peer PYTHON`, where PYTHON has threatexchange and pdqhash. Processor seconds of
all processes a file, median of the rounds, the peer in turns. *pipeline* runs the stages on a folder of such files,
from listing to contents, with everything started and sandboxed anew; *with provenance* all that `process` runs. Both
are run on a fifth of the files, too: what a file costs above the start is the difference.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from fairlead.media.luma import read_luma
from fairlead.media.pdq import hash_luma
from fairlead.terms.matching import PdqMode
from fairlead.training.pictures import draw_scene

_PEER = """
import json, pathlib, sys, time
from threatexchange.signal_type.pdq.signal import PdqSignal
paths = [pathlib.Path(p) for p in json.loads(sys.stdin.readline())]
PdqSignal.hash_from_file(paths[0])
for _ in sys.stdin:
    begin = time.process_time()
    for path in paths:
        PdqSignal.hash_from_file(path)
    print(json.dumps((time.process_time() - begin) / len(paths)), flush=True)
"""
# Width, height, grain, pictures timed alone, pictures of a whole run.
_SIZES = {
    "512 px": (512, 512, 2, 300, 4000),
    "1024 px": (1024, 1024, 2, 150, 1500),
    "12 MP, grain of a camera": (4000, 3000, 10, 16, 120),
    "12 MP, little grain": (4000, 3000, 2, 16, 120),
}
_STAGES = """
import sys
from pathlib import Path
from fairlead.case.process import stages_of
from fairlead.cli.options import session_of
from fairlead.engine.local import LocalEngine
session = session_of(Path(sys.argv[1]), None, None)
with LocalEngine(session.store) as engine:
    for stage in stages_of(session):
        engine.run(stage)
        if stage.name == sys.argv[2]:
            break
"""


def ours(paths: list[Path]) -> float:
    """CPU seconds a file of everything the pipeline computes of a picture, in one process."""
    begin = time.process_time()
    for path in paths:
        data = path.read_bytes()
        for name in ("md5", "sha1", "sha256"):
            hashlib.new(name, data, usedforsecurity=False)
        luma = read_luma(data)
        hash_luma(luma, PdqMode.FULL)
        hash_luma(luma, PdqMode.META512)
    return (time.process_time() - begin) / len(paths)


def whole_run(folder: Path, workspace: Path, *, until: str) -> float:
    """CPU seconds of the stages up to one, all processes together, start-up included."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD")}

    def fairlead(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "fairlead", *arguments, "--workspace", str(workspace)],
            check=False, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    subprocess.run([sys.executable, "-m", "fairlead", "init", str(workspace)], check=True, env=environment,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    fairlead("operation", "new", "x", "--lead", "DK")
    fairlead("exhibit", "add", str(folder), "--exhibit", "AB/1", "--authority", "x")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", _STAGES, str(workspace), until], check=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--peer", required=True)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", choices=tuple(_SIZES), action="append")
    asked = options.parse_args()
    for name in asked.only or _SIZES:
        width, height, grain, count, many = _SIZES[name]
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "pictures"
            folder.mkdir()
            paths = [_picture(folder, number, width, height, grain) for number in range(count)]
            peer = subprocess.Popen(
                [asked.peer, "-c", _PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )  # fmt: skip
            assert peer.stdin
            assert peer.stdout
            peer.stdin.write(json.dumps([str(p) for p in paths[: max(8, count // 10)]]) + "\n")
            ours(paths[:5])
            us, them = [], []
            for _ in range(asked.rounds):
                us.append(ours(paths))
                peer.stdin.write("\n")
                peer.stdin.flush()
                them.append(json.loads(peer.stdout.readline()))
            peer.stdin.close()
            peer.wait()
            size = statistics.mean(p.stat().st_size for p in paths)
            a, b = statistics.median(us), statistics.median(them)
            print(
                f"{name} ({size / 1000:.0f} kB): path {a * 1e3:.2f} ms, threatexchange {b * 1e3:.2f} ms, ratio {b / a:.1f}",
                flush=True,
            )
            few = many // 5
            spent: dict[tuple[str, int], float] = {}
            for files in (few, many):
                for number in range(len(list(folder.iterdir())), files):
                    _picture(folder, number, width, height, grain)
                for path in sorted(folder.iterdir())[files:]:
                    path.unlink()
                for stage in ("contents", "weigh"):
                    spent[stage, files] = whole_run(folder, Path(scratch) / f"{stage}{files}", until=stage)
            for stage, words in (("contents", "pipeline"), ("weigh", "with provenance")):
                each = (spent[stage, many] - spent[stage, few]) / (many - few)
                start = spent[stage, few] - few * each
                whole = b * many / spent[stage, many]
                print(
                    f"  {words}, {few} and {many} files: {spent[stage, few]:.1f} and {spent[stage, many]:.1f} CPU s: "
                    f"start {start:.1f} s, {each * 1e3:.2f} ms a file, ratio {b / each:.1f}; with the start {whole:.1f}",
                    flush=True,
                )


def _picture(folder: Path, number: int, width: int, height: int, grain: int = 3) -> Path:
    path = folder / f"{number:05}.jpg"
    scene = draw_scene(9, number).convert("RGB").resize((width, height), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(number).integers(-grain, grain + 1, (height, width, 1), dtype=np.int16)
    pixels = (np.asarray(scene, np.int16) + noise).clip(0, 255).astype(np.uint8)
    held = io.BytesIO()
    Image.fromarray(pixels).save(held, "JPEG", quality=85)
    path.write_bytes(held.getvalue())
    return path


if __name__ == "__main__":
    main()
