"""Proves on a unit's own hash set that its index loses nothing."""

from __future__ import annotations

from fairlead.case.known.sets import get_hash_set
from fairlead.case.place.session import Session
from fairlead.engine.catalogue import Catalogue
from fairlead.known.found import find_listed, hashes_of
from fairlead.known.index import Certificate, HammingIndex
from fairlead.tables.known import KNOWN
from fairlead.terms.custody import Operation
from fairlead.terms.errors import UsageError


def certify_hash_set(session: Session, name: str, *, sample: int, seed: int) -> Certificate:
    """Compare the index over a set's PDQ entries with a plain comparison of every pair; in the ledger."""
    session.require_sight()
    radius = get_hash_set(session, name)["radius"]
    catalogue = Catalogue(session.store, (KNOWN,))
    try:
        listed = find_listed(catalogue, name)
    finally:
        catalogue.close()
    if not listed.num_rows:
        raise UsageError(
            f"the hash set {name} has no PDQ entries",
            "Give a set with PDQ entries: digests are compared whole and need no index.",
            code="USAGE-NO-PDQ",
        )
    certificate = HammingIndex.build(hashes_of(listed.column("value"))).certify(sample, seed, radius=radius)
    session.record(
        Operation.CONSULTATION,
        "known.certify",
        (name,),
        "index compared with every pair",
        facts={"pairs": certificate.pairs, "missed": certificate.missed, "extra": certificate.extra},
    )
    return certificate
