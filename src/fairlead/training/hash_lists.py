"""Hash sets as partners send them: VICS, CSV and PDQ lists, with entries nothing matches and lines that are broken."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
from collections.abc import Sequence

from fairlead.media.pdq import hash_picture
from fairlead.terms.matching import PdqMode
from fairlead.training.media_store import StoredFile
from fairlead.training.pictures import as_jpeg, draw_scene

_FILLERS = 200
_DISTRACTORS = 60


def write_vics(files: Sequence[StoredFile], seed: int) -> bytes:
    """A VICS 1.3 hash set of everything `listed`, among entries that nothing here matches."""
    rng = random.Random(f"{seed}/vics")
    media: list[dict[str, object]] = []
    for index, file in enumerate(f for f in files if f.group == "listed"):
        item: dict[str, object] = {
            "MediaID": index + 1,
            "Category": (3, 2, 1)[index % 3],
            "MD5": hashlib.md5(file.data, usedforsecurity=False).hexdigest().upper(),
            "MediaSize": str(len(file.data)),
        }
        if index % 2:
            item["SHA1"] = hashlib.sha1(file.data, usedforsecurity=False).hexdigest()
        media.append(item)
    for index in range(_FILLERS):
        media.append({"MediaID": 10_000 + index, "Category": 0, "MD5": f"{rng.getrandbits(128):032x}"})
    media.append({"MediaID": 99_990, "Category": 1, "MD5": "d41d8cd98f00b204e9800998ecf8427e"})
    media.append({"MediaID": 99_991, "Category": None, "MD5": "not-a-hash"})
    rng.shuffle(media)
    envelope = {
        "odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media",
        "value": media,
    }
    return json.dumps(envelope, indent=1).encode()


def write_benign(files: Sequence[StoredFile], seed: int) -> bytes:
    """A CSV of files known to be harmless, with two malformed lines."""
    rng = random.Random(f"{seed}/benign")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["sha256", "note"])
    for file in files:
        if file.group == "benign":
            writer.writerow([file.sha256, "stock landscape"])
    for _ in range(_FILLERS):
        writer.writerow([f"{rng.getrandbits(256):064x}", "filler"])
    writer.writerow(["zz", "not a hash"])
    writer.writerow([""])
    return buffer.getvalue().encode()


def write_pdq(files: Sequence[StoredFile], seed: int) -> bytes:
    """A PDQ list of the originals behind the altered copies, among hashes of pictures nobody holds."""
    lines = [_pdq(file.original) for file in files if file.group == "altered" and file.original]
    lines += [_pdq(as_jpeg(draw_scene(seed, 800_000 + n))) for n in range(_DISTRACTORS)]
    lines += ["not-a-pdq-hash", "0" * 64]
    return ("\n".join(lines) + "\n").encode()


def _pdq(data: bytes) -> str:
    return hash_picture(data, PdqMode.FULL).bits.hex()
