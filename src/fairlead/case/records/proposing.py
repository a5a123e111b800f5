"""Drafts one mapping for everything under an exhibit that looks like records."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from fairlead.case.place.exhibits import opener_of
from fairlead.case.place.session import Session
from fairlead.case.records.losses import walked_exhibits
from fairlead.engine.catalogue import Catalogue
from fairlead.records.propose import Place, Proposal, propose
from fairlead.records.survey import Surveyed
from fairlead.records.surveying import Surveyor
from fairlead.tables.evidence import FILES
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError

MOST_FILES = 500
_NEVER = re.compile(
    r"(?i)\.(jpe?g|png|gif|webp|avif|heic|bmp|svg|ico|tiff?|mp[34]|m4[av]|mov|webm|mkv|avi|wav|ogg|flac|pdf|docx?|pptx?"
    r"|php|pyc?|js|css|scss|html?|rb|go|java|class|so|a|o|exe|dll|woff2?|ttf|eot|map|lock|pem|key|crt|zip|7z|rar|tar|iso"
    r"|safetensors|ckpt|gguf|pth?|onnx)$"
)
_ROTATED = re.compile(r"(?:[.-]\d{1,8})*(?:\.(?:gz|xz|bz2|zst))?$")


def propose_records(session: Session, *, exhibit: str, path: str | None, name: str) -> Proposal:
    """Draft a mapping for the files of an exhibit that fit a path or pattern; for all but media and programs without one.

    Raises UsageError where no file fits, or where nothing in them looks like records.
    """
    session.require_sight()
    catalogue = Catalogue(session.store, (FILES,))
    try:
        files = catalogue.rows(
            "SELECT locator, path FROM files f WHERE verdict = 'read' AND allocation = 'live' AND exhibit = $e "
            "AND size_bytes > 0 AND NOT EXISTS (SELECT 1 FROM files m WHERE m.exhibit = $e AND m.verdict = 'read' "
            "AND starts_with(m.locator, f.locator || '!')) ORDER BY path, locator",
            {"e": exhibit},
        )
    finally:
        catalogue.close()
    fitting = [
        file
        for file in files
        if (_NEVER.search(file["path"]) is None if path is None else fnmatchcase(file["path"], path))
    ]
    if not fitting and exhibit not in walked_exhibits(session.store):
        raise UsageError(
            f"exhibit {exhibit} has no files yet",
            "Run `fairlead process` first; `fairlead exhibit list` shows the exhibits.",
            code="USAGE-FILE",
        )
    if not fitting:
        raise UsageError(
            f"no readable file of exhibit {exhibit} fits",
            "Give a path or a pattern; `fairlead table files` lists them.",
            code="USAGE-FILE",
        )
    found: list[tuple[Place, Surveyed]] = []
    opener = opener_of(session)
    with Surveyor() as surveyor:
        for several in _together(fitting)[:MOST_FILES]:
            with opener(exhibit, several[0]["locator"]) as descriptor:
                seen = surveyor.look_at(descriptor)
            shown = several[0]["path"] if len(several) == 1 else _ROTATED.sub("", several[0]["path"]) + "*"
            found.append((Place(exhibit, shown), seen))
    session.record(Operation.CONSULTATION, "records.propose", (exhibit, path or "*"), "mapping drafted")
    return propose(found, name=name)


def _together(files: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """Files that are parts of one rotated log, and others by themselves."""
    groups: dict[str, list[dict[str, str]]] = {}
    for file in files:
        stem = (
            _ROTATED.sub("", file["path"])
            if "log" in file["path"].rpartition("/")[2].lower()
            else file["path"]
        )
        groups.setdefault(stem, []).append(file)
    return list(groups.values())
