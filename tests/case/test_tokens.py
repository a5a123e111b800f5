"""An officer's key on a token, through a real PKCS#11 module (SoftHSM)."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.case.place.keys import add_token_key, lead_keys, officer
from fairlead.case.place.operations import init_workspace
from fairlead.case.place.tokens import TokenKey
from fairlead.leads.dsse import sign_statement, verify_statement
from fairlead.terms.errors import UsageError

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((m for m in MODULES if Path(m).is_file()), None)
pytestmark = pytest.mark.skipif(
    MODULE is None or shutil.which("softhsm2-util") is None,
    reason="SoftHSM is not on this computer (package softhsm2)",
)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> TokenKey:
    """A soft token with an Ed25519 key made on it. A process can use one token folder only."""
    import os

    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "conf")
    os.environ["FAIRLEAD_TOKEN_PIN"] = "1234"
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "desk", "--so-pin", "1234", "--pin", "1234"],
        check=True,
        capture_output=True,
    )
    with pkcs11.lib(MODULE).get_token(token_label="desk").open(rw=True, user_pin="1234") as session:
        parameters = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("1.3.101.112")}
        session.create_domain_parameters(pkcs11.KeyType.EC_EDWARDS, parameters, local=True).generate_keypair(
            mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label="holm"
        )
    assert MODULE is not None
    return TokenKey(module=MODULE, token="desk", label="holm")


def test_a_statement_signed_on_a_token_is_checked_like_any_other(database, token, tmp_path) -> None:
    workspace = init_workspace(tmp_path / "ws")
    add_token_key(workspace, "holm", token)
    keys = lead_keys(workspace, "DK")
    envelope = sign_statement(
        {"a": "0" * 64}, "urn:test", {"x": 1}, [officer(workspace, "holm", at=datetime.now(UTC))]
    )
    assert verify_statement(envelope, keys.officers, predicate_type="urn:test").signers == ("holm",)


def test_a_wrong_pin_says_what_to_check_and_not_the_pin(token, monkeypatch) -> None:
    monkeypatch.setenv("FAIRLEAD_TOKEN_PIN", "9999")
    with pytest.raises(UsageError, match="USAGE-TOKEN") as refused:
        token.sign(b"x")
    assert "9999" not in str(refused.value)


def test_without_a_pin_nothing_is_tried(token, monkeypatch) -> None:
    monkeypatch.delenv("FAIRLEAD_TOKEN_PIN")
    with pytest.raises(UsageError, match="PIN"):
        token.sign(b"x")
