"""Devices of the case as references: made from their pictures, compared with everything, and groups without any."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TypedDict

import numpy as np
import pyarrow as pa

from fairlead.case.origin.searches import Content, run_search
from fairlead.case.place.exhibits import opener_of
from fairlead.case.place.session import Session
from fairlead.case.verbs.verb import verb
from fairlead.engine.catalogue import Catalogue
from fairlead.engine.lock import sole_writer
from fairlead.engine.parts import part_name
from fairlead.engine.progress import Done, Progress, Silent
from fairlead.media.examine import examine_file
from fairlead.provenance.devices import (
    LEAST_PICTURES,
    Device,
    Noise,
    compare_structure,
    compare_with,
    extract_noise,
    structure_of,
)
from fairlead.provenance.noise_groups import agreeing, group_noise
from fairlead.provenance.signal import Item, ItemColumns, Observation, item_of
from fairlead.register.actions import Action
from fairlead.tables.evidence import FILES
from fairlead.tables.media import CONTENTS, EXAMINED
from fairlead.tables.provenance import NOISE_GROUPS, REFERENCES, TRACED
from fairlead.tables.rows import DeviceReferenceRow, NoiseGroupRow
from fairlead.terms.custody import Operation
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.origin import reading_order

SEARCH = "devices"
_MOST_PICTURES = 60
_MOST_GROUPED = 2000
_CROP = 384


class ReferenceListed(TypedDict):
    """A reference without its fingerprint."""

    device: str
    kind: str
    value: str
    width: int | None
    height: int | None
    pictures: int
    added_at: datetime


class MadeReference(TypedDict):
    """What was made from the pictures of a device: rows of the table without fingerprints."""

    device: str
    references: list[dict[str, object]]


class _Sized(Content):
    width: int
    height: int


class _Stored(Content):
    metadata: list[ItemColumns] | None


class _Traced(_Stored):
    width: int | None
    height: int | None


class _Chosen(_Traced):
    items: list[Item]
    fits: bool


@verb(
    "provenance.reference",
    Action.PROCESS,
    becomes=Operation.COLLECTION,
    command="provenance reference add",
    page="none: pictures of a device lie beside the exhibit",
    about=("device",),
)
def add_reference(
    session: Session, device: str, *, paths: tuple[Path, ...] = (), exhibit: str = "", like: str = ""
) -> MadeReference:
    """Make a reference from loose pictures that a device took, or from those of an exhibit whose path is like.

    Structures come from every picture; a fingerprint of the sensor, for each size, from at least four pictures whose
    noise agrees: those that another device took are left out. A picture is never compared with a fingerprint that
    it is part of.
    Raises UsageError when nothing usable is given.
    """
    from fairlead.provenance.pixels.noise import combine_noise

    if not device.strip() or not device.isprintable() or len(device) > 60:
        raise UsageError("the name of the device cannot be used", "Give a short name.", code="DEVICE-001")
    structures: dict[str, list[str]] = defaultdict(list)
    noises: dict[tuple[int, int], list[tuple[str, Noise]]] = defaultdict(list)
    given = _loose(paths) if paths else _stored(session, exhibit, like)
    for sha256, structure, noise in given:
        if structure:
            structures[structure].append(sha256)
        if noise is not None:
            noises[noise[0].shape].append((sha256, noise))
    at = session.clock()
    rows: list[DeviceReferenceRow] = [
        {
            "device": device,
            "kind": "structure",
            "value": value,
            "pictures": len(held),
            "sha256s": sorted(held),
            "added_at": at,
        }
        for value, held in sorted(structures.items())
    ]
    for (height, width), pairs in sorted(noises.items()):
        used = sorted(pairs, key=lambda pair: pair[0])[:_MOST_PICTURES]
        used = [used[place] for place in agreeing([noise for _, (noise, _) in used])]
        if len(used) >= LEAST_PICTURES:
            made = combine_noise([pair for _, pair in used])
            packed = made.astype(np.float16).tobytes()
            rows.append(
                {"device": device, "kind": "noise", "value": hashlib.sha256(packed).hexdigest(), "width": width,
                 "height": height, "pictures": len(used), "sha256s": [sha256 for sha256, _ in used], "fingerprint": packed,
                 "added_at": at}
            )  # fmt: skip
    if not rows:
        raise UsageError(
            "no reference can be made from these pictures",
            f"Give pictures as the device wrote them, at least {LEAST_PICTURES} of one size for its noise.",
            code="DEVICE-002",
        )
    with sole_writer(session.workspace.operation(session.operation)):
        session.store.write(REFERENCES, part_name("device", device), [REFERENCES.batch(rows)])
    session.record(
        Operation.COLLECTION,
        "provenance.reference",
        (device, *(row["value"] for row in rows)),
        "reference of a device of the case",
        facts={"structures": len(structures), "fingerprints": sum(row["kind"] == "noise" for row in rows)},
    )
    shown: list[dict[str, object]] = [
        {k: v for k, v in row.items() if k not in {"fingerprint", "sha256s"}} for row in rows
    ]
    return {"device": device, "references": shown}


def list_references(session: Session) -> list[ReferenceListed]:
    """Every reference without its fingerprint."""
    session.require_sight()
    catalogue = Catalogue(session.store, (REFERENCES,))
    try:
        return catalogue.rows_as(
            ReferenceListed,
            "SELECT device, kind, value, width, height, pictures, added_at FROM device_references ORDER BY ALL",
        )
    finally:
        catalogue.close()


@verb(
    "provenance.compare",
    Action.PROCESS,
    becomes=Operation.COMBINATION,
    command="provenance compare",
    page="none: it takes long and is asked for rarely",
)
def compare_devices(session: Session, *, progress: Progress | None = None) -> dict[str, str | int]:
    """Compare every picture of the operation with every reference: structure of all, noise of those of its size."""
    devices = _devices(session)
    if not devices:
        raise UsageError(
            "there is no reference yet",
            "Make one with `fairlead provenance reference add`.",
            code="DEVICE-003",
        )
    sizes = {d.fingerprint.shape for d in devices if d.fingerprint is not None}
    structures = frozenset[str]().union(*(d.structures for d in devices))
    catalogue = Catalogue(session.store, (TRACED,))
    try:
        rows = catalogue.rows_as(
            _Traced, "SELECT sha256, exhibit, locator, width, height, metadata FROM traced"
        )
    finally:
        catalogue.close()
    chosen: list[_Chosen] = []
    for row in rows:
        items = [item_of(columns) for columns in row["metadata"] or ()]
        fits = (_usable(row["height"]), _usable(row["width"])) in sizes
        if fits or structure_of(items) in structures:
            chosen.append({**row, "items": items, "fits": fits})

    def look(row: _Chosen, descriptor: int) -> Iterator[Observation]:
        others = [d for d in devices if row["sha256"] not in d.pictures]
        yield from compare_structure(row["items"], others)
        if row["fits"]:
            size = (_usable(row["height"]), _usable(row["width"]))
            same = [d for d in others if d.fingerprint is not None and d.fingerprint.shape == size]
            yield from compare_with(descriptor, same)

    version = hashlib.sha256(repr(_values(session)).encode()).hexdigest()[:16]
    found = run_search(session, SEARCH, version, chosen, look, progress)
    facts: dict[str, str | int] = {"compared": len(chosen), "agreeing": found}
    session.record(
        Operation.COMBINATION, "provenance.compare", tuple(d.name for d in devices), "compared", facts=facts
    )
    return facts


@verb(
    "provenance.noise-groups",
    Action.PROCESS,
    becomes=Operation.COMBINATION,
    command="provenance groups",
    page="none: it takes long and is asked for rarely",
)
def group_by_noise(
    session: Session, *, most: int = _MOST_GROUPED, progress: Progress | None = None
) -> list[NoiseGroupRow]:
    """Group pictures of one size by sensor noise, without any device; at most ``most`` of each size."""
    catalogue = Catalogue(session.store, (CONTENTS,))
    try:
        rows = catalogue.rows_as(
            _Sized,
            """SELECT sha256, exhibit, locator, width, height FROM contents
               WHERE family = 'picture' AND verdict = 'decoded' AND least(width, height) >= 256
               QUALIFY count(*) OVER (PARTITION BY width, height) > 2
               ORDER BY width, height, sha256""",
        )
    finally:
        catalogue.close()
    by_size: dict[tuple[int, int], list[_Sized]] = defaultdict(list)
    for row in rows:
        by_size[row["width"], row["height"]].append(row)
    opener, shown = opener_of(session), progress or Silent()
    shown.begin("noise groups", len(rows))
    grouped: list[NoiseGroupRow] = []
    for listed in by_size.values():
        chosen = listed[:most]
        noises: dict[str, Noise] = {}
        for row in sorted(chosen, key=_reading):
            shown.advance("noise groups", Done(rows=1))
            try:
                with opener(row["exhibit"], row["locator"]) as descriptor:
                    noise = extract_noise(descriptor, crop=_CROP)
            except ItemError:
                continue
            if noise is not None:
                noises[row["sha256"]] = noise
        held = [(row["sha256"], noises[row["sha256"]][0]) for row in chosen if row["sha256"] in noises]
        for group in group_noise([noise for _, noise in held]):
            first = held[group.members[0]][0]
            grouped += [
                {
                    "sha256": held[m][0],
                    "noise_group": first,
                    "size": len(group.members),
                    "agreement": round(z, 3),
                }
                for m, z in zip(group.members, group.agreement, strict=True)
            ]
    shown.finish("noise groups")
    grouped.sort(key=lambda row: (row["noise_group"], row["sha256"]))
    with sole_writer(session.workspace.operation(session.operation)):
        name = part_name("noise-groups", hashlib.sha256(repr(grouped).encode()).hexdigest())
        session.store.write(NOISE_GROUPS, name, [NOISE_GROUPS.batch(grouped)])
        session.store.keep_only(NOISE_GROUPS, {name})
    groups = len({row["noise_group"] for row in grouped})
    session.record(
        Operation.COMBINATION,
        "provenance.noise-groups",
        (),
        "grouped by sensor noise",
        facts={"groups": groups},
    )
    return grouped


def _loose(paths: tuple[Path, ...]) -> Iterator[tuple[str, str, Noise | None]]:
    for path in sorted(paths):
        examined = examine_file(path)
        if examined.get("verdict") != "decoded":
            continue
        items = [item_of(columns) for columns in examined.get("metadata") or ()]
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            yield sha256, structure_of(items), extract_noise(descriptor)
        finally:
            os.close(descriptor)


def _stored(session: Session, exhibit: str, like: str) -> Iterator[tuple[str, str, Noise | None]]:
    catalogue = Catalogue(session.store, (FILES, EXAMINED))
    try:
        rows = catalogue.rows_as(
            _Stored,
            """SELECT e.sha256, any_value(e.exhibit) AS exhibit, any_value(e.locator) AS locator,
                      any_value(e.metadata) AS metadata
               FROM examined e JOIN files f USING (sha256)
               WHERE f.exhibit = $exhibit AND f.path LIKE $like AND e.family = 'picture' AND e.verdict = 'decoded'
               GROUP BY e.sha256 ORDER BY e.sha256 LIMIT 200""",
            {"exhibit": exhibit, "like": like or "%"},
        )
    finally:
        catalogue.close()
    opener = opener_of(session)
    read: dict[str, tuple[str, str, Noise | None]] = {}
    for row in sorted(rows, key=_reading):
        items = [item_of(columns) for columns in row["metadata"] or ()]
        with opener(row["exhibit"], row["locator"]) as descriptor:
            read[row["sha256"]] = row["sha256"], structure_of(items), extract_noise(descriptor)
    for row in rows:
        yield read[row["sha256"]]


def _reading(row: Content) -> tuple[str, tuple[str, ...]]:
    return row["exhibit"], reading_order(row["locator"])


def _devices(session: Session) -> list[Device]:
    table: pa.Table = session.store.read(REFERENCES)
    devices = []
    for row in sorted(table.to_pylist(), key=lambda r: (r["device"], r["kind"], r["value"])):
        fingerprint = None
        if row["fingerprint"] is not None:
            flat = np.frombuffer(row["fingerprint"], np.float16).astype(np.float32)
            fingerprint = flat.reshape(row["height"], row["width"])
        devices.append(
            Device(
                name=row["device"],
                structures=frozenset({row["value"]}) if row["kind"] == "structure" else frozenset(),
                fingerprint=fingerprint,
                pictures=frozenset(row["sha256s"]),
            )
        )
    return devices


def _values(session: Session) -> list[tuple[str, str]]:
    return sorted((row["device"], row["value"]) for row in list_references(session))


def _usable(side: int | None) -> int:
    return (side or 0) // 16 * 16
