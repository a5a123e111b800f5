"""What a printed lead is made of: for each object its keys, for each key what may stand there; anything else is named.

Written against finished files (ISO 32000-1, tagged, PDF/A-2a and PDF/UA-1). Every object is reached from the trailer,
each in the one place where its kind belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from fairlead.leads.egress.pdf_file import Name, NotPlainError, Parts, Ref, Value, read_value
from fairlead.leads.egress.pdf_streams import CHECKS, FONTS, check_metadata, is_digest
from fairlead.leads.egress.texts import AllowedTexts

_WIDE, _HIGH = Decimal("595.2756"), Decimal("841.8898")  # A4 in points
_FONT_NAME = re.compile(rf"[A-Z]{{6}}\+({'|'.join(FONTS)})(?:-Identity-H)?")
_LABEL = re.compile(rb"U[1-9]\d?x\dy\d")
_VERSION = re.compile(rb"Typst \d\.\d{1,2}\.\d{1,2}")
_LETTERS = 9  # the digits that a number of 32 bits is written with


@dataclass(frozen=True, slots=True)
class Known:
    """What the lead lets stand in its PDF: texts, the day of its check (2026-03-04), and languages."""

    texts: AllowedTexts
    day: str
    languages: frozenset[bytes]

    def hold(self, text: bytes) -> bool:
        """Whether a text of PDF is part of one of the lead."""
        if text.startswith(b"\xfe\xff"):
            return self.texts.hold(text[2:].decode("utf-16-be", errors="replace"))
        return self.texts.hold(text.decode("latin-1"))


@dataclass(frozen=True, slots=True)
class Num:
    """A number within bounds; ``whole`` for one without a point, ``even`` for one that is whole but for rounding."""

    low: int
    high: int
    whole: bool = False
    even: bool = False

    def holds(self, value: Value) -> bool:
        """Whether a value is such a number, in no more digits than 32 bits need."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return False
        number = Decimal(value)
        if number < self.low or number > self.high:
            return False
        if self.even and abs(number - round(number)) > Decimal("0.0001"):
            return False
        digits = str(value).replace(".", "").lstrip("-0")
        return isinstance(value, int) if self.whole else len(digits) <= _LETTERS


@dataclass(frozen=True, slots=True)
class One:
    """One of some names, texts, numbers or truths, in its kind."""

    of: tuple[Value, ...]

    def holds(self, value: Value) -> bool:
        """Whether a value is one of them; 1 and true are two."""
        return any(type(value) is type(one) and value == one for one in self.of)


@dataclass(frozen=True, slots=True)
class Form:
    """A text, or a name, of a form."""

    pattern: re.Pattern[bytes] | re.Pattern[str]

    def holds(self, value: Value) -> bool:
        """Whether a value has the form."""
        if isinstance(self.pattern.pattern, bytes):
            return isinstance(value, bytes) and re.fullmatch(self.pattern.pattern, value) is not None
        return isinstance(value, Name) and re.fullmatch(self.pattern.pattern, value) is not None


@dataclass(frozen=True, slots=True)
class Said:
    """A text that the lead has: ``what`` is "text", "time" or "language"; or "digest", which says nothing."""

    what: str


@dataclass(frozen=True, slots=True)
class At:
    """Another object, of one of these kinds."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A list, each part by one of the rules; with ``each`` it has as many, and every part its own.

    With ``run`` its numbers count on by one, so that they spell nothing.
    """

    of: tuple[Rule, ...]
    each: bool = False
    run: bool = False

    def is_of_form(self, value: Value) -> bool:
        """Whether a value is a list of as many parts, whose numbers count on."""
        if not isinstance(value, tuple) or (self.each and len(value) != len(self.of)):
            return False
        numbers = [part for part in value if isinstance(part, int)]
        return not self.run or all(after == before + 1 for before, after in pairwise(numbers))


@dataclass(frozen=True, slots=True)
class Keys:
    """A dictionary: what may stand at which key. ``stream`` names the check of the bytes that follow it."""

    rules: Mapping[str, Rule] = field(hash=False)
    stream: str = ""


Rule = Num | One | Form | Said | At | Many | Keys


def _names(*names: str) -> One:
    return One(tuple(map(Name, names)))


def _at(*kinds: str) -> At:
    return At(kinds)


