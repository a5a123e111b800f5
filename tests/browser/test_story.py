"""The story of one operation in a real browser: six people, each with a second factor of their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

pytest.importorskip("playwright")

OP = "/operations/lanternfish/"


def check_accessible(page):
    """No fault that axe can find, at the level of WCAG 2.2 AA."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=options).response["violations"]
    assert not found, [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found]


def go(served, page, path, *, shot=None):
    answer = page.goto(served.url + path)
    assert answer.status == 200, (path, answer.status)
    check_accessible(page)
    if shot:
        served.shoot(page, shot)


def test_the_examiner_reviews_without_seeing_more_than_needed(served):
    page = served.visit("iversen")
    go(served, page, OP, shot="operation")
    for path in ("exhibits/", "exhibits/NSK/1/", "triage/", "triage/?state=near", "review/"):
        go(served, page, OP + path, shot=path.strip("/").replace("/", "-").split("?")[0])
    assert served.pixels == [], "no list page asks for a picture"
    go(served, page, OP + "review/next/", shot="look")
    assert served.pixels == [], "a content begins as words"
    page.focus("#stage")
    page.keyboard.down("Space")
    page.wait_for_selector("#stage img")
    size = page.evaluate(
        "(() => { const i = document.querySelector('#stage img'); return [i.naturalWidth, i.naturalHeight]; })()"
    )
    served.shoot(page, "look-lines")
    page.keyboard.up("Space")
    page.wait_for_selector("#stage img", state="detached")
    assert max(size) <= 160
    assert len(served.pixels) == 1
    again = page.request.get(served.pixels[0])
    assert again.status == 404, "a look is opened once"
    assert page.is_disabled("#l3"), "no step of the ladder is left out"
    before = page.url
    page.keyboard.press("2")
    page.click("text=Keep and go on")
    page.wait_for_url(lambda url: url != before)
    go(served, page, OP + "exposure/", shot="exposure")
    assert "1" in page.inner_text("table")
    assert page.goto(served.url + OP + "administration/").status == 404


def test_the_analyst_judges_two_records_and_sees_what_that_would_change(served):
    page = served.visit("juhl")
    go(served, page, OP + "persons/", shot="persons")
    page.select_option("#f-country", "SE")
    page.wait_for_url("**country=SE**")
    page.click("tbody a")
    page.wait_for_selector("#judge")
    check_accessible(page)
    served.shoot(page, "person")
    records = page.eval_on_selector_all("#right option", "all => all.map(o => o.value)")
    page.select_option("#left", records[0])
    page.select_option("#right", records[-1])
    page.check("#j-unsure")
    page.click("text=What would it change?")
    page.wait_for_selector("#effect p")
    page.fill("#reason", "the two need a look at the provider's reply")
    page.click("text=Keep this judgement")
    page.wait_for_selector("text=Your judgement is kept")
    assert "provider's reply" in page.inner_text("#judge")


def test_two_officers_release_a_package_and_one_alone_cannot(served):
    first = served.visit("holm")
    go(served, first, OP + "countries/", shot="countries")
    go(served, first, OP + "countries/SE/", shot="country")
    first.click("text=Prepare for release")
    first.wait_for_selector("#release")
    check_accessible(first)
    assert first.locator("text=Release: sign, encrypt and record").count() == 0
    second = served.visit("lund")
    go(served, second, OP + "countries/SE/", shot="release")
    second.click("text=Read what leaves, and decide")
    second.wait_for_selector("text=What Sweden will read")
    check_accessible(second)
    served.shoot(second, "reading")
    assert "Operation lanternfish: package lanternfish-SE-0002" in second.inner_text("pre")
    pdf = second.locator("a:text-matches('lead.pdf$')").first.get_attribute("href")
    assert second.request.get(f"{served.url}{pdf}").body().startswith(b"%PDF-")
    second.click("text=Release: sign, encrypt and record")
    second.wait_for_selector("text=Released: lanternfish-SE-0002")
    package = served.workspace / "operations/lanternfish/packages/lanternfish-SE-0002.tar.age"
    assert package.is_file()
    go(served, second, OP + "ledger/", shot="ledger")
    assert "does not hold" not in second.inner_text("main")


