"""A package: what a recipient can check, what is refused, and why."""

from __future__ import annotations

import json
import random
import subprocess
import zipfile
from pathlib import Path

import pyrage
import pytest

from fairlead.leads.bag import pack, unpack
from fairlead.leads.material import HashRow
from fairlead.leads.opening import decrypt
from fairlead.leads.package import encrypt
from fairlead.leads.receipt import Receipt, ReceiptState, sign_receipt, verify_receipt
from fairlead.terms.errors import ItemError, RunError, UsageError
from fairlead.terms.names import CountryCode
from tests.leads.builders import (
    AT,
    FINLAND,
    LOG_KEY,
    OFFICERS,
    PREPARER,
    RELEASER,
    SWEDEN,
    allowed_by,
    build,
    build_package,
    closed_by_hand,
    lead,
    payload_of,
    plan,
    prove,
    sealed,
    statement,
)
from tests.leads.opened import open_here


def open_as(identity: object, data: bytes, **changes: object) -> object:
    known = {"country": CountryCode("DK"), "officers": OFFICERS, "ledger": LOG_KEY, **changes}
    return open_here(data, str(identity), **known)  # type: ignore[arg-type]


def refusal(data: bytes, identity: object = SWEDEN, **changes: object) -> str:
    with pytest.raises(ItemError) as refused:
        open_as(identity, data, **changes)
    return refused.value.code


def changed_inside(path: str, change: object) -> bytes:
    """The package with one file of its bag changed, packed and encrypted again as anybody could."""
    root, files = unpack(decrypt(build().data, str(SWEDEN)))
    files[path] = change(files[path])  # type: ignore[operator]
    return encrypt(pack(files, root, at=AT), [str(SWEDEN.to_public())])


def test_the_recipient_opens_what_was_sent() -> None:
    opened = open_as(SWEDEN, build().data)
    assert opened.to_country == "SE"
    assert opened.signers == ("holm", "lund")
    assert [one.lead for one in opened.leads] == ["L-SE-0000000001"]


def test_another_country_cannot_open_it() -> None:
    assert refusal(build().data, FINLAND) == "PACKAGE-KEY"


def test_any_changed_byte_is_refused() -> None:
    data = build().data
    rng = random.Random(11)
    for position in rng.sample(range(len(data)), 2000):
        changed = bytearray(data)
        changed[position] ^= 1 << rng.randrange(8)
        assert refusal(bytes(changed)) in {"PACKAGE-CHANGED", "PACKAGE-KEY"}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_package_cut_short_is_refused(share: float) -> None:
    data = build().data
    assert refusal(data[: int(len(data) * share)]) in {"PACKAGE-CHANGED", "PACKAGE-KEY"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("data/package.json", "PACKAGE-BAG"),
        ("data/leads/L-SE-0000000001/lead.json", "PACKAGE-BAG"),
        ("data/leads/L-SE-0000000001/lead.pdf", "PACKAGE-BAG"),
        ("data/selectors.csv", "PACKAGE-BAG"),
        ("manifest-sha256.txt", "PACKAGE-BAG"),
        ("tagmanifest-sha256.txt", "PACKAGE-BAG"),
        ("bag-info.txt", "PACKAGE-BAG"),
        ("ledger.json", "PACKAGE-BAG"),
        ("statement.dsse.json", "PACKAGE-BAG"),
    ],
)
def test_a_file_changed_inside_is_refused_even_when_encrypted_again(path: str, code: str) -> None:
    assert refusal(changed_inside(path, lambda data: data[:-2] + b" \n")) == code


def test_one_officers_signature_is_not_enough() -> None:
    assert refusal(build().data, officers={"holm": OFFICERS["holm"]}) == "PACKAGE-SIGNATURE"


def test_a_signature_by_a_key_that_is_not_the_officers_is_refused() -> None:
    swapped = {"holm": OFFICERS["lund"], "lund": OFFICERS["lund"]}
    assert refusal(build().data, officers=swapped) == "PACKAGE-SIGNATURE"


def test_the_same_person_cannot_prepare_and_release() -> None:
    with pytest.raises(UsageError, match="PACKAGE-OFFICERS"):
        build(officers=[PREPARER, PREPARER])


def test_a_log_signed_by_somebody_else_is_refused() -> None:
    made = plan()
    built = build_package(
        made,
        [PREPARER, RELEASER],
        lambda manifest: prove(made.package, manifest, private=PREPARER.private),
        allowed=allowed_by(made),
    )
    assert refusal(built.data) == "LEDGER-NOTE"


def test_a_log_entry_about_another_package_is_refused_on_both_sides() -> None:
    made = plan()
    other = json.dumps(prove("lanternfish-SE-0002", "0" * 64)).encode()
    assert (
        refusal(sealed(made, closed_by_hand(made, payload_of(made), ledger__json=other))) == "PACKAGE-LEDGER"
    )
    with pytest.raises(RunError, match="names something else"):
        build_package(
            made,
            [PREPARER, RELEASER],
            lambda manifest: prove("lanternfish-SE-0002", manifest),
            allowed=allowed_by(made),
        )


def test_without_a_recipient_key_nothing_is_built() -> None:
    with pytest.raises(UsageError, match="PACKAGE-RECIPIENT"):
        build(plan(recipients=()))