_COUNT = Num(0, 999_999, whole=True)
_POINTS = Num(0, 842)
_TEXT, _TIME, _LANGUAGE = Said("text"), Said("time"), Said("language")
_FONT = Form(_FONT_NAME)
_PACKED: dict[str, Rule] = {"Length": Num(0, 9_999_999, whole=True), "Filter": _names("FlateDecode")}
_UNIT = Many((One((0, 1)),))
_LAYOUT = Keys(
    {
        "O": _names("Table", "Layout", "List"),
        "Placement": _names("Block"),
        "BorderStyle": _names("Solid"),
        "BorderColor": Many((One((Decimal("0.6666667"),)),)),
        "BorderThickness": Num(0, 1),
        "BBox": Many((_POINTS,) * 4, each=True),
        "Headers": Many((Form(_LABEL),)),
        "Scope": _names("Column"),
        "ListNumbering": _names("Circle"),
    }
)
_MARKED = Keys({"Type": _names("MCR"), "MCID": _COUNT, "Pg": _at("Page")})
_FONT_KEYS: dict[str, Rule] = {
    "Type": _names("Font"),
    "BaseFont": _FONT,
    "Encoding": _names("Identity-H"),
    "DescendantFonts": Many((_at("Font"),)),
    "ToUnicode": _at("Letters"),
    "Subtype": _names("Type0", "CIDFontType0", "CIDFontType2"),
    "CIDSystemInfo": Keys(
        {"Registry": One((b"Adobe",)), "Ordering": One((b"Identity",)), "Supplement": One((0,))}
    ),
    "FontDescriptor": _at("Descriptor"),
    "DW": One((0,)),
    "W": Many((Num(0, 3000),)),
    "CIDToGIDMap": _names("Identity"),
}
GRAMMAR: dict[str, Rule] = {
    "Trailer": Keys(
        {
            "Size": _COUNT,
            "Root": _at("Catalog"),
            "Info": _at("Info"),
            "ID": Many((Said("digest"), Said("digest")), each=True),
        }
    ),
    "Catalog": Keys(
        {
            "Type": _names("Catalog"),
            "Pages": _at("Pages"),
            "Metadata": _at("Metadata"),
            "OutputIntents": _at("Intents"),
            "Lang": _LANGUAGE,
            "StructTreeRoot": _at("Structure"),
            "MarkInfo": Keys({"Marked": One((True,)), "Suspects": One((False,))}),
            "ViewerPreferences": Keys({"DisplayDocTitle": One((True,)), "Direction": _names("L2R")}),
            "Outlines": _at("Outlines"),
        }
    ),
    "Info": Keys(
        {
            "Title": _TEXT,
            "Author": One((b"Fairlead",)),
            "Creator": Form(_VERSION),
            "CreationDate": _TIME,
            "ModDate": _TIME,
        }
    ),
    "Pages": Keys({"Type": _names("Pages"), "Count": _COUNT, "Kids": Many((_at("Page"),))}),
    "Page": Keys(
        {
            "Type": _names("Page"),
            "Resources": _at("Resources"),
            "MediaBox": Many((One((0,)), One((0,)), One((_WIDE,)), One((_HIGH,))), each=True),
            "StructParents": _COUNT,
            "Tabs": _names("S"),
            "Parent": _at("Pages"),
            "Contents": _at("Content"),
        }
    ),
    "Resources": Keys(
        {
            "ProcSet": Many((_names("PDF", "Text", "ImageB", "ImageC"),)),
            "ColorSpace": Keys({"c0": _at("Colour")}),
            "Font": Keys({f"f{number}": _at("Font") for number in range(len(FONTS))}),
        }
    ),
    "Colour": Many((_names("ICCBased"), _at("Profile")), each=True),
    "Profile": Keys(_PACKED | {"N": One((1, 3)), "Range": _UNIT}, "colours"),
    "Intents": Many((_at("Intent"),)),
    "Intent": Keys(
        {
            "Type": _names("OutputIntent"),
            "DestOutputProfile": _at("Profile"),
            "S": _names("GTS_PDFA1"),
            "OutputConditionIdentifier": One((b"Custom",)),
            "OutputCondition": One((b"sRGB",)),
            "RegistryName": One((b"",)),
            "Info": One((b"sRGB v4.2",)),
        }
    ),
    "Content": Keys(_PACKED, "content"),
    "Metadata": Keys({"Length": _COUNT, "Type": _names("Metadata"), "Subtype": _names("XML")}, "metadata"),
    "Letters": Keys(_PACKED | {"Type": _names("CMap"), "WMode": One((0,))}, "letters"),
    "Glyphs": Keys(_PACKED, "glyphs"),
    "Program": Keys(_PACKED | {"Subtype": _names("CIDFontType0C")}, "font"),
    "Font": Keys(_FONT_KEYS),
    "Descriptor": Keys(
        {
            "Type": _names("FontDescriptor"),
            "FontName": _FONT,
            "Flags": One((131076, 131077, 131078)),
            "FontBBox": Many((Num(-4000, 4000),) * 4, each=True),
            "ItalicAngle": One((0,)),
            "Ascent": Num(0, 2000),
            "Descent": Num(-2000, 0),
            "CapHeight": Num(0, 2000),
            "StemV": Num(0, 400),
            "CIDSet": _at("Glyphs"),
            "FontFile2": _at("Program"),
            "FontFile3": _at("Program"),
        }
    ),
    "Outlines": Keys(
        {"Type": _names("Outlines"), "First": _at("Outline"), "Last": _at("Outline"), "Count": Num(-99, 99, whole=True)}
    ),
    "Outline": Keys(
        {
            "Parent": _at("Outline", "Outlines"),
            "Next": _at("Outline"),
            "Prev": _at("Outline"),
            "First": _at("Outline"),
            "Last": _at("Outline"),
            "Count": Num(-99, 99, whole=True),
            "Title": _TEXT,
            "Dest": _at("Place"),
        }
    ),
    "Place": Many((_at("Page"), _names("XYZ"), _POINTS, _POINTS, One((0,))), each=True),
    "Structure": Keys(
        {
            "Type": _names("StructTreeRoot"),
            "RoleMap": Keys(
                {
                    "Datetime": _names("Span"),
                    "Terms": _names("Part"),
                    "Title": _names("P"),
                    "Strong": _names("Span"),
                    "Em": _names("Span"),
                }
            ),
            "K": Many((_at("Element"),)),
            "ParentTree": Keys({"Nums": Many((_at("Parents"), _COUNT), run=True)}),
            "IDTree": Keys({"Names": Many((_at("Element"), Form(_LABEL)))}),
            "ParentTreeNextKey": _COUNT,
        }
    ),
    "Parents": Many((_at("Element"),)),
    "Element": Keys(
        {
            "Type": _names("StructElem"),
            "S": _names("Document", "H1", "H2", "P", "Span", "Strong", "Table", "THead", "TBody", "TR", "TH", "TD", "L",
                        "LI", "Lbl", "LBody"),
            "P": _at("Element", "Structure"),
            "A": Many((_LAYOUT,)),
            "K": Many((_at("Element"), _COUNT, _MARKED), run=True),
            "Pg": _at("Page"),
            "T": _TEXT,
            "ID": Form(_LABEL),
        }
    ),
}  # fmt: skip
_TYPES = {"Outlines": "Outlines", "StructTreeRoot": "Structure", "StructElem": "Element"}
_ARTIFACT = Keys(
    {
        "Type": _names("Layout", "Pagination"),
        "Subtype": _names("Header", "Footer"),
        "Attached": Many((_names("Top", "Bottom"),)),
        "MCID": _COUNT,
        "Lang": _LANGUAGE,
        "ActualText": _TEXT,
    }
)
_TURNED: tuple[Rule, ...] = (One((1,)), One((0,)), One((0,)), One((-1,)))
_GLYPHS = Form(re.compile(rb"(?s).*"))
OPERATORS: dict[str, tuple[Rule, ...]] = {
    **dict.fromkeys(("q", "Q", "BT", "ET", "EMC", "h", "S"), ()),
    "cm": (*_TURNED, _POINTS, _POINTS),
    "cs": (_names("c0"),),
    "CS": (_names("c0"),),
    "scn": (One((0, Decimal("0.3529412"))),),
    "SCN": (One((Decimal("0.6666667"),)),),
    "Tr": (One((0,)),),
    "Tf": (_names(*(f"f{number}" for number in range(len(FONTS)))), One((7, 8, 10, 12, 17))),
    "Tm": (*_TURNED, _POINTS, One((0,))),
    "Tj": (_GLYPHS,),
    "TJ": (Many((_GLYPHS, Num(-400, 400, even=True))),),
    "w": (One((Decimal("0.3"), Decimal("0.6"))),),
    "M": (One((4,)),),
    "m": (One((0,)), One((0,))),
    "l": (_POINTS, _POINTS),
    "BMC": (_names("ReversedChars"),),
    "BDC": (_names("Span", "Artifact"), _ARTIFACT),
}
_OPERATOR = re.compile(rb"[ \n]?([A-Za-z]{1,3})(?=[\s/\[(<]|$)")


