"""Officers' keys on a smart card or security token, through PKCS#11; the private key never leaves it.

A pointer file `officer-NAME.token.toml` in the workspace names module, token and key; the PIN is asked for at each act,
or comes from FAIRLEAD_TOKEN_PIN. FIDO2 assertions are not used: they sign the authenticator's own data, not the statement,
so a recipient could not check them with Ed25519 alone. A security key that offers Ed25519 through PKCS#11 works.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fairlead.case.place.secrets import asked
from fairlead.terms.errors import UsageError

_POINT_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenKey:
    """An Ed25519 key on a token. Signs like a key in a file does."""

    module: str
    token: str
    label: str

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature made by the token over the message as it is (PKCS#11 CKM_EDDSA)."""
        import pkcs11

        with self._session() as session:
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.label)
            return bytes(key.sign(message, mechanism=pkcs11.Mechanism.EDDSA))

    def public_key(self) -> Ed25519PublicKey:
        """The public half, as the token shows it."""
        import pkcs11

        with self._session() as session:
            key = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=self.label)
            point = bytes(key[pkcs11.Attribute.EC_POINT])
        return Ed25519PublicKey.from_public_bytes(point[-_POINT_BYTES:])

    def _session(self) -> Any:
        try:
            import pkcs11
        except ImportError as problem:
            raise UsageError(
                "keys on a token need the package python-pkcs11",
                "Install it: pip install fairlead[token].",
                code="USAGE-TOKEN",
            ) from problem
        pin = os.environ.get("FAIRLEAD_TOKEN_PIN") or asked(f"the token {self.token}")
        if not pin:
            raise UsageError(
                f"the token {self.token} wants its PIN",
                "Give it where it is asked for, or set FAIRLEAD_TOKEN_PIN for this command.",
                code="USAGE-TOKEN",
            )
        try:
            return pkcs11.lib(self.module).get_token(token_label=self.token).open(user_pin=pin)
        except (pkcs11.PKCS11Error, RuntimeError) as problem:
            raise UsageError(
                f"the token {self.token} cannot be used ({type(problem).__name__})",
                "Check that it is plugged in, the module's path, the token's label and the PIN.",
                code="USAGE-TOKEN",
            ) from problem


def write_pointer(path: Path, key: TokenKey) -> None:
    """Keep where an officer's key is; raises UsageError when the file exists."""
    if path.exists():
        raise UsageError(f"the key file {path.name} exists already", "Choose another name.", code="USAGE-KEY")
    lines = (
        f'{name} = "{value}"\n'
        for name, value in (("module", key.module), ("token", key.token), ("label", key.label))
    )
    path.write_text("".join(lines))


def read_pointer(path: Path) -> TokenKey:
    """The key a pointer file names."""
    value = tomllib.loads(path.read_text())
    return TokenKey(module=value["module"], token=value["token"], label=value["label"])
