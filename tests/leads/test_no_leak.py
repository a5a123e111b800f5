"""For random operations, nothing of a person elsewhere is in what one country receives.

The egress check is one judge; this test is a second one that knows nothing of it: it writes a token that stands
nowhere else into every field of every record, and looks for the tokens of others in the bytes that would leave.
"""

from __future__ import annotations

import hashlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.engine.catalogue import Catalogue
from fairlead.engine.parts import PartStore, part_name
from fairlead.leads.bag import make_bag
from fairlead.leads.build import build_lead, lead_id
from fairlead.leads.egress.allowed import Allowed
from fairlead.leads.egress.check import check_egress
from fairlead.leads.facts import gather_country
from fairlead.leads.material import HashRow
from fairlead.leads.package import PackagePlan, _info, _payload
from fairlead.tables import ALL
from tests.leads.builders import allowed_by

AT = datetime(2026, 1, 1, tzinfo=UTC)
COUNTRIES = ("SE", "DE", "GB")

persons_drawn = st.lists(
    st.tuples(
        st.sampled_from((*COUNTRIES, None)),  # country that the evidence supports
        st.sampled_from(("attributed", "probable", "possible", "unresolved")),
        st.sampled_from(("user", "payer")),
        st.integers(0, 7),  # whom a payer paid for
        st.booleans(),  # whether the payer may be the same person
    ),
    min_size=1,
    max_size=8,
)


def write(store: PartStore, name: str, rows: list[dict[str, Any]]) -> None:
    store.write(ALL[name], part_name(name), [ALL[name].batch(rows)])


def token(number: int, field: str) -> str:
    return f"tok{number:03d}{field}end"


def make_operation(folder: Path, drawn: list[tuple[Any, ...]]) -> PartStore:
    store = PartStore(folder)
    rows: dict[str, list[dict[str, Any]]] = {
        n: []
        for n in (
            "persons",
            "identifiers",
            "accounts",
            "payments",
            "acts",
            "holders",
            "assessed_acts",
            "files",
        )
    }
    users = [n for n, (_, _, kind, _, _) in enumerate(drawn) if kind == "user"]
    origin = {"exhibit": "X/1", "locator": "path:a#bytes=0-1"}
    for number, (country, grade, kind, paid_for, _) in enumerate(drawn):
        record = f"{'platform' if kind == 'user' else 'till'}:{token(number, 'record')}"
        target = users[paid_for % len(users)] if users and kind == "payer" else None
        rows["persons"].append(
            {
                "person": f"P-{token(number, 'person')}",
                "grade": grade,
                "members": [record],
                "roles": ["account_user" if kind == "user" else "payer"],
                "country": country,
                "countries": [
                    {
                        "country": country or "SE",
                        "grade": "probable",
                        "grounds": [token(number, "ground")],
                        "contradictions": [],
                        "origins": [],
                    }
                ],
                "names_person": grade == "attributed",
                "grounds": [token(number, "why")],
                "against": [token(number, "against")],
                "payers": [
                    f"P-{token(n, 'person')}"
                    for n, d in enumerate(drawn)
                    if d[2] == "payer" and users and users[d[3] % len(users)] == number
                ],
                "maybe_same": [
                    {"person": f"P-{token(n, 'person')}", "grade": "possible"}
                    for n, d in enumerate(drawn)
                    if d[2] == "payer" and d[4] and users and users[d[3] % len(users)] == number
                ],
            }
        )
        for field in ("email", "iban", "name", "phone"):
            rows["identifiers"].append(
                {
                    "owner": record,
                    "owner_table": "accounts" if kind == "user" else "payments",
                    "role": "account_user" if kind == "user" else "payer",
                    "kind": field,
                    "value": token(number, field),
                    "original": token(number, field),
                    "scope": "personal",
                    "holders": 1,
                    **origin,
                }
            )
        if kind == "user":
            rows["accounts"].append(
                {
                    "account": record,
                    "role": "account_user",
                    "user_name": token(number, "user"),
                    "status": "member",
                    **origin,
                }
            )
            rows["acts"].append(
                {
                    "act": token(number, "act"),
                    "kind": "access",
                    "account": record,
                    "from_at": AT,
                    "to_at": AT,
                    "events": 1,
                    "rule": "r",
                    "sha256s": [],
                    "origins": [],
                    **origin,
                }
            )
            seized = {"exhibit": f"L/{number}"}
            rows["holders"].append(
                {**seized, "account": record, "reason": token(number, "held"), "stated_at": AT}
            )
            model = hashlib.sha256(str(number).encode()).hexdigest()
            rows["assessed_acts"].append(
                {
                    **seized,
                    "act": token(number, "suggested"),
                    "kind": "possess_tool",
                    "tool": model,
                    "from_at": AT,
                    "to_at": AT,
                    "sha256s": [model],
                    "pictures": 0,
                    "grounds": [token(number, "model")],
                    "limits": ["Says nothing about who used it."],
                }
            )
            rows["files"].append(
                {
                    **seized,
                    "locator": "path:m",
                    "path": "m",
                    "path_bytes": b"m",
                    "allocation": "live",
                    "verdict": "read",
                    "detail": "",
                    "sha256": model,
                }
            )
        else:
            rows["payments"].append(
                {
                    "payment": record,
                    "account": f"platform:{token(target, 'record')}" if target is not None else None,
                    "kind": "payment",
                    "amount": 1,
                    "currency": "EUR",
                    "paid_at": AT,
                    "payer_name": token(number, "payer"),
                    "reference": token(number, "reference"),
                    **origin,
                }
            )
    write(
        store,
        "exhibits",
        [
            {
                "exhibit": exhibit,
                "sequence": sequence,
                "kind": "file",
                "sha256": "0" * 64,
                "authority": "a",
                "handling": "H0",
                "restriction": "",
                "received_at": AT,
                "description": "d",
                "path": "p",
                "size_bytes": 1,
            }
            for sequence, exhibit in enumerate(("X/1", *(r["exhibit"] for r in rows["holders"])), 1)
        ],
    )
    for name, listed in rows.items():
        write(store, name, listed)
    return store