def check_grammar(parts: Parts, known: Known) -> Iterator[str]:
    """What in a PDF is not of the kind that stands in that place of a printed lead, with the number of the object."""
    walk = _Walk(parts, known)
    yield from (f"trailer: {what}" for what in walk.check(parts.trailer, GRAMMAR["Trailer"]))
    while walk.pending:
        number = walk.pending.pop()
        yield from (f"object {number}: {what}" for what in walk.check_object(number))
    for number in sorted(parts.objects.keys() - walk.kinds.keys()):
        yield f"object {number}: not part of the document"


class _Walk:
    def __init__(self, parts: Parts, known: Known) -> None:
        self._parts, self._known = parts, known
        self.kinds: dict[int, str] = {}
        self.pending: list[int] = []

    def check_object(self, number: int) -> Iterator[str]:
        held, rule = self._parts.objects[number], GRAMMAR[self.kinds[number]]
        yield from self.check(held.value, rule)
        stream = rule.stream if isinstance(rule, Keys) else ""
        if bool(stream) != (held.stream is not None):
            yield "a stream where none belongs, or none where one does"
        elif stream:
            yield from self._check_stream(stream, held.stream or b"")

    def check(self, value: Value, rule: Rule) -> Iterator[str]:
        """What in a value is not as its rule says."""
        match rule:
            case At(kinds):
                yield from self._go_to(value, kinds)
            case Keys(rules):
                if not isinstance(value, Mapping):
                    yield "a value of another kind"
                    return
                if value.keys() - rules.keys():
                    yield "a key that no printed lead has there"
                for key in value.keys() & rules.keys():
                    yield from self.check(value[key], rules[key])
            case Many(of, each):
                if not isinstance(value, tuple) or not rule.is_of_form(value):
                    yield "a list of another kind"
                    return
                for at, part in enumerate(value):
                    yield from self.check(part, of[at] if each else self._rule_for(part, of))
            case Said(what):
                if not isinstance(value, bytes) or not self._is_said(what, value):
                    yield f"a {what} that is not this lead's"
            case _ if not rule.holds(value):
                yield "a name, number or text that no printed lead has there"

    def _rule_for(self, part: Value, rules: tuple[Rule, ...]) -> Rule:
        wanted: type = One
        if isinstance(part, Ref):
            wanted = At
        elif isinstance(part, Mapping):
            wanted = Keys
        elif isinstance(part, tuple):
            wanted = Many
        elif isinstance(part, bytes):
            wanted = Form
        elif isinstance(part, int | Decimal):
            wanted = Num
        return next((rule for rule in rules if isinstance(rule, wanted)), rules[-1])

    def _is_said(self, what: str, value: bytes) -> bool:
        if what == "time":
            return value == f"D:{self._known.day.replace('-', '')}000000Z".encode()
        if what == "digest":
            return is_digest(value.decode("latin-1"))
        return value in self._known.languages if what == "language" else self._known.hold(value)

    def _go_to(self, value: Value, kinds: tuple[str, ...]) -> Iterator[str]:
        if not isinstance(value, Ref) or value.number not in self._parts.objects:
            yield "nothing where another object belongs"
            return
        kind = kinds[0]
        target = self._parts.objects[value.number].value
        if isinstance(target, Mapping) and _TYPES.get(str(target.get("Type")), "") in kinds:
            kind = _TYPES[str(target.get("Type"))]
        if value.number not in self.kinds:
            self.kinds[value.number] = kind
            self.pending.append(value.number)
        elif self.kinds[value.number] != kind:
            yield "an object in a place of another kind"

    def _check_stream(self, kind: str, data: bytes) -> Iterator[str]:
        match kind:
            case "content":
                yield from self._check_content(data)
            case "metadata":
                yield from check_metadata(
                    data, self._known.texts, day=self._known.day, languages=self._known.languages
                )
            case _:
                yield from CHECKS[kind](data)

    def _check_content(self, data: bytes) -> Iterator[str]:
        """What in the drawing of a page is no operator of a printed lead, or has operands that none has."""
        at, end, operands = 0, len(data.rstrip(b"\n")), list[Value]()
        while at < end:
            operator = _OPERATOR.match(data, at)
            if operator is None:
                try:
                    value, at = read_value(data, at)
                except NotPlainError:
                    yield f"what is neither an operator nor an operand, at byte {at} of a page"
                    return
                operands.append(value)
                continue
            at, rules = operator.end(), OPERATORS.get(operator.group(1).decode())
            if rules is None or len(rules) != len(operands):
                yield f"an operator that no printed lead has, at byte {at} of a page"
                return
            for value, rule in zip(operands, rules, strict=True):
                yield from (f"{what}, at byte {at} of a page" for what in self.check(value, rule))
            operands.clear()
        if operands or len(data) > end + 2:
            yield "bytes behind the last operator of a page"
