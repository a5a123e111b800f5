"""Internet addresses as servers and tables write them: one function for all of them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache

_V4_AND_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})")
_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]+)(?:%[^\]]*)?\](?::(\d{1,5}))?")
_PACKED_SIZES = (4, 16)
_HIGHEST_PORT = 65535

LAST_PUBLIC, FIRST, LAST = "last_public", "first", "last"


@dataclass(frozen=True, slots=True)
class Address:
    """An address, and the port where one stands beside it."""

    ip: str
    port: int | None = None


@lru_cache(maxsize=262144)
def parse_address(text: str, hop: str = LAST_PUBLIC) -> Address | None:
    """An address in text, with port, brackets, zone or a list of hops; None when it is none.

    ``::ffff:203.0.113.5`` is 203.0.113.5. Of a list (X-Forwarded-For) ``hop`` says which counts: the last one that
    is no address of a private network, ``first`` (what the client claims), ``last``, or a number from the end.
    """
    text = text.strip().strip('"')
    if "," in text:
        return _of_list([part.strip() for part in text.split(",") if part.strip()], hop)
    if text[:4].lower() == "for=":
        text = text[4:].strip('"')
    port: str | None = None
    if (found := _BRACKETS.fullmatch(text)) or (found := _V4_AND_PORT.fullmatch(text)):
        text, port = found.group(1), found.group(2)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    number = int(port) if port is not None else None
    if number is not None and number > _HIGHEST_PORT:
        return None
    return Address(_said(address), number)


def _of_list(parts: list[str], hop: str) -> Address | None:
    found = [parse_address(part) for part in parts]
    if not found:
        return None
    if hop == FIRST:
        return found[0]
    if hop == LAST:
        return found[-1]
    if hop.isdigit():
        return found[-int(hop)] if 0 < int(hop) <= len(found) else None
    public = [one for one in found if one is not None and not _is_inner(one.ip)]
    return public[-1] if public else next((one for one in reversed(found) if one is not None), None)


_INNER = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7",
                    "fe80::/10", "::1/128")
)  # fmt: skip


def _is_inner(ip: str) -> bool:
    address = ipaddress.ip_address(ip)
    return any(address in network for network in _INNER)


def _said(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def read_address(raw: bytes) -> str | None:
    """An IP address in text, or in 4 or 16 packed bytes or their hex digits; None when it is neither."""
    text = raw.decode("ascii", errors="replace").strip()
    if (parsed := parse_address(text)) is not None:
        return parsed.ip
    if len(raw) in _PACKED_SIZES:
        return _said(ipaddress.ip_address(raw))
    if re.fullmatch(
        r"(?:0x|\\x)?(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{32})", text
    ):  # phpBB 2 and MyBB write packed hex
        return _said(ipaddress.ip_address(bytes.fromhex(text.removeprefix("0x").removeprefix("\\x"))))
    return None
