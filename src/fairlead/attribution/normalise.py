"""Identifiers in one form each: what two records must agree in, with the original kept beside it."""

from __future__ import annotations

import ipaddress
import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import idna
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum import bitcoin, iban, luhn
from stdnum.exceptions import ValidationError

from fairlead.attribution.names import fold_name
from fairlead.terms.platform import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Normal:
    """A normalised identifier: whether its check digits or syntax hold, what it says of a country, its scope.

    Scopes: personal; household, of a home or family (a landline, `familie.berg@`); disposable; junk, of nobody.
    """

    value: str
    valid: bool = True
    country: str | None = None
    scope: str = "personal"


@dataclass(frozen=True, slots=True)
class _Provider:
    canonical: str | None
    ignore_dots: bool
    tag: str


@dataclass(frozen=True, slots=True)
class _Data:
    role_mailboxes: frozenset[str]
    family_words: tuple[str, ...]
    disposable: frozenset[str]
    junk: dict[IdentifierKind, frozenset[str]]
    providers: dict[str, _Provider]


@cache
def _data() -> _Data:
    text = (resources.files("fairlead.attribution") / "data" / "values.toml").read_text("utf-8")
    raw = tomllib.loads(text)
    providers = {
        domain: _Provider(entry.get("canonical"), entry.get("ignore_dots", False), entry.get("tag", ""))
        for entry in raw["provider"]
        for domain in entry["domains"]
    }
    return _Data(
        role_mailboxes=frozenset(raw["role_mailboxes"]),
        family_words=tuple(raw["family_words"]),
        disposable=frozenset(raw["disposable_domains"]),
        junk={
            IdentifierKind.NAME: frozenset(raw["junk_names"]),
            IdentifierKind.USER_NAME: frozenset(raw["junk_user_names"]),
            IdentifierKind.POSTCODE: frozenset(raw["junk_postcodes"]),
            IdentifierKind.DATE_OF_BIRTH: frozenset(raw["junk_dates_of_birth"]),
        },
        providers=providers,
    )


@lru_cache(maxsize=200_000)
def normalise(  # noqa: C901, PLR0911 - one return per kind
    kind: IdentifierKind, text: str, country: str | None = None
) -> Normal | None:
    """One identifier in its normal form; None when nothing is left of it.

    ``country`` is where the record says it is from: the region of a telephone number without a prefix.
    A value that fails its own check is kept and marked, because a mistyped IBAN is still on the record.
    """
    text = text.strip()
    if not text:
        return None
    match kind:
        case IdentifierKind.EMAIL:
            return _email(text)
        case IdentifierKind.PHONE:
            return _phone(text, country)
        case IdentifierKind.IBAN:
            return _iban(text)
        case IdentifierKind.WALLET:
            return _wallet(text)
        case IdentifierKind.IP:
            return _address(text)
        case IdentifierKind.NAME:
            return _checked(kind, fold_name(text))
        case IdentifierKind.USER_NAME:
            return _checked(kind, text.casefold())
        case IdentifierKind.POSTCODE:
            return _checked(kind, re.sub(r"[^0-9A-Z]", "", text.upper()))
        case IdentifierKind.DATE_OF_BIRTH:
            return _checked(kind, text)
        case IdentifierKind.CARD:
            return _card(text)
        case IdentifierKind.DEVICE | IdentifierKind.PASSWORD:
            return Normal(value=text)


def _checked(kind: IdentifierKind, value: str) -> Normal | None:
    if not value:
        return None
    return Normal(value=value, scope="junk" if value in _data().junk.get(kind, frozenset()) else "personal")


_NO_TOKEN = re.compile(r"\d{1,11}|\W*|n/?a|none|null|nil|unknown|test|x+\d*", re.IGNORECASE)


def _scope_of_token(text: str) -> str:
    """Junk for a placeholder and for a few digits, which are the tail of a number that many may have."""
    return "junk" if _NO_TOKEN.fullmatch(text) else "personal"


_PLAIN_EMAIL = re.compile(
    r"[A-Za-z0-9._%+\-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def _email(text: str) -> Normal:
    data = _data()
    local, _, domain = text.rpartition("@")
    valid = _PLAIN_EMAIL.fullmatch(text) is not None and ".." not in text
    if not valid:
        try:
            checked = validate_email(
                text, check_deliverability=False, allow_smtputf8=True, test_environment=True
            )
            local, domain, valid = checked.local_part, checked.ascii_domain or checked.domain, True
        except EmailNotValidError:
            valid = False
    domain = _ascii_domain(domain)
    local = local.casefold()
    provider = data.providers.get(domain)
    if provider is not None:
        if provider.tag:
            local = local.partition(provider.tag)[0]
        if provider.ignore_dots:
            local = local.replace(".", "")
        domain = provider.canonical or domain
    scope = "personal"
    if domain in data.disposable:
        scope = "disposable"
    elif local in data.role_mailboxes or not valid:
        scope = "junk"
    elif any(word in local for word in data.family_words):
        scope = "household"
    return Normal(value=f"{local}@{domain}", valid=valid, scope=scope)


@lru_cache(maxsize=50_000)
def _ascii_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode().lower()
    except idna.IDNAError:
        return domain.casefold()


_MADE_UP_PREFIX = re.compile(r"\+999\d{6,12}")


def _phone(text: str, country: str | None) -> Normal:
    digits = re.sub(r"[^\d+]", "", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if _MADE_UP_PREFIX.fullmatch(digits):  # unassigned by the ITU; the made-up operation's numbers
        return Normal(value=digits)
    junk = len(set(digits.strip("+"))) <= 2
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return Normal(value=digits, valid=False, scope="junk" if junk or len(digits) < 7 else "personal")
    value = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    region = phonenumbers.region_code_for_number(parsed)
    valid = bool(phonenumbers.is_valid_number(parsed))
    landline = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.FIXED_LINE
    return Normal(
        value=str(value),
        valid=valid,
        country=region if region and region != "001" and len(region) == 2 else None,
        scope="junk" if junk else "household" if landline else "personal",
    )


def _iban(text: str) -> Normal:
    value = re.sub(r"[^0-9A-Z]", "", text.upper())
    try:
        iban.validate(value, check_country=False)
        valid = True
    except ValidationError:
        valid = False
    # What fails its own check digits (ISO 13616) is a placeholder, or a piece of a number that many may have.
    return Normal(
        value=value, valid=valid, country=value[:2] if valid else None, scope="personal" if valid else "junk"
    )


def _card(text: str) -> Normal:
    """A number without the blanks and dashes that people write in it; anything else, such as a fingerprint, as it stands."""
    digits = re.sub(r"[ \-.]", "", text)
    if not re.fullmatch(r"\d{12,19}", digits):
        return Normal(value=text, scope=_scope_of_token(text))
    # Check digit: ISO/IEC 7812-1, annex B. One that fails it is mistyped, a placeholder, or cut.
    valid = luhn.is_valid(digits) and len(set(digits)) > 1
    return Normal(value=digits, valid=valid, scope="personal" if valid else "junk")


def _wallet(text: str) -> Normal:
    value = text if not text.lower().startswith(("bc1", "tb1", "0x")) else text.lower()
    valid = re.fullmatch(r"0x[0-9a-f]{40}", value) is not None
    if not valid:
        try:
            bitcoin.validate(text)
            valid = True
        except ValidationError:
            valid = False
    return Normal(value=value, valid=valid, scope=_scope_of_token(value))


def _address(text: str) -> Normal:
    try:
        return Normal(value=str(ipaddress.ip_address(text)))
    except ValueError:
        return Normal(value=text, valid=False, scope="junk")
