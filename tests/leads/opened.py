"""A package as tests open it: the same checks as everywhere, in the process that tests."""

from __future__ import annotations

from typing import Any

from fairlead.leads.egress.check import check_egress
from fairlead.leads.opening import Expected, VerifiedPackage, decrypt, own_recipients, verify_packed


def open_here(data: bytes, identity: str, **expected: Any) -> VerifiedPackage:
    packed, own = decrypt(data, identity), own_recipients(identity)
    return verify_packed(packed, own, Expected(**expected), rules=check_egress)
