"""Key files of a workspace: the ledger's, the officers', and age identities of a country."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from fairlead.case.place.tokens import TokenKey, read_pointer, write_pointer
from fairlead.case.place.workspace import Workspace
from fairlead.leads.dsse import Officer
from fairlead.ledger.notes import NoteKey, NoteKind, parse_note_key
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.names import CountryCode, OfficerName

_LEDGER = "ledger"


def _write_private(path: Path, data: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as problem:
        raise UsageError(
            f"the key file {path.name} exists already",
            "Choose another name; keys are never overwritten.",
            code="USAGE-KEY",
        ) from problem
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(data)


def _create_ed25519(path: Path) -> Ed25519PrivateKey:
    private = Ed25519PrivateKey.generate()
    _write_private(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return private


def load_ed25519(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 private key in PEM; UsageError when the file is something else."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as problem:
        raise UsageError(
            f"{path.name} cannot be read as a private key", "Give the file of a key.", code="USAGE-KEY"
        ) from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError(
            f"{path.name} is not an Ed25519 key",
            "Make one with `fairlead key officer`.",
            code="USAGE-KEY",
        )
    return key


def create_ledger_key(workspace: Workspace) -> None:
    """Make the key that signs this workspace's checkpoints."""
    _create_ed25519(workspace.keys / f"{_LEDGER}.key")


def load_ledger_key(workspace: Workspace) -> Ed25519PrivateKey:
    """The key that signs this workspace's checkpoints."""
    return load_ed25519(workspace.keys / f"{_LEDGER}.key")


def ledger_note_key(workspace: Workspace) -> NoteKey:
    """The public half, under the log's name."""
    public = load_ledger_key(workspace).public_key()
    return NoteKey(name=workspace.log_name, public=public, kind=NoteKind.ED25519)


def create_officer_key(workspace: Workspace, name: str, *, valid_until: datetime | None = None) -> Path:
    """Make a signing key for an officer, perhaps with an end; returns its file."""
    path = workspace.keys / f"officer-{OfficerName.given(name)}.key"
    _create_ed25519(path)
    if valid_until is not None:
        path.with_suffix(".until").write_text(valid_until.isoformat() + "\n")
    return path


def add_token_key(workspace: Workspace, name: str, key: TokenKey) -> None:
    """Note that an officer's key is on a token; asks the token for its public half first."""
    pointer = workspace.keys / f"officer-{OfficerName.given(name)}.token.toml"
    key.public_key()
    write_pointer(pointer, key)


def officer(workspace: Workspace, name: str) -> Officer:
    """A signing officer of this workspace, with the key from its file or token; UsageError when there is none."""
    pointer = workspace.keys / f"officer-{OfficerName.given(name)}.token.toml"
    if pointer.is_file():
        return Officer(name=name, private=read_pointer(pointer))
    return Officer(name=name, private=load_ed25519(officer_key(workspace, name)))


def officer_key(workspace: Workspace, name: str) -> Path:
    """Where an officer's key file lies; UsageError when there is none."""
    path = workspace.keys / f"officer-{OfficerName.given(name)}.key"
    if not path.is_file():
        raise UsageError(
            f"there is no key for officer {name}",
            f"Make one with `fairlead key officer {name}`.",
            code="USAGE-KEY",
        )
    return path


def create_age_identity(path: Path) -> str:
    """Make an age identity (X25519) in a file; returns the recipient, which may be given away."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    _write_private(path, f"{identity}\n".encode())
    return str(identity.to_public())


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadKeys:
    """What a partner needs to check packages of a lead country: officers' public keys and the log's.

    ``valid_until`` names officers whose keys end; what they signed later is refused.
    """

    country: CountryCode
    officers: dict[str, Ed25519PublicKey]
    ledger: NoteKey
    valid_until: dict[str, datetime] = field(default_factory=dict)

    def to_json(self) -> str:
        """The file a lead country hands to its partners."""
        officers = {name: key.public_bytes_raw().hex() for name, key in sorted(self.officers.items())}
        ends = {name: at.isoformat() for name, at in sorted(self.valid_until.items())}
        value = {
            "format": "fairlead-lead-keys/1",
            "country": self.country,
            "officers": officers,
            "valid_until": ends,
        }
        return json.dumps({**value, "ledger": str(self.ledger)}, indent=1) + "\n"


def parse_lead_keys(untrusted_text: str) -> LeadKeys:
    """Read a lead country's keys; UsageError when the text is not such a file."""
    try:
        value = json.loads(untrusted_text)
        if value["format"] != "fairlead-lead-keys/1":
            raise ValueError("format")
        officers: dict[str, Ed25519PublicKey] = {
            OfficerName.parse(name): Ed25519PublicKey.from_public_bytes(bytes.fromhex(raw))
            for name, raw in value["officers"].items()
        }
        return LeadKeys(
            country=CountryCode.parse(value["country"]),
            officers=officers,
            ledger=parse_note_key(value["ledger"]),
            valid_until={
                OfficerName.parse(name): datetime.fromisoformat(at)
                for name, at in value.get("valid_until", {}).items()
            },
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ItemError) as problem:
        raise UsageError(
            "the file does not hold a lead country's keys",
            "Ask the lead country for the file that `fairlead key export` writes.",
            code="USAGE-KEY",
        ) from problem


def own_officers(workspace: Workspace) -> dict[str, Ed25519PublicKey]:
    """The public keys of this workspace's officers."""
    officers = {
        path.stem.removeprefix("officer-"): load_ed25519(path).public_key()
        for path in sorted(workspace.keys.glob("officer-*.key"))
    }
    for path in sorted(workspace.keys.glob("officer-*.token.toml")):
        name = path.name.removeprefix("officer-").removesuffix(".token.toml")
        officers[name] = read_pointer(path).public_key()
    return officers


def lead_keys(workspace: Workspace, country: str) -> LeadKeys:
    """The public keys of this workspace's officers and ledger, as those of a country; UsageError for an odd code."""
    ends = {
        path.stem.removeprefix("officer-"): datetime.fromisoformat(path.read_text().strip())
        for path in sorted(workspace.keys.glob("officer-*.until"))
    }
    return LeadKeys(
        country=CountryCode.given(country),
        officers=own_officers(workspace),
        ledger=ledger_note_key(workspace),
        valid_until=ends,
    )
