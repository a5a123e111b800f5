"""The provenance of one loose file, without a workspace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fairlead.provenance.signal import item_of
from fairlead.provenance.stages import find_signals, read_c2pa
from fairlead.provenance.weigh import weigh


def weigh_file(path: Path, examined: dict[str, Any], *, anchors: str = "") -> dict[str, Any]:
    """Conclusion and signals of a file, given what media found in it (a row of the table examined).

    ``anchors`` is the trust list as PEM text. The answer is ready for JSON.
    """
    items = [item_of(columns) for columns in examined.get("metadata") or ()]
    signals = find_signals(items)
    store = next((item for item in items if item.namespace == "jumbf"), None)
    if store is not None:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            signals += read_c2pa(descriptor, examined["media_type"], store, anchors=anchors)
        finally:
            os.close(descriptor)
    weighed = weigh(signals)
    return {
        "conclusion": weighed.conclusion.value,
        "derived_from_picture": weighed.derived_from_picture,
        "grounds": list(weighed.grounds),
        "contradictions": list(weighed.contradictions),
        "signals": [signal.columns() for signal in signals],
    }
