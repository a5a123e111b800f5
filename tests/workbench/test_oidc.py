"""Signing in with an agency's identity provider: who is let in, what is believed, and that tokens are checked."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.workbench.fake_provider import CLIENT, SECRET, FakeProvider, running


@pytest.fixture
def provider(world) -> Iterator[FakeProvider]:
    from allauth.socialaccount.models import SocialAccount
    from django.test import override_settings

    with running() as made:
        app = {"provider_id": "agency", "name": "Agency", "client_id": CLIENT, "secret": SECRET,
               "settings": {"server_url": made.issuer, "fetch_userinfo": False, "oauth_pkce_enabled": True}}  # fmt: skip
        with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app]}}, DEMO=False):
            yield made
        SocialAccount.objects.using("owner").all().delete()


def sign_in(provider, **claims):
    """Go from the sign-in page to the provider and back; returns the browser and the last answer."""
    from django.test import Client

    provider.claims = claims
    browser = Client()
    there = browser.post("/sign-in/oidc/agency/login/")
    assert there.status_code == 302, there.content[:300]
    assert there.url.startswith(provider.issuer + "/authorize")
    back = requests.get(there.url, allow_redirects=False, timeout=10).headers["Location"]
    parts = urlsplit(back)
    return browser, browser.get(f"{parts.path}?{parts.query}")


def who(browser):
    return browser.session.get("_auth_user_id")


def test_the_sign_in_page_offers_the_provider(world, provider):
    from django.test import Client

    assert "Sign in with Agency" in Client().get("/sign-in/").content.decode()


def test_whom_the_register_knows_is_signed_in_and_still_needs_a_second_factor(world, provider):
    browser, answer = sign_in(provider, sub="17", preferred_username="dahl")
    assert answer.status_code == 302
    assert who(browser) == str(world.users["dahl"].pk)
    assert browser.get("/operations/lanternfish/").url == "/account/second-factor/"


def test_a_second_factor_at_the_provider_counts_only_when_the_server_is_set_to_believe_it(world, provider):
    from django.test import override_settings

    with override_settings(OIDC_SECOND_FACTOR=frozenset({"mfa"})):
        browser, _ = sign_in(provider, sub="17", preferred_username="dahl", amr=["pwd", "mfa"])
        assert browser.get("/operations/lanternfish/").status_code == 200
        weak, _ = sign_in(provider, sub="17", preferred_username="dahl", amr=["pwd"])
        assert weak.get("/operations/lanternfish/").url == "/account/second-factor/"
    unset, _ = sign_in(provider, sub="17", preferred_username="dahl", amr=["mfa"])
    assert unset.get("/operations/lanternfish/").url == "/account/second-factor/"


def test_a_stranger_whom_the_provider_knows_gets_no_account(world, provider):
    from fairlead.register.models import User

    browser, answer = sign_in(provider, sub="99", preferred_username="stranger")
    assert answer.status_code == 403
    assert who(browser) is None
    assert not User.objects.using("owner").filter(username="stranger").exists()


def test_another_account_of_the_provider_cannot_take_a_name_that_is_tied_already(world, provider):
    sign_in(provider, sub="17", preferred_username="dahl")
    browser, answer = sign_in(provider, sub="18", preferred_username="dahl")
    assert answer.status_code == 403
    assert who(browser) is None


@pytest.mark.parametrize("change", [{"aud": "somebody-else"}, {"iss": "http://localhost:1"}, {"exp": 1}])
def test_a_token_for_somebody_else_from_somebody_else_or_too_old_signs_nobody_in(world, provider, change):
    browser, _ = sign_in(provider, sub="17", preferred_username="dahl", **change)
    assert who(browser) is None


def test_a_token_signed_with_another_key_signs_nobody_in(world, provider):
    provider.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    browser, _ = sign_in(provider, sub="17", preferred_username="dahl")
    assert "/keys" in provider.asked, "the published keys were asked for"
    assert who(browser) is None


def test_coming_back_without_having_gone_signs_nobody_in(world, provider):
    from django.test import Client

    browser = Client()
    browser.get("/sign-in/oidc/agency/login/callback/?code=1&state=2")
    assert who(browser) is None