def test_the_manifests_hold_for_sha256sum_which_knows_nothing_of_us(tmp_path: Path) -> None:
    root, files = unpack(decrypt(build().data, str(SWEDEN)))
    for path, data in files.items():
        target = tmp_path / root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(
            ["sha256sum", "--check", "--strict", manifest],
            cwd=tmp_path / root,
            check=True,
            capture_output=True,
        )


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lead(country="FI"), "a lead for FI"),
        (lead(statements=[statement(handling="H0+H2")], handling="H0+H2"), "H2"),
        (lead(statements=[statement(handling="H0+H1")], handling="H0"), "only H0"),
        (lead(statements=[statement(origins=[])]), "no origin"),
        (lead(statements=[statement(section="subject", of="name", value="Some One")]), "names a person"),
        (lead(statements=[statement(section="legal", kind="assessment", value="FI/x")]), "another country"),
    ],
)
def test_the_egress_check_refuses_what_may_not_leave_and_nothing_is_signed(made: object, words: str) -> None:
    proved = []

    def never(manifest: str) -> dict[str, object]:
        proved.append(manifest)
        return {}

    with pytest.raises(RunError, match=words):
        build_package(plan(made), [PREPARER, RELEASER], never, allowed=allowed_by(plan(made)))  # type: ignore[arg-type]
    assert not proved


@pytest.mark.parametrize(
    "value", ["=1+1", "a;=cmd|' /C calc'!A0", "x\n@SUM(1)", "'=kept as it was", "+45 20 12 34 56"]
)
def test_a_selector_that_looks_like_a_formula_leaves_inert_and_is_the_lead_s_own_still(value: str) -> None:
    import csv
    import io

    from fairlead.terms.spreadsheet import inert

    made = plan(lead(statements=[statement(value=value, text=f"Handle {value}.")]))
    files = open_as(SWEDEN, build(made).data).files
    row = list(csv.reader(io.StringIO(files["data/selectors.csv"].decode(), newline="")))[1]
    assert row[3] == inert(value)
    cells = [part.lstrip(" ") for part in row[3].replace("\n", ";").split(";")]
    assert not any(cell[:1] in "=@" for cell in cells if cell)


def test_hashes_go_only_when_every_list_that_knows_them_lets_them() -> None:
    material = {
        "L-SE-0000000001": (
            HashRow(sha256="a" * 64, sets=("open",), releases=("releasable",)),
            HashRow(sha256="b" * 64, sets=("kept", "open"), releases=("originator-consent", "releasable")),
            HashRow(sha256="c" * 64, sets=(), releases=()),
        )
    }
    _, files = unpack(decrypt(build(plan(material=material)).data, str(SWEDEN)))
    listed = files["data/hashes.csv"].decode()
    assert "a" * 64 in listed
    assert "b" * 64 not in listed
    assert "c" * 64 in listed


def test_a_cell_cannot_become_a_formula() -> None:
    _, files = unpack(decrypt(build(plan(lead(statements=[statement(value="=cmd|x")]))).data, str(SWEDEN)))
    assert "'=cmd|x" in files["data/selectors.csv"].decode()


def test_the_same_plan_makes_the_same_bytes_before_encryption() -> None:
    assert decrypt(build().data, str(SWEDEN)) == decrypt(build().data, str(SWEDEN))


def test_a_file_that_is_no_package_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a", "b")
    assert refusal(b"") == "PACKAGE-CHANGED" or refusal(b"") == "PACKAGE-KEY"
    sealed = pyrage.encrypt((tmp_path / "x.zip").read_bytes(), [SWEDEN.to_public()])
    assert refusal(sealed) == "PACKAGE-BAG"


def test_a_receipt_says_which_bytes_were_opened_and_cannot_be_changed() -> None:
    built = build()
    receipt = Receipt(
        package="lanternfish-SE-0001",
        version=1,
        sha256=built.sha256,
        country="SE",
        state=ReceiptState.OPENED,
        reason="",
        at=AT,
    )
    signed = sign_receipt(receipt, PREPARER)
    assert verify_receipt(signed, OFFICERS) == (receipt, "holm")
    with pytest.raises(ItemError, match="PACKAGE-"):
        verify_receipt(signed.replace('"keyid": "holm"', '"keyid": "lund"'), OFFICERS)


def test_a_key_that_had_ended_is_told_apart_from_a_wrong_signature() -> None:
    ended = {"holm": AT.replace(year=2025)}
    assert refusal(build().data, valid_until=ended) == "PACKAGE-EXPIRED"


def test_an_unwitnessed_log_is_refused_where_witnesses_are_needed() -> None:
    assert refusal(build().data, needed_witnesses=1) == "PACKAGE-UNWITNESSED"


def test_a_log_that_is_not_shown_to_continue_what_was_seen_is_refused() -> None:
    from fairlead.ledger.checkpoint import Checkpoint

    other = Checkpoint(origin="fairlead/test", size=3, root=b"\x07" * 32)
    assert refusal(build().data, seen=other) == "LEDGER-FORK"


def test_a_person_on_hold_does_not_leave() -> None:
    with pytest.raises(RunError, match="on hold"):
        build(plan(), held=frozenset({"P-1"}))


def test_h3_leaves_only_when_a_person_has_released_it() -> None:
    restricted = lead(
        handling="H0+H3",
        restriction="ask first",
        statements=[statement(handling="H0+H3", restriction="ask first")],
    )
    with pytest.raises(RunError, match="H3"):
        build(plan(restricted))
    built = build(plan(restricted, h3_release="asked on 3 March"))
    assert open_as(SWEDEN, built.data).package == "lanternfish-SE-0001"


def test_a_package_sealed_again_for_somebody_its_officers_did_not_sign_for_is_refused() -> None:
    resealed = encrypt(decrypt(build().data, str(SWEDEN)), [str(FINLAND.to_public())])
    assert refusal(resealed, FINLAND) == "PACKAGE-RESEALED"
