"""From exhibits to core hours and disk: python -m benchmarks.scale.plan --devices 173

Multiplies what a device is taken to hold by what was measured (docs/explanation/capacity.md says where). Every assumption is
an option: put the figures of your own exhibits in.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

HOUR = 3600.0
MIB, GIB, TIB = 1 << 20, 1 << 30, 1 << 40


@dataclass(frozen=True)
class Device:
    """What one device is taken to hold."""

    tib: float = 1.0
    files: int = 400_000
    distinct: float = 0.3
    pictures: int = 60_000  # distinct ones
    megapixels: float = 8.0
    video_hours: float = 20.0


@dataclass(frozen=True)
class Coefficients:
    """Processor seconds of one core, and bytes, as measured."""

    digest_s_a_gib: float = 2 * 0.7 + 3.1  # received, checked again, and every file's three digests
    picture_s: float = 0.012  # fixed part of a picture: sandbox, metadata, small decode
    megapixel_s: float = 0.0128  # decoding and hashing 2.7 ms, watermarks 10.1 ms
    video_s_an_hour: float = HOUR / 11.6  # one frame a second, 720 lines
    file_s: float = 38e-6  # everything that is done with rows
    query_s: float = 8 * 8 / 11_666  # one picture in eight turns against 100 million entries in eight pieces
    bytes_a_file: float = 200 + 3 * 220
    index_bytes: float = 100e6 * 103


@dataclass(frozen=True)
class Plan:
    """What an operation takes: hours of one core by kind of work, and space beside the exhibits."""

    tib: float
    files: int
    core_hours: dict[str, float]
    disk_gib: float

    @property
    def hours(self) -> float:
        return sum(self.core_hours.values())


def plan(devices: int, device: Device = Device(), cost: Coefficients = Coefficients()) -> Plan:
    """Core hours and disk of an operation."""
    pictures = devices * device.pictures
    work = {
        "digests": devices * device.tib * 1024 * cost.digest_s_a_gib,
        "pictures": pictures * (cost.picture_s + device.megapixels * cost.megapixel_s),
        "videos": devices * device.video_hours * cost.video_s_an_hour,
        "matching": pictures * cost.query_s,
        "rows": devices * device.files * cost.file_s,
    }
    files = devices * device.files
    disk = (files * cost.bytes_a_file + cost.index_bytes) / GIB
    return Plan(
        tib=devices * device.tib,
        files=files,
        core_hours={k: s / HOUR for k, s in work.items()},
        disk_gib=disk,
    )


def row(name: str, made: Plan, cores: int) -> str:
    """A line of the page's table."""
    cells = [name, f"{made.tib:,.0f}", f"{made.files / 1e6:,.1f} M"]
    cells += [f"{hours:,.0f}" for hours in made.core_hours.values()]
    cells += [f"{made.hours:,.0f}", f"{made.hours / cores:,.1f} h on {cores} cores", f"{made.disk_gib:,.0f}"]
    return "| " + " | ".join(cells) + " |"


ROWS = (("1 device", 1, 16), ("173 devices", 173, 64), ("1,730 devices", 1730, 512))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int)
    parser.add_argument("--cores", type=int, default=64)
    for name, kind in Device.__annotations__.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=float if "float" in kind else int,
            default=getattr(Device, name, None),
        )
    asked = parser.parse_args()
    device = Device(**{name: getattr(asked, name) for name in Device.__annotations__})
    rows = [(f"{asked.devices:,} devices", asked.devices, asked.cores)] if asked.devices else ROWS
    for name, devices, cores in rows:
        sys.stdout.write(row(name, plan(devices, device), cores) + "\n")


if __name__ == "__main__":
    main()
