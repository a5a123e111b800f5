"""What comes back from countries and what is taken back: receipts, recalls, holds; witnesses, retention, backups."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

OP = "/operations/lanternfish/"


@pytest.fixture(scope="module")
def country(world):
    names = sorted(name.removeprefix("lead_") for name in world.ids if name.startswith("lead_"))
    return next(code for code in names if code == "FR")


@pytest.fixture(scope="module")
def sent(world, country):
    """A package that two officers released to the country."""
    from fairlead.case.sending.release import prepare_release
    from fairlead.register.releases import find_prepared
    from tests.releases import release_as_read

    session = world.session("holm")
    prepare_release(session, country, legal_basis="a basis", purpose="a purpose")
    row = find_prepared(session.user_id, session.operation, at=session.clock(), country=country)[0]
    return release_as_read(world.session("lund"), row["id"])


@pytest.fixture(scope="module")
def abroad(world, tmp_path_factory):
    """An officer of the country with a key of their own, in a workspace of their own."""
    from fairlead.case.place.keys import lead_keys, officer
    from fairlead.case.place.workspace import create_workspace
    from tests.officers import make_officer

    theirs = create_workspace(tmp_path_factory.mktemp("abroad") / "w", at=world.session("holm").clock())
    from fairlead.case.place.keys import create_ledger_key

    create_ledger_key(theirs)
    make_officer(theirs, "durand")
    return officer(theirs, "durand", at=world.session("holm").clock()), lead_keys(theirs, "FR").to_json()


def upload(client, path, name, text, **more):
    return client.post(path, {name: SimpleUploadedFile("given.json", text.encode()), **more})


def receipt_for(world, package, signer, **changed):
    from fairlead.leads.receipt import Receipt, ReceiptState, sign_receipt
    from fairlead.register.models import PackageRow

    row = PackageRow.objects.using("owner").get(package=package)
    receipt = Receipt(package=package, version=row.version, sha256=row.sha256, country=row.country,
                      state=ReceiptState.ACCEPTED, reason="", at=world.session("holm").clock())  # fmt: skip
    return sign_receipt(replace(receipt, **changed), signer)


def test_a_receipt_counts_only_once_the_countrys_keys_are_known_and_only_with_its_signature(
    world, country, sent, abroad
):
    signer, keys = abroad
    page = f"{OP}countries/{country}/"
    client = world.as_("holm")
    text = receipt_for(world, sent, signer)
    answer = upload(client, page + "incoming/", "file", text)
    assert answer.status_code == 422
    assert "not known here" in answer.content.decode()
    admin = OP + "administration/"
    assert upload(client, admin, "keys", keys, country="SE").status_code == 422, "keys of another country"
    assert upload(client, admin, "keys", keys, country=country).status_code == 302
    forged = text.replace('"sig": "', '"sig": "AA', 1)
    assert upload(client, page + "incoming/", "file", forged).status_code == 422
    other_bytes = receipt_for(world, sent, signer, sha256="0" * 64)
    assert upload(client, page + "incoming/", "file", other_bytes).status_code == 422
    assert "accepted" not in client.get(page).content.decode()
    assert upload(client, page + "incoming/", "file", text).status_code == 302
    assert "accepted" in client.get(page).content.decode()


def test_a_liaison_officer_brings_files_of_the_own_country_only(world, sent, abroad):
    text = receipt_for(world, sent, abroad[0])
    assert upload(world.as_("berg"), f"{OP}countries/FR/incoming/", "file", text).status_code == 404
    assert upload(world.as_("berg"), f"{OP}countries/SE/incoming/", "file", text).status_code == 422
    assert upload(world.as_("dahl"), f"{OP}countries/FR/incoming/", "file", text).status_code == 422, (
        "no role for it"
    )


def test_what_is_no_signed_file_is_refused_with_a_sentence(world):
    for text in ("", "{}", "no json", "\x00"):
        answer = upload(world.as_("holm"), f"{OP}countries/SE/incoming/", "file", text)
        assert answer.status_code == 422
    big = "x" * (2 << 20)
    assert upload(world.as_("holm"), f"{OP}countries/SE/incoming/", "file", big).status_code in (
        400,
        413,
        422,
    )


def test_the_encrypted_package_can_be_fetched_by_its_country_and_by_nobody_of_another(world, country, sent):
    path = f"{OP}countries/{country}/packages/{sent}/"
    body = b"".join(world.as_("holm").get(path).streaming_content)
    assert body.startswith(b"age-encryption.org/v1")
    assert world.as_("berg").get(path).status_code == 404
    assert world.as_("berg").get(f"{OP}countries/SE/packages/{sent}/").status_code == 404
    assert world.as_("holm").get(f"{OP}countries/{country}/packages/..%2f..%2fkeys/").status_code == 404


def test_a_recall_is_signed_with_the_own_key_kept_and_closed_by_the_countrys_acknowledgement(
    world, country, sent, abroad
):
    from fairlead.case.place.keys import lead_keys
    from fairlead.leads.recall import acknowledge_recall, verify_recall

    client, page = world.as_("lund"), f"{OP}countries/{country}/"
    assert client.post(page + "recall/", {"package": sent, "reason": ""}).status_code == 422
    assert client.post(page + "recall/", {"package": "nothing", "reason": "x"}).status_code == 422
    assert (
        client.post(page + "recall/", {"package": sent, "reason": "a mix-up of two records"}).status_code
        == 302
    )
    shown = client.get(page).content.decode()
    assert "not acknowledged" in shown
    name = (
        next(part for part in shown.split('"') if part.endswith(".recall.json/")).rstrip("/").split("/")[-1]
    )
    text = client.get(f"{page}recalls/{name}/").content.decode()
    notice, signer = verify_recall(text, lead_keys(world.workspace, "DK").officers)
    assert signer == "lund"
    assert (notice.package, notice.reason) == (sent, "a mix-up of two records")
    assert world.as_("berg").get(f"{OP}countries/SE/recalls/{name}/").status_code == 404
    answer = acknowledge_recall(
        notice,
        abroad[0],
        notice=hashlib.sha256(text.encode()).hexdigest(),
        at=world.session("holm").clock() + timedelta(seconds=1),
    )
    assert upload(client, page + "incoming/", "file", answer).status_code == 302
    assert "not acknowledged" not in client.get(page).content.decode()


def test_a_person_on_hold_is_named_on_the_lead_and_sent_nowhere_until_an_officer_lifts_it(world):
    lead = world.ids["lead_DE"]
    page = f"{OP}leads/{lead}/"
    analyst, officer = world.as_("juhl"), world.as_("holm")
    assert analyst.post(page + "hold/", {"reason": " "}).status_code == 422
    assert analyst.post(page + "hold/", {"reason": "a namesake is being checked"}).status_code == 302
    assert "a namesake is being checked" in officer.get(page).content.decode()
    assert "held back" in officer.get(OP + "countries/DE/").content.decode()
    assert analyst.post(page + "lift/", {"reason": "x"}).status_code == 404, "who may release lifts"
    assert officer.post(page + "lift/", {"reason": ""}).status_code == 422
    assert officer.post(page + "lift/", {"reason": "checked"}).status_code == 302
    assert "held back" not in officer.get(OP + "countries/DE/").content.decode()


def test_a_category_is_a_decision_with_a_reason(world):
    page = f"{OP}leads/{world.ids['lead_DE']}/category/"
    assert world.as_("juhl").post(page, {"category": "guilty", "reason": "x"}).status_code == 422
    assert world.as_("juhl").post(page, {"category": "victim", "reason": ""}).status_code == 422
    assert (
        world.as_("juhl").post(page, {"category": "victim", "reason": "the reply says so"}).status_code == 302
    )


def test_a_partners_cosignature_shows_on_the_ledger_and_one_of_nobody_known_does_not(world, tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fairlead.case.log.ledger import export_consistency, witness, witness_key
    from fairlead.case.place.keys import ledger_note_key

    key = tmp_path / "witness.key"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    proof = tmp_path / "proof.json"
    proof.write_text(export_consistency(world.workspace, since=0))
    note = witness(
        proof, log_key=ledger_note_key(world.workspace), name="SE", key_file=key, seen_file=tmp_path / "seen"
    )
    client = world.as_("holm")
    answer = upload(client, OP + "ledger/", "cosigned", note)
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "o witness known here" in said, said[said.index("<main") :][:900]
    given = {"country": "SE", "witness_key": str(witness_key("SE", key))}
    assert client.post(OP + "administration/", {**given, "witness_key": "nonsense"}).status_code == 422
    assert client.post(OP + "administration/", given).status_code == 302
    assert upload(client, OP + "ledger/", "cosigned", note).status_code == 302
    assert "Sweden" in client.get(OP + "ledger/").content.decode()
    assert upload(client, OP + "ledger/", "cosigned", note.replace("\n", "\n1", 1)).status_code == 422


def test_the_ledgers_page_finds_what_its_checkpoint_finds_and_a_full_check_finds_an_old_entry(
    world, make_session
):
    from django.db import connections

    from fairlead.case.log.ledger import make_checkpoint
    from fairlead.case.log.standing import check_ledger, ledger_state

    session = world.session("holm")
    make_checkpoint(session.workspace)
    assert ledger_state(session).findings == ()
    assert check_ledger(session).findings == ()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT leaf FROM register_ledger WHERE index = 3")
        leaf = bytes(cursor.fetchone()[0])
        cursor.execute("ALTER TABLE register_ledger DISABLE TRIGGER append_only")
        cursor.execute(
            "UPDATE register_ledger SET leaf = %s WHERE index = 3", [leaf.replace(b"2026", b"2025", 1)]
        )
        try:
            assert any("entry 3" in finding for finding in check_ledger(session).findings)
            page = world.as_("holm").get(OP + "ledger/").content.decode()
            assert "does not hold" in page
        finally:
            cursor.execute("UPDATE register_ledger SET leaf = %s WHERE index = 3", [leaf])
            cursor.execute("ALTER TABLE register_ledger ENABLE TRIGGER append_only")
    assert check_ledger(session).findings == ()


def test_reviews_that_are_due_are_listed_and_an_erasure_gives_a_signed_certificate(world):
    from fairlead.case.log.ledger import ERASURE_TYPE, verify_ledger
    from fairlead.case.place.keys import lead_keys
    from fairlead.leads.dsse import verify_statement

    client = world.as_("holm")
    page = OP + "administration/retention/"
    assert "No review is due" in client.get(page + "?on=2026-01-01").content.decode()
    assert world.ids["lead_SE"] in client.get(page + "?on=2099-01-01").content.decode()
    index = world.session("holm").record(*consultation())
    assert client.post(page, {"entry": str(index), "reason": ""}).status_code == 422
    assert client.post(page, {"entry": "-1", "reason": "x"}).status_code == 422
    certificate = client.post(page, {"entry": str(index), "reason": "a court ordered it"}).content.decode()
    statement = verify_statement(
        certificate, lead_keys(world.workspace, "DK").officers, predicate_type=ERASURE_TYPE
    )
    assert statement.predicate["entry"] == index
    assert verify_ledger(world.workspace).verified


def consultation():
    from fairlead.terms.custody import Operation

    return Operation.CONSULTATION, "person.open", ("P-made-up",), "a made-up consultation"


def test_a_backup_is_made_by_a_worker_only_where_folder_and_recipient_are_set(world, tmp_path, monkeypatch):
    import pyrage

    from fairlead.case.upkeep.backups import make_backup
    from fairlead.terms.errors import UsageError

    client, page = world.as_("holm"), OP + "administration/backups/"
    assert "FAIRLEAD_BACKUPS" in client.get(page).content.decode()
    with pytest.raises(UsageError, match="no folder or no recipient"):
        make_backup(world.session("holm"))
    monkeypatch.setenv("FAIRLEAD_BACKUPS", str(tmp_path))
    monkeypatch.setenv("FAIRLEAD_BACKUP_RECIPIENT", str(pyrage.x25519.Identity.generate().to_public()))
    report = make_backup(world.session("holm"))
    assert report.encrypted
    assert next(tmp_path.glob("*.age")).name in client.get(page).content.decode()


def test_a_lead_that_is_gone_since_is_shown_as_it_was_sent_and_is_a_task(world):
    from fairlead.case.sending.release import prepare_release, waiting_for
    from fairlead.register.models import LeadRow
    from tests.releases import release_as_read

    country = "IS"
    prepare_release(world.session("holm"), country, legal_basis="a basis", purpose="a purpose")
    sent = release_as_read(world.session("lund"), waiting_for(world.session("lund"), country))
    lead = world.ids[f"lead_{country}"]
    rows = LeadRow.objects.using("owner").filter(lead=lead)
    kept = rows.get()
    page = f"{OP}leads/{lead}/"
    try:
        rows.delete()
        shown = world.as_("holm").get(page).content.decode()
        assert f"sent in package {sent}" in shown
        assert 'name="reason"' not in shown, "there is nothing to hold or to categorise any more"
        overview = world.as_("holm").get(OP).content.decode()
        assert f"{lead}</a> {sent}" in overview
        assert f'value="{lead}"' in world.as_("holm").get(f"{OP}countries/{country}/").content.decode()
        assert world.as_("berg").get(page).status_code == 404, "another country's"
    finally:
        kept.save(using="owner", force_insert=True)


def test_a_refused_form_leads_back_to_where_it_was_sent_from(world, country):
    page = f"{OP}countries/{country}/"
    answer = world.as_("holm").post(
        f"{page}recall/", {"package": "none", "reason": "x"}, headers={"Referer": f"http://testserver{page}"}
    )
    assert answer.status_code == 422
    assert f'href="{page}"' in answer.content.decode()
    elsewhere = world.as_("holm").post(
        f"{page}recall/", {"package": "none", "reason": "x"}, headers={"Referer": "http://evil.example/x"}
    )
    assert "evil.example" not in elsewhere.content.decode()
