"""Reads the small JSON file that a provider's export puts beside a picture: what it says of that picture.

Written for the files of Google Takeout; a file with other names says nothing.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

MOST_BYTES = 1 << 18
_MOST_VALUE = 2000
_TIMES = {"photoTakenTime": "taken_at", "creationTime": "uploaded_at", "photoLastModifiedTime": "changed_at"}
_TEXTS = {"title": "title", "description": "description", "url": "url"}
_PLACES = {"geoData": "", "geoDataExif": "exif_"}
_COORDINATES = ("latitude", "longitude", "altitude")
_LATEST_S = 253_402_300_799  # end of the year 9999


def read_sidecar(descriptor: int) -> dict[str, str]:
    """What the file says, by the names of the table sidecars; empty when it is none."""
    data = os.pread(descriptor, MOST_BYTES + 1, 0)
    if len(data) > MOST_BYTES:
        return {}
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(said, dict) or "title" not in said or not any(name in said for name in _TIMES):
        return {}
    facts = {key: _text(said[name]) for name, key in _TEXTS.items() if said.get(name)}
    facts |= {key: when for name, key in _TIMES.items() if (when := _time(said.get(name)))}
    for name, prefix in _PLACES.items():
        facts |= _place(said.get(name), prefix)
    people = said.get("people")
    if isinstance(people, list):
        names = [_text(person.get("name", "")) for person in people if isinstance(person, dict)]
        facts["people"] = ", ".join(name for name in names if name)[:_MOST_VALUE]
    facts |= _upload(said.get("googlePhotosOrigin"))
    return {key: value for key, value in facts.items() if value}


def _text(value: object) -> str:
    return value[:_MOST_VALUE] if isinstance(value, str) else ""


def _time(value: object) -> str:
    seconds = value.get("timestamp") if isinstance(value, dict) else None
    try:
        number = int(str(seconds))
    except ValueError:
        return ""
    if not 0 < number <= _LATEST_S:
        return ""
    return datetime.fromtimestamp(number, UTC).isoformat()


def _place(value: object, prefix: str) -> dict[str, str]:
    """Coordinates, unless they are the zeros that stand for none."""
    if not isinstance(value, dict):
        return {}
    numbers = {name: value.get(name) for name in _COORDINATES}
    if not any(isinstance(number, int | float) and number for number in numbers.values()):
        return {}
    return {prefix + name: str(number) for name, number in numbers.items() if isinstance(number, int | float)}


def _upload(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    way = next((name for name in value if isinstance(name, str)), "")
    inner = value.get(way)
    facts = {"upload": way[:_MOST_VALUE]}
    if isinstance(inner, dict):
        folder = inner.get("deviceFolder")
        facts["upload_device"] = _text(inner.get("deviceType"))
        facts["upload_folder"] = _text(folder.get("localFolderName")) if isinstance(folder, dict) else ""
    return facts
