"""Deconfliction: two countries learn which identifiers both hold, and nothing else of each other's lists.

Private set intersection over elliptic curves (ECDH-PSI, the openmined-psi library, which wraps Google's). Whoever
asks learns the identifiers in common; whoever answers learns only how many were asked. Both learn the size of the
other's list. A salted exchange of hashes is not offered: identifiers such as telephone numbers can be guessed from
it one by one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from fairlead.leads.dsse import refused
from fairlead.leads.strict_json import text_in
from fairlead.terms.errors import UsageError

LARGEST_LIST = 1_000_000
LARGEST_FILE = 256 << 20
"""Octets of a request or an answer: some 100 for each identifier of the largest list, and room."""
_NO_FALSE_POSITIVES = 1e-12  # ignored by the raw data structure, which has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What goes to the other country, and the key that must stay here until the answer comes."""

    request: str
    private_key: bytes


def ask(identifiers: Sequence[str]) -> Question:
    """Blind a list of identifiers, at most a million, for the other country to answer."""
    import private_set_intersection.python as psi

    _check_size(identifiers)
    client = psi.client.CreateWithNewKey(True)
    request = client.CreateRequest(list(identifiers)).SerializeToString()
    value = {
        "format": "fairlead-deconfliction-request/1",
        "count": len(identifiers),
        "request": _encode(request),
    }
    return Question(request=json.dumps(value) + "\n", private_key=bytes(client.GetPrivateKeyBytes()))


def answer(identifiers: Sequence[str], untrusted_request: str) -> tuple[str, int]:
    """Answer a request from our own list; returns the answer and how many identifiers were asked."""
    import private_set_intersection.python as psi

    _check_size(identifiers)
    value = _read(untrusted_request, "fairlead-deconfliction-request/1")
    count = value["count"]
    if not isinstance(count, int) or not 0 < count <= LARGEST_LIST:
        raise refused("the request asks for more than a list may hold", "DECONFLICT-SIZE")
    server = psi.server.CreateWithNewKey(True)
    request = psi.Request()
    try:
        request.ParseFromString(base64.b64decode(text_in(value["request"])))
        setup = server.CreateSetupMessage(
            _NO_FALSE_POSITIVES, count, list(identifiers), psi.DataStructure.RAW
        )
        response = server.ProcessRequest(request)
    except (RuntimeError, ValueError) as problem:
        raise refused("the request cannot be read", "DECONFLICT-FORM") from problem
    reply = {
        "format": "fairlead-deconfliction-answer/1",
        "setup": _encode(setup.SerializeToString()),
        "response": _encode(response.SerializeToString()),
    }
    return json.dumps(reply) + "\n", count


def find_common(identifiers: Sequence[str], private_key: bytes, untrusted_answer: str) -> list[str]:
    """Which of the identifiers that were asked the other country holds, too; same list, same order as asked."""
    import private_set_intersection.python as psi

    value = _read(untrusted_answer, "fairlead-deconfliction-answer/1")
    client = psi.client.CreateFromKey(private_key, True)
    setup, response = psi.ServerSetup(), psi.Response()
    try:
        setup.ParseFromString(base64.b64decode(text_in(value["setup"])))
        response.ParseFromString(base64.b64decode(text_in(value["response"])))
        common = client.GetIntersection(setup, response)
    except (RuntimeError, ValueError) as problem:
        raise refused("the answer does not fit the question", "DECONFLICT-FORM") from problem
    return [identifiers[index] for index in sorted(common) if index < len(identifiers)]


def _check_size(identifiers: Sequence[str]) -> None:
    if not 0 < len(identifiers) <= LARGEST_LIST:
        raise UsageError(
            f"the list holds {len(identifiers)} identifiers",
            f"Between 1 and {LARGEST_LIST:,} can be compared; run `fairlead attribute` first.",
            code="DECONFLICT-SIZE",
        )


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _read(text: str, form: str) -> dict[str, object]:
    try:
        value = json.loads(text)
        if value["format"] != form or ("request" in form and not {"count", "request"} <= value.keys()):
            raise ValueError(form)
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        raise refused(f"the file is no {form}", "DECONFLICT-FORM") from problem
    return dict(value)
