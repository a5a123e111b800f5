"""Which entries of a hash set may leave, in the order in which the writers want them."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.engine.catalogue import Catalogue
from fairlead.tables.rows import KnownRow
from fairlead.terms.matching import ReleasePolicy

_ENTRIES = 'SELECT * FROM known WHERE "set" = $set AND release = ANY($policies) ORDER BY source, "row", entry'


def find_releasable(
    catalogue: Catalogue, hash_set: str, *, consent_of_originator: bool
) -> Iterator[KnownRow]:
    """Entries that may leave; those that need the originator's consent only when it is said to be there."""
    policies = [ReleasePolicy.RELEASABLE.value]
    if consent_of_originator:
        policies.append(ReleasePolicy.ORIGINATOR_CONSENT.value)
    for batch in catalogue.query(_ENTRIES, {"set": hash_set, "policies": policies}).to_batches(50_000):
        yield from batch.to_pylist()
