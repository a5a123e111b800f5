"""The second officer's act in tests: release with the digest of the list of files that waits."""

from __future__ import annotations

import hashlib

from fairlead.case.place.session import Session
from fairlead.case.sending.release import release


def digest_of(waiting: int) -> str:
    """The SHA-256 of the list of files of a prepared release."""
    from fairlead.register.models import PreparedRow

    manifest = PreparedRow.objects.using("owner").values_list("manifest", flat=True).get(pk=waiting)
    return hashlib.sha256(manifest.encode()).hexdigest()


def release_as_read(session: Session, waiting: int) -> str:
    """Release what waits, as somebody who read it."""
    return release(session, waiting, manifest_sha256=digest_of(waiting))
