"""The stage that finds model and LoRA files on exhibits, by extension and first bytes, and takes their digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypedDict

import pyarrow as pa

from fairlead.engine.sandbox import STRICT, Outcome, SandboxPolicy, SandboxReply
from fairlead.engine.stage import Opener
from fairlead.provenance.sandboxed import TOOLS, shared_pool
from fairlead.provenance.signal import printable
from fairlead.tables import Table
from fairlead.tables.media import WORKLIST
from fairlead.tables.provenance import TOOL_FILES
from fairlead.tables.rows import ToolFileRow, WorklistRow
from fairlead.terms.errors import ItemError

_EXTENSIONS = {"safetensors", "sft", "ckpt", "pt", "pth", "bin", "gguf"}
_KEPT = ("sha256", "exhibit", "locator", "size_bytes")
_TEXTS = ("format", "role", "autov1", "autov2", "autov3", "blake3", "output_name")


class ToolColumns(TypedDict):
    """Columns of the table tool_files that a worker fills in."""

    format: str
    role: str | None
    autov1: str | None
    autov2: str | None
    autov3: str | None
    blake3: str | None
    output_name: str | None
    trained_pictures: int | None
    trained_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFilesStage:
    """WORKLIST to TOOL_FILES: one row for each content that is a model file."""

    opener: Opener
    sandbox: SandboxPolicy = STRICT
    name: str = "tool files"
    version: str = "1"
    reads: Table = WORKLIST
    writes: Table = TOOL_FILES
    rows_per_task: int = 20_000

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Rows of TOOL_FILES; a file that cannot be read has its verdict elsewhere and no row here."""
        for batch in batches:
            rows = batch.select([*_KEPT, "extension"]).to_pylist()
            found = (self._read(row) for row in rows if row["extension"] in _EXTENSIONS)
            yield TOOL_FILES.batch(row for row in found if row is not None)

    def _read(self, row: WorklistRow) -> ToolFileRow | None:
        pool = shared_pool(TOOLS, self.sandbox)
        try:
            with self.opener(row["exhibit"], row["locator"]) as descriptor:
                columns = columns_of(pool.call({}, [descriptor]))
        except ItemError:
            return None
        if columns is None:
            return None
        return {
            "sha256": row["sha256"],
            "exhibit": row["exhibit"],
            "locator": row["locator"],
            "size_bytes": row["size_bytes"],
            **columns,
        }


def columns_of(reply: SandboxReply) -> ToolColumns | None:
    """A worker's reply as columns; None when the file is no model file or could not be read."""
    untrusted = reply.body if reply.outcome is Outcome.OK else {}
    if not untrusted.get("format"):
        return None
    text = {name: printable(untrusted.get(name), 120) or None for name in _TEXTS}
    form = text["format"]
    if form is None:
        return None
    pictures = str(untrusted.get("trained_pictures") or "")
    return {
        "format": form,
        "role": text["role"],
        "autov1": text["autov1"],
        "autov2": text["autov2"],
        "autov3": text["autov3"],
        "blake3": text["blake3"],
        "output_name": text["output_name"],
        "trained_pictures": int(pictures) if pictures.isdigit() else None,
        "trained_at": _time(str(untrusted.get("trained_at") or "")),
    }


def _time(untrusted_seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(untrusted_seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
