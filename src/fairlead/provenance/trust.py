"""What an operator trusts when C2PA manifests are checked: anchors, time-stamp authorities, conforming products."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict

from cryptography import x509

from fairlead.terms.errors import UsageError
from fairlead.terms.provenance import TrustFile

CAPTURED = "capturedMedia"
_CONFORMANT = "conformant"
_GENERATOR = "generatorProduct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One generator product of the conforming-products list: its names as they stand in its certificate."""

    name: str
    organisation: str
    assurance: int
    disallowed: frozenset[str]
    conformant: bool
    record: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList:
    """One list as it was imported: what it is, where it came from, and its digest."""

    kind: TrustFile
    name: str
    version: str
    sha256: str
    text: str

    def described(self) -> dict[str, str]:
        """The list without its text, as reports name it."""
        return {"kind": self.kind.value, "name": self.name, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """All lists of a workspace. Without any, no signer is trusted."""

    anchors: str = ""
    products: tuple[Product, ...] = ()
    lists: tuple[dict[str, str], ...] = field(default=())

    @property
    def digest(self) -> str:
        """A digest over the lists, part of the version of the stage that uses them."""
        said = json.dumps([self.anchors, *self.lists], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    def find_product(self, name: str, organisation: str) -> Product | None:
        """The product whose certificate has this common name and organisation; a conformant record first."""
        wanted = (name.casefold().strip(), organisation.casefold().strip())
        found = [
            product
            for product in self.products
            if (product.name.casefold().strip(), product.organisation.casefold().strip()) == wanted
        ]
        return max(found, key=lambda product: product.conformant, default=None)


def build_trust(lists: Iterable[TrustList]) -> Trust:
    """Anchors of all lists together, and the products of all product lists."""
    given = sorted(lists, key=lambda one: (one.kind, one.name))
    return Trust(
        anchors="\n".join(one.text.strip() for one in given if one.kind is not TrustFile.PRODUCTS),
        products=tuple(
            product for one in given if one.kind is TrustFile.PRODUCTS for product in parse_products(one.text)
        ),
        lists=tuple(one.described() for one in given),
    )


def parse_list(kind: TrustFile, name: str, version: str, text: str) -> TrustList:
    """Check a list before it is kept. Raises UsageError (TRUST-001) when it is not what it should be."""
    if kind is TrustFile.PRODUCTS:
        if not parse_products(text):
            raise _wrong("it names no generator product")
    else:
        try:
            certificates = x509.load_pem_x509_certificates(text.encode("ascii"))
        except ValueError as problem:
            raise _wrong("it holds no certificates in PEM form") from problem
        if not certificates:
            raise _wrong("it holds no certificate")
    digest = hashlib.sha256(text.encode()).hexdigest()
    return TrustList(kind=kind, name=name, version=version, sha256=digest, text=text)


def parse_products(text: str) -> tuple[Product, ...]:
    """The generator products of a conforming-products list. Source: C2PA conformance, schema of the list.

    Raises UsageError (TRUST-001) when the text is not such a list.
    """
    try:
        records = json.loads(text)
        return tuple(_product(record) for record in records if record["product"]["productType"] == _GENERATOR)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise _wrong(f"it is not a conforming-products list ({type(problem).__name__})") from problem


class _Name(TypedDict):
    CN: str
    O: str  # noqa: E741 - the list names it so


class _Assurance(TypedDict):
    maxAssuranceLevel: int


class _Disallowed(TypedDict):
    inception: list[str]


class _Conforming(TypedDict):
    productType: str
    DN: _Name
    assurance: _Assurance
    disallowedSignals: _Disallowed


class _Record(TypedDict):
    """A record of the list, as far as it is read here; one without these is no such list (TRUST-001)."""

    product: _Conforming
    status: NotRequired[str]
    recordId: NotRequired[str]


def _product(record: _Record) -> Product:
    product = record["product"]
    return Product(
        name=str(product["DN"]["CN"]),
        organisation=str(product["DN"]["O"]),
        assurance=int(product["assurance"]["maxAssuranceLevel"]),
        disallowed=frozenset(map(str, product["disallowedSignals"]["inception"])),
        conformant=record.get("status", _CONFORMANT) == _CONFORMANT,
        record=str(record.get("recordId", "")),
    )


def _wrong(fact: str) -> UsageError:
    return UsageError(
        f"the list cannot be used: {fact}",
        "Import anchors and time-stamps as PEM, products as the JSON of the C2PA conformance program.",
        code="TRUST-001",
    )