def bag_for(store: PartStore, country: str) -> tuple[dict[str, bytes], Allowed] | None:
    catalogue = Catalogue(store)
    try:
        facts = gather_country(catalogue, country)
    finally:
        catalogue.close()
    leads = tuple(build_lead(f, facts, operation="x", lead_country="DK", at=AT) for f in facts.leads)
    if not leads:
        return None
    plan = PackagePlan(
        package="x-1",
        version=1,
        operation="x",
        from_country="DK",
        to_country=country,
        legal_basis="made up",
        purpose="test",
        built_at=AT,
        recipients=(),
        leads=leads,
        material={
            lead_id(country, f.head.identity): tuple(map(HashRow.of, f.head.material)) for f in facts.leads
        },
    )
    return make_bag(_payload(plan), _info(plan)), allowed_by(plan)


@settings(max_examples=40, deadline=None)
@given(persons_drawn)
def test_nothing_of_a_person_elsewhere_is_in_what_a_country_receives(drawn: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = make_operation(Path(folder), drawn)
        for country in COUNTRIES:
            made = bag_for(store, country)
            if made is None:
                continue
            files, allowed = made
            assert check_egress(files, allowed) == []
            text = b"\n".join(data for path, data in files.items() if not path.endswith(".pdf")).decode()
            for number, (where, grade, kind, _, _) in enumerate(drawn):
                if where != country:
                    fields = (
                        "email",
                        "iban",
                        "name",
                        "phone",
                        "ground",
                        "why",
                        "against",
                        "user",
                        "payer",
                        "reference",
                        "held",
                        "model",
                        "suggested",
                    )
                    assert not any(token(number, field) in text for field in fields), (country, number)
                    assert token(number, "person") not in text
                elif grade != "attributed":
                    assert token(number, "name") not in text, (
                        "a name left although the grade does not allow it"
                    )
                if kind == "user" and where == country:
                    assert token(number, "email") in text
                    assert token(number, "suggested") in text


def test_a_planted_leak_is_caught_by_the_egress_check() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = make_operation(
            Path(folder), [("SE", "probable", "user", 0, False), ("DE", "probable", "user", 0, False)]
        )
        swedish_bag, german_bag = bag_for(store, "SE"), bag_for(store, "DE")
        assert swedish_bag is not None
        assert german_bag is not None
        (swedish, allowed), (german, _) = swedish_bag, german_bag
        path = next(p for p in german if p.endswith("lead.json"))
        assert check_egress({**swedish, path: german[path]}, allowed)
        row = german["data/selectors.csv"].splitlines(keepends=True)[1]
        assert check_egress({**swedish, "data/selectors.csv": swedish["data/selectors.csv"] + row}, allowed)
        assert check_egress({**swedish, "data/leads/x.jpg": b"\xff\xd8\xff\xe0"}, allowed)


def test_an_exhibit_stated_to_be_from_two_accounts_of_one_person_is_told_once_with_both_grounds(
    tmp_path: Path,
) -> None:
    store = make_operation(tmp_path, [("SE", "probable", "user", 0, False)])
    (person,) = store.read(ALL["persons"]).to_pylist()
    (stated,) = store.read(ALL["holders"]).to_pylist()
    write(store, "persons", [{**person, "members": [*person["members"], "platform:other"]}])
    write(store, "holders", [stated, {**stated, "account": "platform:other", "reason": "a second ground"}])
    catalogue = Catalogue(store)
    try:
        (lead,) = gather_country(catalogue, "SE").leads
    finally:
        catalogue.close()
    (act,) = lead.head.assessed_acts
    assert act["reason"] == f"a second ground; {stated['reason']}"
    assert act["origins"] == ["L/0:path:m"]
