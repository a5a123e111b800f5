"""The story of one operation in a real browser: six people, each with a second factor of their own."""

from __future__ import annotations

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
    officer.fill("#embargo", "2099-01-01T09:00")
    officer.fill("#starts", "2098-12-31T05:00")
    officer.click("text=Set")
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


def test_every_other_page_is_accessible_in_the_dark_and_on_a_phone(served):
    page = served.visit("holm", dark=True, phone=True)
    for path in ("", "leads/", "law/", "law/DK/", "find/?q=example", "administration/", "persons/"):
        go(served, page, OP + path, shot="phone-dark-" + (path.split("/")[0] or "operation"))
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 391, f"{path} is {wide} pixels wide on a phone"


def test_whoever_has_a_second_factor_is_asked_for_it_at_the_next_sign_in(served):
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
