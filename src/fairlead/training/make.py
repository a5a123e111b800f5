"""Makes the whole made-up operation: exhibits, hash sets, mapping, and apart from them the truth."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files as package_files
from pathlib import Path

from fairlead.terms.errors import UsageError
from fairlead.training.camera import photograph
from fairlead.training.conduct import Conduct, make_conduct
from fairlead.training.dump import write_dump
from fairlead.training.exhibits import write_folder, write_image, zip_bytes
from fairlead.training.hash_lists import write_benign, write_pdq, write_vics
from fairlead.training.hostile import hostile_files
from fairlead.training.media_store import SOURCE_NAME, StoredFile, make_store
from fairlead.training.pictures import draw_scene
from fairlead.training.tables_of_records import write_log, write_networks, write_payments, write_replies
from fairlead.training.tools import make_checkpoint, make_lora

SEIZED_AT = datetime(2025, 9, 16, 4, 0, tzinfo=UTC)
SLUG = "lanternfish"
_ROTATED_SHARE = 3  # one line in three is in the rotated, compressed log

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeOperation:
    """Where the made-up operation lies and how large it came out."""

    folder: Path
    files: int
    pictures: int
    persons: int
    accounts: int
    log_lines: int


def make_operation(folder: Path, *, seed: int, scale: float, tell: Tell = lambda _: None) -> MadeOperation:
    """Write the operation below ``folder``, which must be empty or absent.

    The same seed and scale give the same bytes. ``folder/truth`` is for measuring only: no command that
    works on exhibits reads it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "the folder for the made-up operation is not empty",
            "Name a folder that is empty or does not exist.",
            code="USAGE-FOLDER",
        )
    tell("drawing pictures")
    store = list(make_store(seed, scale))
    conduct = make_conduct(seed, scale, [f"/media/{file.path}" for file in store])
    place = _Placement(store)
    tell("writing exhibits")
    count = _write_exhibits(folder, conduct, place, seed)
    tell("writing hash sets")
    lists = folder / "lists"
    lists.mkdir(parents=True)
    (lists / "national-vics.json").write_bytes(write_vics(store, seed))
    (lists / "stock-pictures.csv").write_bytes(write_benign(store, seed))
    (lists / "partner-pdq.txt").write_bytes(write_pdq(store, seed))
    (folder / "networks.csv").write_bytes(write_networks())
    data = package_files("fairlead.training") / "data"
    for name in ("operation.toml", "mapping.toml"):
        (folder / name).write_text((data / name).read_text())
    lines, garbage = count["log_lines"], count["garbage"]
    _write_truth(folder / "truth", store, place, conduct, garbage=garbage, lines=lines)
    return MadeOperation(
        folder=folder,
        files=count["files"],
        pictures=len(store),
        persons=len(conduct.persons),
        accounts=len(conduct.accounts),
        log_lines=lines,
    )


def _tools(seed: int) -> dict[str, bytes]:
    """What lies beside the pictures on the operator's computer: a model, a LoRA, and the picture that was loaded."""
    return {
        f"Users/op/webui/models/Stable-diffusion/{make_checkpoint(seed).name}": make_checkpoint(seed).data,
        f"Users/op/webui/models/Lora/{make_lora(seed).name}": make_lora(seed).data,
        f"Users/op/ComfyUI/input/{SOURCE_NAME}": photograph(draw_scene(seed, 750_000), device=100, shot=1),
    }


