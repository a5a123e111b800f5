"""The secrets of second factors: whoever reads the database alone does not have them."""

from __future__ import annotations

import importlib

import pytest

from fairlead.terms.errors import RunError
from fairlead.workbench.sealed import seal, unseal


@pytest.fixture
def person(world):
    from allauth.mfa.models import Authenticator

    from fairlead.register.people import add_user

    user = add_user("factor")
    yield user
    Authenticator.objects.filter(user=user).delete()


def test_the_secret_of_a_one_time_code_does_not_stand_in_the_database_and_works_all_the_same(person) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.conf import settings
    from django.db import connections

    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator WHERE user_id = %s", [person.pk])
        kept = cursor.fetchone()[0]
    assert secret not in kept
    assert unseal(Authenticator.objects.get(user=person).data["secret"], settings.SECRET_KEY) == secret


def test_what_an_older_version_kept_open_is_sealed_once_and_stays_the_same_secret(person) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import generate_totp_secret
    from django.apps import apps
    from django.conf import settings
    from django.db import connections

    secret = generate_totp_secret()
    row = Authenticator.objects.create(user=person, type="totp", data={"secret": secret})
    seal_all = importlib.import_module(
        "fairlead.workbench.migrations.0004_second_factors_are_sealed"
    ).seal_all
    for _ in range(2):
        with connections["owner"].schema_editor() as editor:
            seal_all(apps, editor)
        row.refresh_from_db()
        assert row.data["secret"] != secret
        assert unseal(row.data["secret"], settings.SECRET_KEY) == secret


@pytest.mark.parametrize("broken", ["", "JBSWY3DPEHPK3PXP", "sealed:", "sealed:AAAA"])
def test_a_secret_that_is_not_sealed_here_opens_nothing_and_says_what_to_do(broken: str) -> None:
    with pytest.raises(RunError, match="register/secret"):
        unseal(broken, "the secret")
    with pytest.raises(RunError, match="register/secret"):
        unseal(seal("JBSWY3DPEHPK3PXP", "another secret"), "the secret")
