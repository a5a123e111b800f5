"""XMP packets: every property, as attribute or element, with its usual prefix. Source: ISO 16684-1."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from fairlead.media.metadata.item import MOST_ITEMS, Item, text

_PREFIXES = {
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.tc260.org.cn/ns/AIGC/1.0/": "TC260",
    "http://ns.tc260.org.cn/AIGC/1.0/": "TC260",
    "http://ns.google.com/photos/1.0/camera/": "GCamera",
    "http://ns.adobe.com/camera-raw-settings/1.0/": "crs",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
}
_MOST_PACKET_BYTES = 4 << 20
_MOST_DEPTH = 40


def read_xmp(packet: bytes, offset: int, length: int) -> Iterator[Item]:
    """The place of the packet, and each property with a value. Entities and DTDs are refused."""
    yield Item(namespace="xmp", key="packet", value="", offset=offset, length=length)
    try:
        root = fromstring(packet[:_MOST_PACKET_BYTES].strip(b"\0 \t\r\n"), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return
    for count, (key, value) in enumerate(_properties(root, "", 0)):
        if count >= MOST_ITEMS:
            return
        yield Item(namespace="xmp", key=text(key)[:120], value=text(value), offset=offset, length=length)


def _properties(element: Element, within: str, depth: int) -> Iterator[tuple[str, str]]:
    """Property name and value; list items (rdf:li) carry the name of the property they are in."""
    if depth > _MOST_DEPTH:
        return
    name = _name(str(element.tag))
    here = within if name.startswith("rdf:") or name in {"xmpmeta", "x:xmpmeta"} else name
    for attribute, value in element.attrib.items():
        key = _name(attribute)
        if key == "rdf:resource" and here:
            yield here, value
        elif not key.startswith(("rdf:", "xml:", "{http://www.w3.org/XML")):
            yield key, value
    if here and element.text and element.text.strip():
        yield here, element.text.strip()
    for child in element:
        yield from _properties(child, here, depth + 1)


def _name(tag: str) -> str:
    space, _, local = tag.rpartition("}")
    uri = space.removeprefix("{")
    if not uri or uri == "adobe:ns:meta/":
        return local
    prefix = _PREFIXES.get(uri)
    return f"{prefix}:{local}" if prefix else f"{{{uri}}}{local}"