def test_the_swedish_liaison_officer_sees_sweden_and_reports_for_it(served):
    page = served.visit("berg")
    page.goto(served.url + OP)
    assert page.url.endswith("/countries/SE/")
    check_accessible(page)
    go(served, page, OP + "leads/", shot="leads")
    assert {row.split()[0] for row in page.locator("tbody tr td:nth-child(2)").all_inner_texts()} == {"SE"}
    for hidden in ("persons/", "triage/", "countries/GB/", "ledger/", "review/"):
        assert page.goto(served.url + OP + hidden).status == 404
    go(served, page, OP + "action-day/")
    page.select_option("#SE-legal_check", "done")
    page.select_option("#SE-teams", "ready")
    page.fill("#SE-searches", "2")
    page.fill("#SE-start", "2027-02-26T06:00")
    page.click("text=Report for Sweden")
    page.wait_for_selector("text=The board is up to date")
    row = page.inner_text("table.board tbody")
    assert "06:00" in row
    assert "05:00" in row, "UTC beside the local time"


def test_the_press_desk_gets_released_figures_and_nothing_else(served):
    officer = served.visit("holm")
    go(served, officer, OP + "action-day/")
    year = datetime.now(UTC).year + 1
    officer.fill("#embargo", f"{year}-02-01T09:00")
    officer.fill("#starts", f"{year}-01-31T05:00")
    officer.click("button:text-is('Set')")
    officer.wait_for_selector("text=The plan of the day is set")
    check_accessible(officer)
    served.shoot(officer, "action-day")
    go(served, officer, OP + "action-day/sheet/")
    go(served, officer, OP + "press/")
    officer.click("text=Release to the press desk")
    officer.wait_for_selector("text=The press desk has these figures now")
    desk = served.visit("palm")
    desk.goto(served.url + OP)
    assert desk.url.endswith("/press/")
    check_accessible(desk)
    served.shoot(desk, "press")
    assert "Under embargo" in desk.inner_text("main")
    for hidden in ("leads/", "action-day/", "find/?q=example", "countries/"):
        assert desk.goto(served.url + OP + hidden).status == 404


def test_what_sweden_sends_back_is_taken_in_on_its_page(served):
    """The receipt that the recipient's own workspace signed, brought by the liaison officer."""
    partner = served.workspace.parent / "sweden"
    receipt = partner / "received/lanternfish/DK/lanternfish-SE-0001.receipt.json"
    officer = served.visit("holm")
    go(served, officer, OP + "administration/", shot="administration")
    officer.select_option("#keys-country", "SE")
    officer.set_input_files("#keys", served.workspace.parent / "partner-keys/SE.keys.json")
    officer.click("text=Keep the keys")
    officer.wait_for_selector("text=The country's keys are kept")
    liaison = served.visit("berg")
    go(served, liaison, OP + "countries/SE/")
    liaison.set_input_files("#incoming", receipt)
    liaison.click("text=Check and take in")
    liaison.wait_for_selector("text=Taken in: receipt for lanternfish-SE-0001")
    check_accessible(liaison)
    forged = receipt.with_name("forged.json")
    forged.write_text(receipt.read_text().replace('"sig": "', '"sig": "AAAA', 1))
    liaison.set_input_files("#incoming", forged)
    liaison.click("text=Check and take in")
    liaison.wait_for_selector("text=That was not done")


def test_a_board_that_is_open_shows_what_another_country_reports_without_being_loaded_again(served):
    coordinator = served.visit("holm")
    go(served, coordinator, OP + "action-day/")
    coordinator.evaluate("window.sameDocument = true")
    liaison = served.visit("berg")
    go(served, liaison, OP + "action-day/")
    liaison.fill("#SE-arrests", "17")
    liaison.click("text=Report for Sweden")
    liaison.wait_for_selector("text=The board is up to date")
    coordinator.wait_for_selector("table.board td:has-text('17 called in')", timeout=12_000)
    assert coordinator.evaluate("window.sameDocument"), "the page was not loaded again"


