"""What a restored workspace is known to lack."""

from __future__ import annotations

from fairlead.case.log.restoration import find_restored
from fairlead.case.place.workspace import Workspace
from fairlead.case.upkeep.checks.check import Check, check_of


def check_restored(workspace: Workspace) -> list[Check]:
    """Nothing for a workspace that was never restored; otherwise whether countries proved to hold what is not here.

    What nobody has told is not found: countries whose receipts came after the backup are asked to send them again.
    """
    restored = find_restored(workspace)
    if (last := restored.last) is None:
        return []
    return [
        check_of(
            f"Restored to the state of {last.backup_at:%Y-%m-%d %H:%M}Z: is every package known here that a country "
            "holds, as far as any has told?",
            (
                f"package {missing.package}: {missing.country} holds it, it was sent after the backup"
                for missing in restored.missing
            ),
            "Ask the country which leads it holds of it, recall it in writing if it should not be used, and send the "
            "leads again as they stand now: docs/how-to/back-up-and-restore.md.",
        )
    ]
