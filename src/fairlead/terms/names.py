"""Names that come from outside: a text is no name, and never a path, until one of these types has taken it."""

from __future__ import annotations

import re
import unicodedata
from typing import ClassVar, Self

from fairlead.terms.errors import ItemError, UsageError

# Names that Windows keeps for devices, whatever their ending: a folder of that name cannot be copied to its disks.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE | re.DOTALL)


class Name(str):
    """A text of one closed form. Made by ``parse`` or ``given``, which refuse every other text.

    No form lets in an empty name, a beginning or end with a point or a space, a control character, a backslash, a
    colon, a character of a glob, or one that Unicode holds equal to another: none can be more than one name below a
    folder, and only `BagPath` and `ExhibitNumber` hold a slash.
    """

    __slots__ = ()
    form: ClassVar[re.Pattern[str]]
    what: ClassVar[str]
    wanted: ClassVar[str]

    @classmethod
    def fits(cls, untrusted: str) -> bool:
        """Whether a text has the form."""
        return bool(
            cls.form.fullmatch(untrusted)
            and unicodedata.normalize("NFKC", untrusted) == untrusted
            and not any(_DEVICES.fullmatch(part) for part in untrusted.split("/"))
        )

    @classmethod
    def parse(cls, untrusted: object) -> Self:
        """The name in what a file from outside says; ItemError when it is none. The text itself is not repeated."""
        if not isinstance(untrusted, str) or not cls.fits(untrusted):
            raise ItemError(
                f"{cls.what} in what was received has no form that one can have",
                "Do not use the file. Ask the sender, by another channel, what it is.",
                code="ITEM-NAME",
            )
        return cls(untrusted)

    @classmethod
    def given(cls, text: str) -> Self:
        """The name that a user gave; UsageError with the form it must have."""
        if not cls.fits(text):
            raise UsageError(f"{cls.what} cannot have this form", f"Give {cls.wanted}.", code="USAGE-NAME")
        return cls(text)


class CountryCode(Name):
    """Two capital letters (ISO 3166-1 alpha-2)."""

    __slots__ = ()
    form = re.compile(r"[A-Z]{2}")
    what = "the code of a country"
    wanted = "two capital letters, e.g. SE"


class OperationSlug(Name):
    """The short name of an operation, under which its folder lies."""

    __slots__ = ()
    form = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}")
    what = "the name of an operation"
    wanted = "at most 50 letters a to z, digits, - and _, beginning with a letter or digit"


class PackageName(Name):
    """Operation, country and number of a package: ``lanternfish-SE-0001``."""

    __slots__ = ()
    form = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,49})-([A-Z]{2})-([0-9]{4,9})")
    what = "the name of a package"
    wanted = "the package's name as it was sent, e.g. lanternfish-SE-0001"

    @property
    def operation(self) -> OperationSlug:
        """The operation it is part of."""
        return OperationSlug(self.rsplit("-", 2)[0])

    @property
    def country(self) -> CountryCode:
        """The country it is for."""
        return CountryCode(self.rsplit("-", 2)[1])

    @property
    def number(self) -> int:
        """Which of the packages for that country it is, from 1."""
        return int(self.rsplit("-", 2)[2])


class BagPath(Name):
    """The path of a file in a bag: names of letters a to z, digits, ``.``, ``_`` and ``-``, with slashes between."""

    __slots__ = ()
    form = re.compile(
        r"(?=.{1,240}\Z)(?!.*(?:\.(?:/|\Z)))(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,99})(?:/[A-Za-z0-9_][A-Za-z0-9._-]{0,99}){0,7}"
    )
    what = "the path of a file in a package"
    wanted = "a path below the package's folder"

    @property
    def parts(self) -> tuple[str, ...]:
        """The names from the bag's folder down to the file."""
        return tuple(self.split("/"))


class LeadName(Name):
    """The id of a lead: ``L-SE-0123456789``."""

    __slots__ = ()
    form = re.compile(r"L-[A-Z]{2}-[A-Za-z0-9]{1,40}")
    what = "the id of a lead"
    wanted = "the lead's id, e.g. L-SE-0123456789"


class ExhibitNumber(Name):
    """The label under which a court knows an item: letters of any script, digits, and ``/ - _ . ( )`` and spaces inside."""

    __slots__ = ()
    form = re.compile(r"(?=.{1,64}\Z)(?!.*(?://|[. ](?:/|\Z)|/[. ]))[^\W_](?:[\w ./()-]*[\w)])?")
    what = "the number of an exhibit"
    wanted = "at most 64 letters, digits, and / - _ . ( ) or spaces between them, e.g. NSK/3"


class OfficerName(Name):
    """The name of an officer, under which the key lies."""

    __slots__ = ()
    form = re.compile(r"(?=.{1,64}\Z)[^\W_](?:[\w.@+-]*[\w+-])?")
    what = "the name of an officer"
    wanted = "at most 64 letters and digits, with . - _ @ + between them"
