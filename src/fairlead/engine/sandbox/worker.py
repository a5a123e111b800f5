"""The worker process: loads one handler, warms it, locks itself down, then answers jobs until told to stop.

Started by the supervisor as ``python -I -m fairlead.engine.sandbox.worker SOCKET HANDLER LIMITS PLACES``.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from typing import Any

from fairlead.engine.sandbox.limits import limits_for_worker
from fairlead.engine.sandbox.lockdown import lock_down
from fairlead.engine.sandbox.wire import receive_job, send

Handler = Callable[[Any, list[int]], Mapping[str, object]]


def main(arguments: list[str]) -> None:
    """Serve one handler on an inherited socket."""
    descriptor, dotted, limits, places = arguments
    sys.path.extend(json.loads(places))
    channel = socket.socket(fileno=int(descriptor))
    module_name, _, name = dotted.partition(":")
    module = importlib.import_module(module_name)
    handler: Handler = getattr(module, name)
    warm = getattr(module, "warm", None)
    if warm is not None:
        warm()
    gc.collect()
    gc.freeze()
    send(channel, {"layers": lock_down(limits_for_worker(limits))})
    while (received := receive_job(channel)) is not None:
        asked, descriptors = received
        try:
            send(channel, {"nonce": asked["nonce"], **_answer(handler, asked["job"], descriptors)})
        finally:
            for given in descriptors:
                os.close(given)


def _answer(handler: Handler, header: object, descriptors: list[int]) -> dict[str, object]:
    try:
        return {"ok": handler(header, descriptors)}
    except MemoryError:
        return {"memory": True}
    except Exception as problem:  # noqa: BLE001 - whatever a parser of hostile bytes raises is its answer
        return {"failed": type(problem).__name__}


if __name__ == "__main__":
    main(sys.argv[1:])
