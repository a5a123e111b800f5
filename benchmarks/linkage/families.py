"""People whom linkage takes for one another, with known truth: families, twins, namesakes, defaults, payers, scripts.

Made up, held out: the rules know nothing of the seeds, and nothing here reads the lists or weights of the rules. Every
case is two or more records of two people, or of one (``scripts``, ``moved``), with surnames of its own, so that cases do
not meet. ``python -m benchmarks.linkage.families 500 --seed 1`` prints what became of each kind.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from fairlead.attribution.evaluate import evaluate
from fairlead.attribution.networks import read_networks
from fairlead.case.persons.attribution import attribution_stages
from fairlead.engine.local import LocalEngine
from fairlead.engine.parts import PartStore
from fairlead.tables.attribution import PERSONS
from fairlead.tables.records import ACCOUNTS, PAYMENTS
from fairlead.training.people import made_iban

NEAR = (
    "Marie Marine, Jan Jon, Mia Mila, Anna Anne, Lina Linn, Emil Emilie, Nina Nana, Karl Karla, Erik Erika, "
    "Marcel Marcela, Paul Paula, Simon Simone, Daniel Daniela, Julian Juliane, Johan Johanna, Ole Olle, Lea Leo, "
    "Kristin Kristian, Mikael Mikaela, Andre Andrea, Gabriel Gabriela, Ida Ina, Tim Tom, Eva Ewa, Sara Sarah, "
    "Louis Louise, Jens Jonas, Adam Adama, Ben Bent, Stine Stina, Petr Petra, Ivan Ivana, Zoran Zorana, Milan Milana"
)
SURNAMES = (
    "Lind",
    "Dubois",
    "Novak",
    "Berg",
    "Kowalsk",
    "Haddad",
    "Rossi",
    "Garcia",
    "Nagy",
    "Virtan",
    "Papad",
    "Yilmaz",
)
ENDINGS = (
    "er",
    "ov",
    "sen",
    "mann",
    "elli",
    "ez",
    "ak",
    "ström",
    "holt",
    "by",
    "ik",
    "oni",
    "eau",
    "dal",
    "quist",
)
FAMILY_MAIL = (
    "familie.{0}",
    "{0}.family",
    "famille.{0}",
    "{0}s",
    "the{0}s",
    "{0}.home",
    "{0}ovi",
    "casa.{0}",
    "{0}",
    "fam{0}",
)
DEFAULTS = ("1970-01-01", "1980-01-01", "2000-01-01", "1990-01-01", "1985-01-01", "1999-12-31", "1900-01-01")
MARKS = (
    ("sen.", "jun."),
    ("Sr.", "Jr."),
    ("d.ä.", "d.y."),
    ("père", "fils"),
    ("st.", "ml."),
    ("I", "II"),
    ("", "jr"),
)
SCRIPTS = (
    ("Дмитрий Лунёв", "Dmitry Lunyov"), ("Ольга Иванова", "Olga Ivanova"), ("Сергей Кузнецов", "Sergey Kuznetsov"),
    ("Наталья Соколова", "Natalia Sokolova"), ("Юлия Шевченко", "Yuliya Shevchenko"),
    ("Γιώργος Παπαδόπουλος", "Giorgos Papadopoulos"), ("Μαρία Νικολάου", "Maria Nikolaou"),
    ("Δημήτρης Οικονόμου", "Dimitris Oikonomou"), ("سامي حداد", "Sami Haddad"), ("ليلى منصور", "Layla Mansour"),
    ("محمد سالم", "Mohammed Salem"), ("Jörg Müller", "Joerg Mueller"), ("Søren Østergård", "Soeren Oestergaard"),
    ("Zażółć Wójcik", "Zazolc Wojcik"), ("Çağla Yıldırım", "Cagla Yildirim"), ("Kovács Béla", "Bela Kovacs"),
    ("María García López", "Maria Garcia"), ("Jan van der Berg", "Jan Berg"), ("Robert Smith", "Bob Smith"),
)  # fmt: skip


@dataclass
class Made:
    """Records, the real person of each, and the records of each case."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    truth: dict[str, str] = field(default_factory=dict)
    cases: list[tuple[str, list[str]]] = field(default_factory=list)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.rng, self.made, self.number = random.Random(seed), Made(), 0
        self.kinds: dict[str, Callable[[], Iterator[tuple[str, dict[str, Any]]]]] = {
            "siblings": self._siblings, "twins": self._twins, "namesakes": self._namesakes,
            "defaults": self._defaults, "generations": self._generations, "father_and_son": self._father_and_son,
            "initials": self._initials, "payers": self._payers, "scripts": self._scripts,
        }  # fmt: skip

    def make(self, kind: str) -> None:
        """Add one case of the kind: rows with the person each is of, two people unless the rows say otherwise."""
        self.number += 1
        self.surname = self.rng.choice(SURNAMES) + self.rng.choice(ENDINGS) + self._letters(4)
        held: list[str] = []
        for person, row in self.kinds[kind]():
            key = f"{kind}-{self.number}-{len(held)}"
            origin = {"exhibit": "X/1", "locator": f"row:{key}"}
            if "payer_name" in row:
                if "for" in row:
                    row["account"] = held[row.pop("for")]
                record = f"card:{key}"
                self.made.payments.append(
                    {"payment": record, "source": "card", "kind": "payment"} | origin | row
                )
            else:
                record = f"platform:{key}"
                base = {"account": record, "source": "platform", "role": "account_user"}
                self.made.accounts.append(base | origin | row)
            self.made.truth[record] = f"{kind}-{self.number}-{person}"
            held.append(record)
        self.made.cases.append((kind, held))

    def _letters(self, count: int) -> str:
        return "".join(self.rng.choice("bdfgklmnprstv") + self.rng.choice("aeiou") for _ in range(count // 2))

    def _near(self) -> tuple[str, str]:
        pair = self.rng.choice(NEAR.split(", ")).split()
        if self.rng.random() < 0.3:  # two names that no list knows
            name = self._letters(6).capitalize()
            return name, name[:-1] + self.rng.choice([v for v in "aeiou" if v != name[-1]])
        return pair[0], pair[1]

    def _mail(self) -> str:
        return self.rng.choice(FAMILY_MAIL).format(self.surname.lower()) + "@mail.example"

    def _home(self) -> dict[str, Any]:
        """What a household shares, some of it."""
        number, rng = self.number, self.rng
        shared = {
            "email": self._mail(), "registered_ip": f"203.{number >> 8 & 63}.{number & 255}.{rng.randrange(256)}",
            "postcode": f"{rng.randrange(1000, 99999):05d}", "address": f"Nygade {number}",
            "phone": f"+4930{number:07d}",
        }  # fmt: skip
        kept = rng.sample(list(shared), rng.randrange(1, len(shared)))
        return {"email": shared["email"]} | {name: shared[name] for name in kept}

    def _born(self) -> str:
        return f"{self.rng.randrange(1950, 2008)}-{self.rng.randrange(1, 13):02d}-{self.rng.randrange(1, 29):02d}"

    def _siblings(self) -> Iterator[tuple[str, dict[str, Any]]]:
        home = self._home()
        for name in self._near():
            yield name, home | {"full_name": f"{name} {self.surname}", "user_name": self._letters(8)}

    def _twins(self) -> Iterator[tuple[str, dict[str, Any]]]:
        home, born = self._home(), self._born()
        for name in self._near():
            yield name, home | {"full_name": f"{name} {self.surname}", "date_of_birth": born}

    def _namesakes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """One common name behind one address: a NAT, an anonymiser, a café."""
        where = {"registered_ip": f"198.51.{self.number >> 8}.{self.number & 255}"}
        if self.rng.random() < 0.5:
            where["last_ip"] = where["registered_ip"]
        if self.rng.random() < 0.5:
            where["postcode"] = f"{self.rng.randrange(10000, 99999)}"
        name = f"{self._near()[0]} {self.surname}"
        for person in "ab":
            yield (
                person,
                where
                | {
                    "full_name": name,
                    "user_name": self._letters(8),
                    "email": f"{self._letters(10)}@mail.example",
                },
            )

    def _defaults(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """One common name, a birth date that nobody chose, one postcode."""
        shared = {"date_of_birth": self.rng.choice(DEFAULTS), "postcode": f"{self.rng.randrange(10000, 99999)}",
                  "full_name": f"{self._near()[0]} {self.surname}"}  # fmt: skip
        for person in "ab":
            yield person, shared | {"user_name": self._letters(8)}

    def _generations(self) -> Iterator[tuple[str, dict[str, Any]]]:
        home, first = self._home(), self._near()[0]
        for mark in self.rng.choice(MARKS):
            yield mark or "-", home | {"full_name": f"{first} {self.surname} {mark}".strip()}

    def _father_and_son(self) -> Iterator[tuple[str, dict[str, Any]]]:
        home, first = self._home(), self._near()[0]
        for person in "ab":
            yield person, home | {"full_name": f"{first} {self.surname}", "user_name": self._letters(8)}

    def _initials(self) -> Iterator[tuple[str, dict[str, Any]]]:
        home, (one, other) = self._home(), self._near()
        yield one, home | {"full_name": f"{one[0]}. {self.surname}"}
        yield other, home | {"full_name": f"{other} {self.surname}"}

    def _payers(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """One payer for several accounts: a reseller, a parent, a stolen card."""
        count = self.rng.randrange(2, 5)
        for person in range(count):
            yield (
                f"user {person}",
                {"email": f"{self._letters(10)}@mail.example", "user_name": self._letters(8)},
            )
        paid = {"payer_name": f"{self._near()[0]} {self.surname}", "payer_email": f"{self._letters(10)}@mail.example",
                "instrument_kind": self.rng.choice(("iban", "card")),
                "instrument": made_iban("PL", self.number)}  # fmt: skip
        for account in range(count):
            yield "payer", paid | {"for": account}

    def _scripts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        shared = {"date_of_birth": self._born(), "postcode": f"{self.rng.randrange(10000, 99999)}"}
        for name in self.rng.choice(SCRIPTS):
            yield "one", shared | {"full_name": name}


def families(count: int, seed: int, kinds: tuple[str, ...] = ()) -> Made:
    """``count`` cases of each kind (all kinds if none is named)."""
    maker = _Maker(seed)
    for kind in kinds or tuple(maker.kinds):
        for _ in range(count):
            maker.make(kind)
    return maker.made


def attributed(made: Made, folder: Path) -> list[dict[str, Any]]:
    """Rows of PERSONS after all stages have run over the cases."""
    store = PartStore(folder)
    for table, rows in ((ACCOUNTS, made.accounts), (PAYMENTS, made.payments)):
        store.write(table, "part-1.parquet", pa.Table.from_pylist(rows, schema=table.schema).to_batches())
    with LocalEngine(store, alone_up_to=1_000_000) as engine:
        for stage in attribution_stages(read_networks()):
            engine.run(stage)
    return store.read(PERSONS).to_pylist()


def outcomes(made: Made, persons: list[dict[str, Any]]) -> dict[str, Counter[str]]:
    """Per kind: how many cases hold two people in one attributed person, in one of a lower grade, in none; found."""
    person_of = {record: row for row in persons for record in row["members"]}
    told: dict[str, Counter[str]] = {}
    for kind, held in made.cases:
        rows = {row["person"]: row for row in (person_of[record] for record in held)}.values()
        mixed = {row["grade"] for row in rows if len({made.truth[m] for m in row["members"]}) > 1}
        if len({made.truth[record] for record in held}) == 1:
            told.setdefault(kind, Counter())[
                "one: " + (next(iter(rows))["grade"] if len(rows) == 1 else "apart")
            ] += 1
        else:
            said = next(
                (grade for grade in ("attributed", "probable", "possible") if grade in mixed), "apart"
            )
            told.setdefault(kind, Counter())["two: " + said] += 1
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=int, nargs="?", default=500)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    given = parser.parse_args()
    made = families(given.cases, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        persons = attributed(made, Path(folder))
    print("seed", given.seed)
    for kind, counted in outcomes(made, persons).items():
        print(f"{kind:15}", json.dumps(counted))
    print("false attributions:", evaluate(persons, made.truth)["false_attributions"])


if __name__ == "__main__":
    main()
