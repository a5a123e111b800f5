"""The operation's page tells which rows found their account through other tables, and which did not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.case.lists.joined import Joined
from tests.workbench.conftest import OPERATION, World


def test_the_page_says_how_many_found_their_account_how_many_did_not_and_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.urls import reverse

    from fairlead.workbench.views import operation

    joined = Joined(
        source="web",
        rows_of="accesses",
        way="path, vault_keys.code > receipt, account by id",
        found=3_111,
        not_found=2_760,
        lost=("2,760: no row in vault_keys has the value",),
        found_examples=("aa1 (NSK/1:path:a.log#bytes=0-9)",),
        lost_examples=("zz9 (NSK/1:path:a.log#bytes=9-18)",),
    )
    counted = operation.count
    monkeypatch.setattr(
        operation,
        "count",
        lambda session: replace(counted(session), joined=(joined,), accesses=5_871, accesses_placed=3_111),
    )
    page = world.as_("iversen").get(reverse("operation", kwargs={"operation": OPERATION})).content.decode()
    for said in (
        "3111 of 5871 accesses have an account",
        "2,760: no row in vault_keys",
        "aa1 (NSK/1",
        "zz9 (NSK/1",
    ):
        assert said in page.replace("&gt;", ">"), said
