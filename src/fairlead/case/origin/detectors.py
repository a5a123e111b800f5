"""Plug-in detectors of a workspace: added with their record, and asked about pictures that are still open."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypedDict

from fairlead.case.origin.searches import run_search
from fairlead.case.origin.second_look import OpenPicture, open_pictures
from fairlead.case.verbs.verb import verb
from fairlead.provenance.detectors import Detector, ask_detector, load_detector
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from fairlead.case.place.session import Session
    from fairlead.engine.progress import Progress
    from fairlead.provenance.signal import Observation

_FOLDER = "detectors"


class DetectorDescribed(TypedDict):
    """A plug-in, with its calibration in words."""

    name: str
    version: str
    sha256: str
    licence: str
    calibration: str


@verb(
    "provenance.detector",
    Action.PROCESS,
    becomes=Operation.COLLECTION,
    command="provenance detector add",
    page="none: a plug-in comes as a folder",
    about=("folder",),
)
def add_detector(session: Session, folder: Path) -> DetectorDescribed:
    """Check a plug-in folder and keep a copy in the workspace, in place of an earlier one of that name."""
    detector = load_detector(folder)
    kept = session.workspace.root / _FOLDER / detector.plugin.name
    kept.mkdir(parents=True, exist_ok=True)
    (kept / "model.onnx").write_bytes(detector.model)
    (kept / "plugin.json").write_text(detector.record, "utf-8")
    session.record(
        Operation.COLLECTION,
        "provenance.detector",
        (detector.plugin.name, detector.plugin.sha256),
        f"plug-in detector, version {detector.plugin.version}",
    )
    return describe_detector(detector)


def list_detectors(session: Session) -> list[DetectorDescribed]:
    """Every plug-in of the workspace, with whether it has a calibration record."""
    folder = session.workspace.root / _FOLDER
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [describe_detector(load_detector(path)) for path in found]


def describe_detector(detector: Detector) -> DetectorDescribed:
    """Name, version, digest, licence, and the calibration in words."""
    plugin = detector.plugin
    calibration = "uncalibrated, no weight"
    if plugin.calibration is not None:
        held = plugin.calibration
        calibration = f"{held.corpus}: {held.real_pictures} real, {held.machine_pictures} machine-made, Cllr {held.cllr:g}"
    return {
        "name": plugin.name,
        "version": plugin.version,
        "sha256": plugin.sha256,
        "licence": plugin.licence,
        "calibration": calibration,
    }


@verb(
    "provenance.detector-run",
    Action.PROCESS,
    becomes=Operation.CONSULTATION,
    command="provenance detector run",
    page="none: it takes long and is asked for rarely",
    about=("name",),
)
def run_detector(
    session: Session, name: str, *, most: int, sha256s: tuple[str, ...] = (), progress: Progress | None = None
) -> dict[str, str | int]:
    """Ask a plug-in about pictures that are still open; what it says never decides alone."""
    if importlib.util.find_spec("onnxruntime") is None:
        raise UsageError(
            "onnxruntime is not installed",
            "Install fairlead with the extra `detectors`.",
            code="DETECTOR-002",
        )
    folder = session.workspace.root / _FOLDER / name
    if not name.replace("-", "").isalnum() or not folder.is_dir():
        raise UsageError(
            f"there is no detector {name}", "See `fairlead provenance detector list`.", code="DETECTOR-003"
        )
    detector = load_detector(folder)
    search = f"detector {name}"
    chosen = open_pictures(session, search, most, sha256s=sha256s)

    def look(row: OpenPicture, descriptor: int) -> Iterator[Observation]:
        yield from ask_detector(
            descriptor, detector, media_type=row["media_type"], width=row["width"], height=row["height"]
        )

    version = f"{detector.plugin.sha256}-{detector.record}"
    found = run_search(session, search, version, chosen, look, progress)
    facts: dict[str, str | int] = {"asked": len(chosen), "answered": found}
    session.record(
        Operation.CONSULTATION, "provenance.detector-run", (name,), "plug-in detector asked", facts=facts
    )
    return facts
