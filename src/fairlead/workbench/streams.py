"""Pages that are alive: a stream of server-sent events that says that something changed, never what.

The page then asks for itself again, through the same policies as ever. A stream ends by itself after a minute, and
the browser opens another one, which asks for the rights again. Streams take threads of the server, so there are few
for one person and never more than half of a process's threads; without one, a page asks every half minute.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from fairlead.register.pulse import pulse
from fairlead.workbench.desk import Desk

_LIVES_S = 60.0
_BETWEEN_S = 2.0
_RETRY_MS = 1500


class Places:
    """The places for streams in this process: so many in all, so many for one person."""

    def __init__(self, *, in_all: int, for_one: int) -> None:
        self._in_all, self._for_one = in_all, for_one
        self._taken: Counter[int] = Counter()
        self._lock = threading.Lock()

    def take(self, user_id: int) -> bool:
        """Take a place; False when none is free."""
        with self._lock:
            if self._taken.total() >= self._in_all or self._taken[user_id] >= self._for_one:
                return False
            self._taken[user_id] += 1
            return True

    def give_back(self, user_id: int) -> None:
        """Free a place."""
        with self._lock:
            self._taken[user_id] -= 1


PLACES = Places(in_all=settings.STREAMS_IN_A_PROCESS, for_one=settings.STREAMS_FOR_ONE)


def events(request: HttpRequest, desk: Desk) -> HttpResponseBase:  # noqa: ARG001 - every view is given the request
    """A stream for this operation, or 204 when there is no place: the browser then does not ask again."""
    if not PLACES.take(desk.user.pk):
        return HttpResponse(status=204)
    answer = StreamingHttpResponse(_Stream(desk), content_type="text/event-stream")
    answer["X-Accel-Buffering"] = "no"  # a proxy in front must not collect what is to arrive at once
    return answer


class _Stream:
    """The lines of one stream; its place is freed however it ends."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lines = self._tell()
        self._open = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return next(self._lines)

    def close(self) -> None:
        """Free the place: called by the server when the browser has gone, too."""
        if self._open:
            self._open = False
            PLACES.give_back(self._desk.user.pk)

    def _tell(self) -> Iterator[str]:
        session = self._desk.session
        ends = time.monotonic() + _LIVES_S
        last = pulse(session.user_id, session.operation, at=session.clock())
        yield f"retry: {_RETRY_MS}\n\n"
        while time.monotonic() < ends:
            time.sleep(_BETWEEN_S)
            now = pulse(session.user_id, session.operation, at=session.clock())
            # A comment keeps proxies from closing the line, and tells the server when the browser has gone.
            yield ": still here\n\n" if now == last else "event: changed\ndata: \n\n"
            last = now
