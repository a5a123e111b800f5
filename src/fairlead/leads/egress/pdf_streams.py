"""The streams of a printed lead other than its pages: fonts, their letters, colours and metadata."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from itertools import pairwise

from fairlead.leads.egress.texts import AllowedTexts

FONTS = (
    "LibertinusSerif-Regular", "LibertinusSerif-Bold", "NewCM10-Regular", "NewCM10-Bold", "NewCMMath-Regular",
    "NewCMMath-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold",
)  # fmt: skip
"""The fonts that come with Typst and can stand in a lead."""

# Digests of what never differs. Colour profiles of black and of sRGB:
_COLOURS = frozenset(
    {
        "00c0f94e09127520a17dc0e1d9264b5702081d96dbdb1549ee88e3631ce42a9d",
        "c56e1685d888f5edb92fe07f2750f387f8fe8e91b32ff8fb0b56bfbbb9458353",
    }
)
# Rights of the fonts in compact form, as they stand there:
_RIGHTS = frozenset(
    {
        b"Copyright Copyright 2012-2024 The Libertinus Project Authors.",
        (
            b"(C) 2019-2026 Antonis Tsolomitis. This work is released under the GUST Font License --  see "
            b"http://tug.org/fonts/licenses/GUST-FONT-LICENSE.txt for details."
        ),
        (
            b"(Copyleft) 2019-2026 Antonis Tsolomitis. \nThis work is released under the GPL3+FE -- see "
            b"https://www.gnu.org/licenses/gpl-faq.html#FontException \nDistribution Exception (DE) is added in Section 7 "
            b"of GNU-GPL3. See License file that comes with \nte distribution of the fonts."
        ),
    }
)
# Parts of the fonts in TrueType form that are the same in every cut of them: names, and programs.
_SAME_IN_EACH = {
    b"cvt ": ["14136560ff6213f819b80fee78d2db969210f8b2c9c481c1f347bd1503f3b35c"],
    b"fpgm": ["42885299f0288e1a9ba166568eddfb2ec6615092e3adddc65426705332203e5e"],
    b"name": ["394891a7a361158bbcc9b8d4e195a0c30fe6aca79fc55f58c28f563ddd3b3549"],
    b"prep": ["1579d1512103f3c602809d47d9d7fe11b6cb3ba6a143f2514e7a94332fcd688e"],
}
_TABLES = frozenset({*_SAME_IN_EACH, b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"post"})
_COMPACT_HEAD, _TRUETYPE_HEAD = b"\x01\x00\x04\x04", b"\x00\x01\x00\x00"
_GLYPHS = re.compile(rb"\xff*[\x80\xc0\xe0\xf0\xf8\xfc\xfe]?")
_DIGEST_BYTES = 16
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_CMAP = re.compile(
    rb"""%!PS-Adobe-3\.0 Resource-CMap
%%DocumentNeededResources: procset CIDInit
%%IncludeResource: procset CIDInit
%%BeginResource: CMap Custom
%%Title: \(Custom Adobe Identity 0\)
%%Version: 1
%%EndComments
/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo 3 dict dup begin
    /Registry \(Adobe\) def
    /Ordering \(Identity\) def
    /Supplement 0 def
end def
/CMapName /Custom def
/CMapVersion 1 def
/CMapType 0 def
/WMode 0 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
((?:\d{1,3} beginbfchar
(?:<[0-9A-F]{4}> <(?:[0-9A-F]{4}){1,4}>
)+endbfchar
)+)endcmap
CMapName currentdict /CMap defineresource pop
end
end
%%EndResource
%%EOF"""
)
_LETTER = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_SECTION = re.compile(rb"(\d+) beginbfchar\n(.*?)endbfchar", re.DOTALL)
_FREE = (
    ("digest", re.compile(r"([A-Za-z0-9+/]{22}==)(?:_source)?(?=</)")),
    ("day", re.compile(r"(?<=>)(\d{4}-\d\d-\d\d)T00:00:00Z(?=</)")),
    ("text", re.compile(r"(?<=<rdf:li xml:lang=\"x-default\">)([^<]*)(?=</)")),
    ("language", re.compile(r"(?<=<dc:language><rdf:Bag><rdf:li>)([a-z]{2})(?=</)")),
    ("", re.compile(r"(?<=CreatorTool>)(Typst \d\.\d{1,2}\.\d{1,2})(?=</)")),
    ("", re.compile(r"(?<=softwareAgent>)(Typst \d\.\d{1,2}\.\d{1,2})(?=</)")),
    ("", re.compile(r"(?<=<xmpTPg:NPages>)(\d{1,4})(?=</)")),
)
# SHA-256 of what is left of metadata without what is free:
_METADATA = "1d97afffaf12a391976dc20dce89520cda182ddc0d6876c7bce065c0104297c6"


def is_digest(text: str) -> bool:
    """Whether a text is base64 of 16 bytes that spell nothing."""
    try:
        said = base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return len(said) == _DIGEST_BYTES and not (said.isascii() and said.decode().isprintable())


def check_metadata(
    data: bytes, allowed: AllowedTexts, *, day: str, languages: AbstractSet[bytes]
) -> Iterator[str]:
    """What in metadata (XMP) is neither their form nor the lead's title, language and day (2026-03-04)."""
    text = data.decode(errors="replace")
    for kind, pattern in _FREE:
        for free in pattern.findall(text):
            if not {
                "digest": is_digest(free),
                "day": free == day,
                "text": allowed.hold(free),
                "language": free.encode() in languages,
            }.get(kind, True):
                yield f"metadata with a {kind} that is not this lead's"
        text = pattern.sub("", text)
    if hashlib.sha256(text.encode()).hexdigest() != _METADATA:
        yield "metadata that no printed lead has"


