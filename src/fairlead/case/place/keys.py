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

from fairlead.case.place.made_up import is_made_up
from fairlead.case.place.secrets import require_strong, secret_of
from fairlead.case.place.tokens import TokenKey, read_pointer, write_pointer
from fairlead.case.place.workspace import Workspace
from fairlead.leads.dsse import Officer
from fairlead.ledger.notes import NoteKey, NoteKind, parse_note_key
from fairlead.terms.errors import ItemError, UsageError
from fairlead.terms.names import CountryCode, OfficerName
from fairlead.terms.plain import read_as

_LEDGER = "ledger"
_LOCKED = b"age-encryption.org/v1\n"  # the first line of a file encrypted with age (C2SP age)


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
    _write_private(path, _pem(private))
    return private


def _pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_ed25519(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 private key in PEM; UsageError when the file is something else."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise UsageError(
            f"{path.name} cannot be read as a private key", "Give the file of a key.", code="USAGE-KEY"
        ) from problem
    return _parse_ed25519(data, path)


def _parse_ed25519(data: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(data, password=None)
    except (ValueError, TypeError) as problem:
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


def create_officer_key(
    workspace: Workspace, name: str, *, passphrase: str | None, valid_until: datetime | None = None
) -> Path:
    """Make a signing key for an officer, perhaps with an end; returns its file.

    The file is encrypted under ``passphrase`` (age, scrypt: RFC 7914). None leaves it open, which only a made-up
    operation may: raises UsageError elsewhere, and for a passphrase that is too short.
    """
    path = workspace.keys / f"officer-{_new_name(workspace, name)}.key"
    if passphrase is None:
        _require_made_up(workspace, name)
    private = Ed25519PrivateKey.generate()
    _write_private(path, _pem(private) if passphrase is None else _lock(private, passphrase))
    path.with_suffix(".pub").write_text(private.public_key().public_bytes_raw().hex() + "\n")
    if valid_until is not None:
        path.with_suffix(".until").write_text(valid_until.isoformat() + "\n")
    return path


def protect_officer_key(path: Path, private: Ed25519PrivateKey, *, passphrase: str) -> None:
    """Replace an officer's key file by one that is encrypted under a passphrase; UsageError when that is too short."""
    fresh = path.with_name(f".{path.name}")
    fresh.unlink(missing_ok=True)
    _write_private(fresh, _lock(private, passphrase))
    path.with_suffix(".pub").write_text(private.public_key().public_bytes_raw().hex() + "\n")
    fresh.replace(path)


def is_locked(path: Path) -> bool:
    """Whether a key file is encrypted; false for a file that is not there."""
    return path.is_file() and path.read_bytes().startswith(_LOCKED)


def needs_secret(workspace: Workspace, name: str) -> bool:
    """Whether a person has a signing key here that takes a passphrase or a token's PIN."""
    if not OfficerName.fits(name):
        return False
    pointer = workspace.keys / f"officer-{name}.token.toml"
    return pointer.is_file() or is_locked(workspace.keys / f"officer-{name}.key")


def _lock(private: Ed25519PrivateKey, passphrase: str) -> bytes:
    import pyrage

    locked: bytes = pyrage.passphrase.encrypt(_pem(private), require_strong(passphrase))
    return locked


def open_key(path: Path) -> Ed25519PrivateKey:
    """The private key in a file; asks for its passphrase when it is locked. UsageError when it cannot be opened."""
    if not is_locked(path):
        return load_ed25519(path)
    import pyrage

    name = path.stem.removeprefix("officer-")
    try:
        opened = pyrage.passphrase.decrypt(path.read_bytes(), secret_of(name))
    except pyrage.DecryptError as problem:
        raise UsageError(
            f"the passphrase does not open the key of officer {name}",
            "Give the passphrase that was chosen when the key was made.",
            code="USAGE-PASSPHRASE",
        ) from problem
    return _parse_ed25519(opened, path)


def _require_made_up(workspace: Workspace, name: str) -> None:
    if not is_made_up(workspace):
        raise UsageError(
            f"the key of officer {name} would lie open: whoever reads the folder could sign for the officer",
            f"Encrypt it with `fairlead key protect {name}`; only the made-up operation goes without.",
            code="USAGE-OPEN-KEY",
        )


def _new_name(workspace: Workspace, name: str) -> OfficerName:
    """An officer's name that nobody takes for that of another officer here, in other letters or another case."""
    new = OfficerName.given(name)
    for other in own_officers(workspace):
        if other != new and read_as(other) == read_as(new):
            raise UsageError(
                f"there is an officer {other} already, and people would take the two for one",
                "Take a name that differs in more than the case of its letters.",
                code="USAGE-OFFICER",
            )
    return new


def add_token_key(workspace: Workspace, name: str, key: TokenKey) -> None:
    """Note that an officer's key is on a token; asks the token for its public half first."""
    pointer = workspace.keys / f"officer-{_new_name(workspace, name)}.token.toml"
    key.public_key()
    write_pointer(pointer, key)


def officer(workspace: Workspace, name: str, *, at: datetime) -> Officer:
    """A signing officer of this workspace, with the key from its file or token, opened for one act.

    Asks for the passphrase of a locked key. Raises UsageError when there is no key, when its time ended before ``at``,
    when the passphrase is missing or wrong, and for a key that lies open anywhere but in a made-up operation.
    """
    pointer = workspace.keys / f"officer-{OfficerName.given(name)}.token.toml"
    if pointer.is_file():
        return Officer(name=name, private=read_pointer(pointer))
    path = officer_key(workspace, name)
    if has_ended(workspace, name, at=at):
        raise UsageError(
            f"the key of officer {name} has ended: what it signs is refused by every recipient",
            "Make a new one under another name with `fairlead key officer`, and hand out the public keys again.",
            code="USAGE-KEY-ENDED",
        )
    if not is_locked(path):
        _require_made_up(workspace, name)
    return Officer(name=name, private=open_key(path))


def has_ended(workspace: Workspace, name: str, *, at: datetime) -> bool:
    """Whether an officer's key has an end, and that was before a time."""
    end = _end_of(workspace.keys / f"officer-{OfficerName.given(name)}.key")
    return end is not None and at > end


def _end_of(path: Path) -> datetime | None:
    end = path.with_suffix(".until")
    return _moment(end.read_text().strip()) if end.is_file() else None


def public_key_of(workspace: Workspace, name: str) -> Ed25519PublicKey:
    """The public half of an officer's key; UsageError when there is no such officer here."""
    officers = own_officers(workspace)
    if name not in officers:
        officer_key(workspace, name)
    return officers[name]


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


def _moment(untrusted: str) -> datetime:
    at = datetime.fromisoformat(untrusted)
    if at.tzinfo is None:
        raise ValueError("a time without an offset from UTC ends a key at no moment")
    return at


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
                OfficerName.parse(name): _moment(at) for name, at in value.get("valid_until", {}).items()
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
        path.stem.removeprefix("officer-"): public_half(path)
        for path in sorted(workspace.keys.glob("officer-*.key"))
    }
    for path in sorted(workspace.keys.glob("officer-*.token.toml")):
        name = path.name.removeprefix("officer-").removesuffix(".token.toml")
        officers[name] = read_pointer(path).public_key()
    return officers


def public_half(path: Path) -> Ed25519PublicKey:
    """The public key beside a key file; for a key of an older version, from the open file itself."""
    beside = path.with_suffix(".pub")
    if not beside.is_file():
        return load_ed25519(path).public_key()
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(beside.read_text().strip()))
    except ValueError as problem:
        raise UsageError(
            f"{beside.name} holds no public key", "Take it from a backup.", code="USAGE-KEY"
        ) from problem


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
