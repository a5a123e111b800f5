"""Getting in: links that work once, second factors, rate limits, and what every answer carries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fairlead.case.place.session import utc_now


def link_for(user, *, age=timedelta(0)):
    from fairlead.register.signin import create_link

    return create_link(user, at=utc_now() - age)


def test_a_link_signs_in_once_and_only_with_the_second_request(world):
    from django.test import Client

    path = f"/sign-in/link/{link_for(world.users['juhl'])}/"
    browser = Client()
    assert browser.get(path).status_code == 200, "looking at it uses nothing up"
    assert "_auth_user_id" not in browser.session
    assert browser.post(path).status_code == 302
    assert browser.session["_auth_user_id"] == str(world.users["juhl"].pk)
    second = Client()
    assert second.post(path).url == "/sign-in/"
    assert "_auth_user_id" not in second.session


def test_an_old_link_and_an_invented_one_sign_nobody_in(world):
    from django.test import Client

    for token in (link_for(world.users["juhl"], age=timedelta(hours=2)), "invented"):
        browser = Client()
        assert browser.post(f"/sign-in/link/{token}/").url == "/sign-in/"


def test_only_a_digest_of_a_link_is_kept(world):
    from fairlead.register.models import SignInLink

    token = link_for(world.users["juhl"])
    kept = SignInLink.objects.using("owner").values_list("digest", flat=True)
    assert token not in kept
    assert all(len(digest) == 64 for digest in kept)


def test_guessing_links_is_slowed_down(world):
    from django.test import Client

    browser = Client(REMOTE_ADDR="198.51.100.7")
    answers = [browser.post("/sign-in/link/guess/").status_code for _ in range(25)]
    assert answers[0] == 302
    assert answers[-1] == 429


def test_a_flood_from_an_address_does_not_lock_out_the_holder_of_a_good_link_there(world):
    from django.test import Client

    flood = Client(REMOTE_ADDR="198.51.100.8")
    assert [flood.post("/sign-in/link/guess/").status_code for _ in range(25)][-1] == 429
    good = Client(REMOTE_ADDR="198.51.100.8")
    answer = good.post(f"/sign-in/link/{link_for(world.users['juhl'])}/")
    assert (answer.status_code, answer.url) == (302, "/")


def guesses(address: str, forwarded: str = "") -> int:
    from django.test import Client

    more = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    browser = Client(REMOTE_ADDR=address, **more)
    return [browser.post("/sign-in/link/guess/").status_code for _ in range(25)][-1]


def test_without_a_declared_proxy_nobody_hides_behind_a_header(world):
    assert guesses("198.51.100.9", "203.0.113.1") == 429
    assert guesses("198.51.100.9", "203.0.113.2") == 429
    assert guesses("198.51.100.10") == 429


def test_behind_a_declared_proxy_each_client_is_counted_and_what_it_writes_itself_is_not_believed(world):
    from django.test import Client, override_settings

    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert guesses("192.0.2.1", "203.0.113.3") == 429
        other = Client(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.4")
        assert other.post("/sign-in/link/guess/").status_code == 302
        forged = Client(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="203.0.113.5, 203.0.113.3")
        assert forged.post("/sign-in/link/guess/").status_code == 429


def test_outside_the_demo_nobody_gets_further_without_a_second_factor(world):
    from django.test import override_settings

    with override_settings(DEMO=False):
        answer = world.as_("holm").get("/operations/lanternfish/")
        assert answer.status_code == 302
        assert answer.url == "/account/second-factor/"


@pytest.mark.parametrize(
    "path", ["/sign-in/", "/operations/lanternfish/", "/operations/lanternfish/nothing/"]
)
def test_every_answer_forbids_strangers_inline_script_and_keeping(world, path):
    answer = world.as_("holm").get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_no_template_holds_inline_script_or_style():
    import re
    from importlib.resources import files

    found = []
    for template in (files("fairlead.workbench") / "templates/workbench").iterdir():
        text = template.read_text()
        if re.search(r"\sstyle=|\son[a-z]+=|<style|hx-on|javascript:", text):
            found.append(template.name)
    assert found == []


def test_a_form_without_its_token_is_refused(world):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(world.users["holm"], backend="fairlead.workbench.signin.LinkBackend")
    assert browser.post("/operations/lanternfish/press/").status_code == 403


def test_the_session_cookie_cannot_be_read_by_script_and_ends(world):
    from django.conf import settings

    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_AGE <= 1800
    assert not settings.DEBUG


@pytest.mark.parametrize(
    ("text", "number"), [("", 0), (" 2 ", 2), ("0", 0), ("abc", None), ("-1", None), ("1.5", None)]
)
def test_a_number_of_proxies_is_a_number_or_a_clear_error(world, text, number):
    from fairlead.terms.errors import UsageError
    from fairlead.workbench.settings import _proxies

    if number is None:
        with pytest.raises(UsageError, match="FAIRLEAD_PROXIES"):
            _proxies(text)
    else:
        assert _proxies(text) == number