def _check_colours(data: bytes) -> Iterator[str]:
    if hashlib.sha256(data).hexdigest() not in _COLOURS:
        yield "a colour profile that no printed lead has"


def _check_glyphs(data: bytes) -> Iterator[str]:
    if not _GLYPHS.fullmatch(data):
        yield "a set of glyphs with gaps"


def _check_letters(data: bytes) -> Iterator[str]:
    """What in a table of letters (ISO 32000-1, 9.10.3) is not its form; each glyph stands for one text, in order."""
    form = _CMAP.fullmatch(data)
    if form is None:
        yield "a table of letters that no printed lead has"
        return
    letters = [(int(code, 16), bytes.fromhex(text.decode())) for code, text in _LETTER.findall(form.group(1))]
    codes = [code for code, _ in letters]
    if codes != sorted(set(codes)):
        yield "a table of letters that says one twice"
    if any(int(count) != len(_LETTER.findall(held)) for count, held in _SECTION.findall(form.group(1))):
        yield "a table of letters that counts wrongly"
    texts = [text.decode("utf-16-be", errors="replace") for _, text in letters]
    if sum(not text.strip() for text in texts) > 1 or any(set(text) & set(_INVISIBLE[1:]) for text in texts):
        yield "a letter that nobody sees"


def _check_font(data: bytes) -> Iterator[str]:
    """What in a font is not of the fonts that a lead is printed with. The outlines of its glyphs are not looked at."""
    if data.startswith(_COMPACT_HEAD):
        names, at = _read_index(data, len(_COMPACT_HEAD))
        tops, at = _read_index(data, at)
        texts, _ = _read_index(data, at)
        known = [names, texts[:2]] in ([[font.encode()], [b"Adobe", b"Identity"]] for font in FONTS)
        if not known or len(tops) != 1 or not _RIGHTS.issuperset(texts[2:]):
            yield "a font that no printed lead has"
    elif data.startswith(_TRUETYPE_HEAD):
        if not _is_truetype(data):
            yield "a font that no printed lead has"
    else:
        yield "a font that no printed lead has"


def _read_index(data: bytes, at: int) -> tuple[list[bytes], int]:
    """The parts of an index and where it ends (Adobe Technical Note 5176, 5)."""
    count = int.from_bytes(data[at : at + 2], "big")
    if not count:
        return [], at + 2
    size, first = data[at + 2], at + 3
    ends = [int.from_bytes(data[first + size * i : first + size * (i + 1)], "big") for i in range(count + 1)]
    base = first + size * (count + 1) - 1
    return [data[base + a : base + b] for a, b in pairwise(ends)], base + ends[-1]


def _is_truetype(data: bytes) -> bool:
    """Whether a font in TrueType form is made of known tables that fill it, and what never differs is as it is known."""
    count = int.from_bytes(data[4:6], "big")
    at, seen = 12 + 16 * count, set[bytes]()
    for entry in (data[12 + 16 * i : 28 + 16 * i] for i in range(count)):
        tag, begin, size = entry[:4], int.from_bytes(entry[8:12], "big"), int.from_bytes(entry[12:], "big")
        table = data[begin : begin + size]
        if (
            tag not in _TABLES
            or tag in seen
            or begin != at
            or data[begin + size : begin + size + (-size % 4)].strip(b"\0")
        ):
            return False
        if tag in _SAME_IN_EACH and hashlib.sha256(table).hexdigest() not in _SAME_IN_EACH[tag]:
            return False
        seen.add(tag)
        at = begin + size + (-size % 4)
    return at == len(data)


CHECKS: dict[str, Callable[[bytes], Iterator[str]]] = {
    "colours": _check_colours,
    "glyphs": _check_glyphs,
    "letters": _check_letters,
    "font": _check_font,
}
"""The check of each kind of stream."""
