from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairlead.evidence.custody import CustodyRecord
from fairlead.terms.custody import CustodyEvent


def record(**changes: object) -> CustodyRecord:
    fields: dict[str, object] = {
        "exhibit": "AB/1",
        "event": CustodyEvent.RECEIVE,
        "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "zone": "Europe/Copenhagen",
        "place": "evidence room 2",
        "actor": "officer 17",
        "actor_role": "examiner",
        "actor_agency": "police.example",
        "reason": "processing",
        "authority": "order 12-345",
    }
    return CustodyRecord(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_change_needs_its_justification() -> None:
    assert record(change_made="battery replaced", change_justification="clock would have stopped")
    with pytest.raises(ValueError, match="justification"):
        record(change_made="battery replaced")


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        record(at=datetime(2026, 1, 2))  # noqa: DTZ001
