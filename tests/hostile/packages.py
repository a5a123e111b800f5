"""Packages that a country with real keys of its own made to reach out of their folder: signed, sealed, and hostile."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.leads.bag import close_bag, make_bag, unpack
from fairlead.leads.dsse import sign_statement
from fairlead.leads.opening import decrypt
from fairlead.leads.package import LEDGER_FILE, PREDICATE_TYPE, STATEMENT_FILE, PackagePlan, encrypt
from tests.leads.builders import AT, PREPARER, RELEASER, SWEDEN, build, plan, proof_file, prove

BAD_COUNTRIES = (
    "../..",
    "/etc",
    "",
    ".",
    "..",
    "D",
    "dk",
    "DKK",
    "D\n",
    "D\0",
    "*",
    "??",
    "\uff24\uff2b",
    "NO",
    7,
    None,
)
BAD_OPERATIONS = (
    "../../../home", "/etc", "", ".", "..", "a/b", "a\\b", "C:", "con", "a\0b", "a\nb", "*", "[a]", "a.", "a ", "a" * 51,
    "l\u0430nternfish", "\uff4canternfish", "lanternfish\u202e", ["x"], {"a": 1}, 1,
)  # fmt: skip
BAD_PACKAGES = (
    "../lanternfish-SE-0001", "/lanternfish-SE-0001", "lanternfish-SE-0001/..", "*", "lanternfish-SE-*", "..", "",
    "lanternfish-SE-0001 ", "lanternfish-SE-0001.", "lanternfish-SE-0001\n", "lanternfish-SE-\u0660\u0660\u0660\u0661",
    "lanternfish-NO-0001", "otherfish-SE-0001", "lanternfish-SE-0002",
)  # fmt: skip
BAD_PATHS = (
    "/abs", "../up", "data/../../up", "data/./x.txt", "data//x.txt", "data/", "data/x.txt/", "data/a\\..\\x.txt", "C:x.txt",
    "data/C:/x.txt", "data/*.txt", "data/[a].txt", "data/x\x01.txt", "data/x\n.txt", "data/x.txt.", "data/x.txt ",
    "data/.ssh/authorized_keys", "data/~/x.txt", "data/nul", "data/" + "x" * 101, "data/" + "/".join("abcdefghi") + "/x.txt",
    "data/" + "/".join(["y" * 60] * 4), "data/x\u202e.txt", "data/\uff0e\uff0e/x.txt", "data/re\u0301sume\u0301.txt", "data/a;b.txt",
    "data/$(touch x).txt", "data/`x`.txt",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How a package differs from an honest one, ``honest``. ``members`` are added to the archive as they are, at its end."""

    honest: PackagePlan = field(default_factory=plan)
    said: Mapping[str, object] = field(default_factory=dict)
    root: str | None = None
    payload: Mapping[str, bytes] = field(default_factory=dict)
    members: tuple[tuple[tarfile.TarInfo, bytes], ...] = ()
    name_of: Callable[[str, str], str] = lambda root, path: f"{root}/{path}"
    prove_as: str | None = None


def hostile(made: Made = Made()) -> bytes:
    """A package with two good signatures, a good ledger proof and good manifests, for Sweden."""
    _, honest = unpack(decrypt(build(made.honest).data, str(SWEDEN)))
    payload = {path.removeprefix("data/"): data for path, data in honest.items() if path.startswith("data/")}
    cover = json.loads(payload["package.json"])
    payload["package.json"] = (
        json.dumps({**cover, **made.said}, indent=1, ensure_ascii=False) + "\n"
    ).encode()
    files = make_bag({**payload, **made.payload}, _info_of(cover, made.said))
    name = str(made.said.get("package", cover["package"]))
    manifest = hashlib.sha256(files["manifest-sha256.txt"]).hexdigest()
    files[LEDGER_FILE] = proof_file(prove(name, manifest))
    subjects = {p: hashlib.sha256(d).hexdigest() for p, d in files.items() if not p.startswith("data/")}
    says: dict[str, Any] = {
        key: cover[key]
        for key in ("format", "package", "version", "operation", "from", "to", "built_at", "legal_basis")
    }
    says["recipients"] = list(plan().recipients)
    envelope = sign_statement(subjects, PREDICATE_TYPE, {**says, **made.said}, [PREPARER, RELEASER])
    files[STATEMENT_FILE] = envelope.encode()
    return encrypt(
        _packed(close_bag(files), made, made.root if made.root is not None else name), plan().recipients
    )


def _info_of(cover: Mapping[str, Any], said: Mapping[str, object]) -> dict[str, str]:
    """The tags that an honest program writes for what the package says of itself."""
    says = {**cover, **said}
    return {
        "External-Identifier": str(says["package"]),
        "Source-Organization": str(says["from"]),
        "Bagging-Date": AT.date().isoformat(),
        "Internal-Sender-Description": f"1 leads for {says['to']}",
    }


def _packed(files: Mapping[str, bytes], made: Made, root: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, data in sorted(files.items()):
            member = tarfile.TarInfo(made.name_of(root, path))
            member.size, member.mtime = len(data), int(AT.timestamp())
            archive.addfile(member, io.BytesIO(data))
        for member, data in made.members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    """A member of the archive of any kind."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made