def test_without_script_the_board_can_be_read_and_reported_on(served):
    page = served.browser.new_context(
        java_script_enabled=False, storage_state=served.visit("berg").context.storage_state()
    ).new_page()
    assert page.goto(served.url + OP + "action-day/").status == 200
    assert "17" in page.inner_text("table.board")
    page.fill("#SE-interviews", "3")
    page.click("text=Report for Sweden")
    assert "The board is up to date" in page.inner_text("main")
    page.context.close()


def test_a_passkey_signs_in_by_itself_and_nothing_else_is_asked(served):
    """Chromium's own virtual authenticator, so that the whole ceremony runs; passkeys need a name, not a number."""
    here = served.url.replace("127.0.0.1", "localhost")
    page = served.follow_link("dahl", url=here)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    page.goto(here + "/account/second-factor/webauthn/add/")
    check_accessible(page)
    served.shoot(page, "passkey")
    page.check("#id_passwordless")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "/add/" not in url)
    assert len(devices.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1
    page.goto(here + OP)
    assert page.url == here + OP, "a passkey is a second factor"
    page.click("text=Sign out")
    page.wait_for_load_state()
    page.goto(here + "/sign-in/")
    check_accessible(page)
    served.shoot(page, "sign-in")
    page.click("#passkey_login")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto(here + OP)
    assert "dahl" in page.inner_text("header")


def test_a_person_reads_the_pages_in_the_language_they_chose(served):
    page = served.visit("berg")
    go(served, page, OP + "action-day/")
    page.select_option("#foot-language", "de")
    page.click("footer button")
    page.wait_for_url("**/action-day/")
    assert page.get_attribute("html", "lang") == "de"
    assert "Aktionstag" in page.inner_text("h1")
    check_accessible(page)
    served.shoot(page, "action-day-german")
    page.select_option("#foot-language", "en-gb")
    page.click("footer button")
    page.wait_for_selector("h1:text('Action day')")


EVERY_PAGE = {
    "holm": (
        "", "exhibits/", "exhibits/NSK/1/", "triage/", "persons/", "leads/", "countries/", "countries/SE/", "law/",
        "law/DK/", "action-day/", "action-day/sheet/", "press/", "find/?q=example", "ledger/", "administration/",
        "administration/retention/", "administration/backups/",
    ),
    "iversen": ("review/", "review/next/", "exposure/"),
    "berg": ("countries/SE/", "action-day/"),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", EVERY_PAGE)
def test_every_page_is_accessible_and_fits_in_light_and_dark_on_desktop_and_phone(served, name, phone, dark):
    page = served.visit(name, dark=dark, phone=phone)
    kind = f"{'phone' if phone else 'desktop'}-{'dark' if dark else 'light'}"
    for path in EVERY_PAGE[name]:
        shot = path.split("?")[0].strip("/").replace("/", "-") or "operation"
        go(served, page, OP + path)
        served.shoot(page, f"{kind}/{shot}", whole=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.viewport_size["width"] + 1, f"{path} is {wide} pixels wide"
    for shot, path in (
        ("me", f"{served.url}/me/"),
        ("lead", served.first_link(page, OP + "leads/")),
        ("person", served.first_link(page, OP + "persons/")),
    ):
        if path and page.goto(path).status == 200:
            check_accessible(page)
            if shot == "person":
                assert re.search(r"\d\d\.\d\d % of pairs of the pattern", page.inner_text("main"))
            served.shoot(page, f"{kind}/{shot}", whole=True)


def test_whoever_has_a_second_factor_is_asked_for_it_at_the_next_sign_in(served):
    served.visit("palm")  # sets one up, unless an earlier test did
    page = served.follow_link("palm")
    assert page.url.endswith("/account/second-factor/authenticate/")
    check_accessible(page)
    page.goto(served.url + OP)
    assert "/sign-in/" in page.url, "the link alone opens nothing"


def test_no_page_ever_asked_anybody_else_for_anything(served):
    assert served.strangers == []


def test_no_script_or_style_was_refused_by_the_content_security_policy(served):
    refused = [said for said in served.errors if "Content Security Policy" in said]
    assert refused == []
