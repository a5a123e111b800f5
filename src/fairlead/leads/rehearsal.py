"""What partners send is read through in the sandbox before the program reads it.

The program then makes the same checks of the same octets itself, all but one: whether a package keeps the rules of what
may leave takes apart PDF, CSV and pictures' signatures, and is believed as the sandbox says it. A worker that was taken
over can so make a package pass that breaks these rules, and can sign nothing.
"""

from __future__ import annotations

import base64
import os
import pickle
import threading
from functools import cache
from pathlib import Path

from fairlead.engine.sandbox import Outcome, SandboxLimits, SandboxPool, SandboxReply
from fairlead.leads.dsse import refused
from fairlead.leads.opening import Expected, VerifiedPackage, decrypt, own_recipients, verify_packed
from fairlead.leads.rehearsal_handler import PlainExpected, RehearsalJob
from fairlead.terms.errors import ItemError, UsageError

LARGEST_BYTES = 16 << 20
"""No statement that a partner signs is larger."""
_SMALL_BYTES = 1 << 18
"""What is smaller cannot overwhelm a reader of JSON: at most some hundred octets of memory for one of text."""
_LIMITS = SandboxLimits(memory_bytes=4 << 30, deadline_s=600.0)
_ONE_AT_A_TIME = threading.Lock()
"""A pool answers one job after the other; the server has several threads."""
_ENDED = {
    Outcome.MEMORY: "takes more memory than allowed",
    Outcome.TIMEOUT: "takes too long to read",
    Outcome.CRASHED: "ended its reader",
    Outcome.FAILED: "is not what its reader expects",
}


def verify_package(untrusted_data: bytes, identity_text: str, expected: Expected) -> VerifiedPackage:
    """Decrypt and check a package: signatures, manifests, ledger proof, egress rules. Raises ItemError."""
    packed, own = decrypt(untrusted_data, identity_text), own_recipients(identity_text)
    plain = PlainExpected(
        own=own,
        country=expected.country,
        officers={name: key.public_bytes_raw() for name, key in expected.officers.items()},
        ledger=str(expected.ledger),
        valid_until=dict(expected.valid_until) if expected.valid_until else None,
        witnesses=tuple(str(key) for key in expected.witnesses),
        needed_witnesses=expected.needed_witnesses,
        seen=expected.seen,
        earlier=tuple(expected.earlier),
        restored_at=expected.restored_at,
        now=expected.now,
    )
    reply = _rehearse({"expected": base64.b64encode(pickle.dumps(plain)).decode()}, packed)
    if reply.outcome is not Outcome.OK:
        raise refused(f"the package {_ENDED[reply.outcome]}", "PACKAGE-OVERWHELMS")
    said = reply.body.get("reasons")
    reasons = [str(reason) for reason in said] if isinstance(said, list) else []
    if reply.body.get("refused") is not False and not reasons:
        reasons = ["it was refused in the sandbox"]
    return verify_packed(packed, own, expected, rules=lambda *_: reasons)


def read_partner_text(path: Path, *, most_bytes: int = LARGEST_BYTES) -> str:
    """The text of a file that a partner sent, which a reader of JSON can read or refuse.

    UsageError when it is no text, or larger than any can be; ItemError when it is made to overwhelm.
    """
    try:
        with path.open("rb") as handle:
            data = handle.read(most_bytes + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageError(
            "the file is not there, or is no text", "Check the path.", code="USAGE-UPLOAD"
        ) from problem
    if len(data) > most_bytes:
        raise UsageError("the file is larger than any answer can be", "Check the path.", code="USAGE-UPLOAD")
    if len(data) > _SMALL_BYTES:
        reply = _rehearse({"expected": ""}, data)
        if reply.outcome is not Outcome.OK:
            raise ItemError(
                f"the file {_ENDED[reply.outcome]}",
                "Do not use it. Ask the sender to send it again and compare its digest.",
                code="PACKAGE-OVERWHELMS",
            )
    return text


def _rehearse(job: RehearsalJob, data: bytes) -> SandboxReply:
    held = os.memfd_create("received", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(held), "wb") as file:
            file.write(data)
        os.lseek(held, 0, os.SEEK_SET)
        with _ONE_AT_A_TIME:
            return _pool().call(job, [held])
    finally:
        os.close(held)


@cache
def _pool() -> SandboxPool:
    return SandboxPool(handler="fairlead.leads.rehearsal_handler:handle", limits=_LIMITS)
