"""The lists by which C2PA signers are trusted: imported by an operator, kept in the workspace, named in reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

from fairlead.case.place.session import Session
from fairlead.case.place.workspace import Workspace
from fairlead.case.verbs.verb import verb
from fairlead.provenance.trust import Trust, TrustList, build_trust, parse_list
from fairlead.register.actions import Action
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError
from fairlead.terms.provenance import TrustFile

_FOLDER = "trust"
_MOST_BYTES = 64 << 20


@verb(
    "provenance.trust",
    Action.PROCESS,
    becomes=Operation.COLLECTION,
    command="provenance trust import",
    page="none: a list of certificates comes as a file",
    about=("kind", "name"),
)
def import_trust_list(
    session: Session, file: Path, *, kind: TrustFile, name: str, version: str
) -> dict[str, str]:
    """Take a list in, in place of an earlier one of the same kind and name; in the ledger with its digest."""
    if not name.replace("-", "").isalnum() or not name.isascii():
        raise UsageError(
            "the name of the list cannot be used", "Use letters, digits and -.", code="TRUST-002"
        )
    try:
        text = file.read_text("utf-8") if file.stat().st_size <= _MOST_BYTES else ""
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(
            f"the list {file.name} cannot be read", "Check the path and the file.", code="TRUST-003"
        ) from problem
    imported = parse_list(kind, name, version, text)
    folder = session.workspace.root / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    kept = folder / f"{kind.value}-{name}.json"
    temporary = kept.with_suffix(".new")
    temporary.write_text(json.dumps({**imported.described(), "text": text}))
    temporary.rename(kept)
    session.record(
        Operation.COLLECTION,
        "provenance.trust",
        (f"{kind.value}-{name}", imported.sha256),
        f"version {version}",
    )
    return imported.described()


def find_trust(workspace: Workspace) -> Trust:
    """All lists of the workspace; none means that no signer is trusted."""
    folder = workspace.root / _FOLDER
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return build_trust(_list(json.loads(file.read_text())) for file in files)


class _Kept(TypedDict):
    kind: str
    name: str
    version: str
    sha256: str
    text: str


def _list(kept: _Kept) -> TrustList:
    return TrustList(
        kind=TrustFile(kept["kind"]),
        name=kept["name"],
        version=kept["version"],
        sha256=kept["sha256"],
        text=kept["text"],
    )