class _Placement:
    """Which file of the store goes into which exhibits; every eighth is in two."""

    def __init__(self, store: Sequence[StoredFile]) -> None:
        self.web: list[StoredFile] = []
        self.laptop: list[StoredFile] = []
        self.disk: list[StoredFile] = []
        self.deleted: list[StoredFile] = []
        for index, file in enumerate(store):
            (self.web, self.web, self.laptop, self.disk)[index % 4].append(file)
            if index % 8 == 0:
                (self.laptop, self.disk)[index // 8 % 2].append(file)
        for file in [file for file in store if file.derived][
            :4
        ]:  # beside the picture that they were made from
            if file not in self.laptop:
                self.laptop.append(file)
        self.deleted = self.disk[1::9]

    def exhibits_of(self) -> dict[str, list[str]]:
        """SHA-256 → exhibits that hold it."""
        held: dict[str, list[str]] = {}
        for exhibit, listed in (("NSK/1", self.web), ("NSK/2", self.laptop), ("NSK/3", self.disk)):
            for file in listed:
                held.setdefault(file.sha256, []).append(exhibit)
        return held


def _write_exhibits(folder: Path, conduct: Conduct, place: _Placement, seed: int) -> dict[str, int]:
    exhibits = folder / "exhibits"
    exhibits.mkdir(parents=True)
    web = {f"media/{file.path}".encode(): file.data for file in place.web}
    web |= {
        b"index.html": b"<!doctype html><title>Lanternfish</title><p>Sign in.</p>\n",
        b"robots.txt": b"User-agent: *\nDisallow: /\n",
    }
    web |= hostile_files(seed)
    write_folder(exhibits / "webserver", web, at=SEIZED_AT)
    (exhibits / "webserver" / "current").symlink_to("media")

    inner = zip_bytes({f"old/{f.path}": f.data for f in place.laptop[::5]}, at=SEIZED_AT)
    laptop = {f"Users/op/Pictures/{f.path}": f.data for f in place.laptop[1::5] + place.laptop[2::5]}
    laptop |= {f"Users/op/Desktop/{f.path}": f.data for f in place.laptop[3::5] + place.laptop[4::5]}
    laptop["Users/op/backup.zip"] = inner
    laptop |= _tools(seed)
    laptop["Users/op/notes.txt"] = b"Buy new mooring lines.\n"
    (exhibits / "laptop.zip").write_bytes(zip_bytes(laptop, at=SEIZED_AT))

    split = len(conduct.visits) // _ROTATED_SHARE
    rotated, garbage_rotated = write_log(conduct.visits[:split], seed)
    current, garbage_current = write_log(conduct.visits[split:], seed + 1)
    media = [(f"/media/{f.path}", f.sha256) for f in [*place.web, *place.laptop, *place.disk]]
    disk = {
        b"var/log/nginx/access.log": current,
        b"var/log/nginx/access.log.1.gz": gzip.compress(rotated, mtime=0),
        b"var/backups/lanternfish.sql": write_dump(conduct, sorted(set(media))),
        b"etc/nginx/sites-enabled/lanternfish": b"server { auth_basic on; }\n",
    }
    disk |= {f"srv/lanternfish/media/{f.path}".encode(): f.data for f in place.disk}
    write_image(
        exhibits / "server.dd",
        disk,
        [f"/srv/lanternfish/media/{f.path}" for f in place.deleted],
        at=SEIZED_AT,
        seed=seed,
    )
    replies = {b"payments.csv": write_payments(conduct), b"subscribers.csv": write_replies(conduct)}
    write_folder(exhibits / "replies", replies, at=SEIZED_AT)
    damaged = zip_bytes({f"rescued/{f.path}": f.data for f in place.laptop[:6]}, at=SEIZED_AT)
    (exhibits / "damaged.zip").write_bytes(damaged[: len(damaged) * 2 // 3])
    return {
        "files": len(web) + 1 + len(laptop) + len(place.laptop[::5]) + len(disk) + len(replies) + 6,
        "log_lines": len(conduct.visits) + garbage_rotated + garbage_current,
        "garbage": garbage_rotated + garbage_current,
    }


def _write_truth(
    folder: Path,
    store: Sequence[StoredFile],
    place: _Placement,
    conduct: Conduct,
    *,
    garbage: int,
    lines: int,
) -> None:
    folder.mkdir()
    held = place.exhibits_of()
    contents = {
        f.sha256: {
            "group": f.group,
            "alteration": f.alteration,
            "derived": f.derived,
            "exhibits": held[f.sha256],
        }
        for f in store
    }
    accounts = {
        str(a.number): {
            "person": a.person,
            "status": a.status,
            "country": conduct.persons[a.person].country if a.person is not None else None,
            "supported_country": conduct.supported[a.number],
            "traps": sorted(t for t, numbers in conduct.traps.items() if a.number in numbers),
        }
        for a in conduct.accounts
    }
    payments = {
        p.reference: {"account": p.account, "payer": p.payer, "kind": p.kind} for p in conduct.payments
    }
    replies = {r.reference: {"person": r.person} for r in conduct.replies}
    for name, value in (
        ("contents", contents), ("accounts", accounts), ("payments", payments), ("replies", replies),
        ("log", {"lines": lines, "garbage": garbage}),
    ):  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps(value, indent=1, sort_keys=True) + "\n")
