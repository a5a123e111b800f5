"""What accounts did on a platform, and the roles in which a person meets its records."""

from __future__ import annotations

from enum import StrEnum


class PlatformAct(StrEnum):
    """One kind of conduct seen in a platform's own records."""

    REGISTER = "register"
    PAY = "pay"
    ACCESS = "access"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    MESSAGE = "message"
    PRODUCE = "produce"
    OPERATE = "operate"
    POSSESS_TOOL = "possess_tool"
    POSSESS_MANUAL = "possess_manual"


class Role(StrEnum):
    """In which role an identifier or a person appears; roles are never merged by default."""

    ACCOUNT_USER = "account_user"
    PAYER = "payer"
    SUBSCRIBER = "subscriber"


INTERNAL_STATUSES = frozenset({"test", "investigator"})
"""Account states that mark a platform's test accounts and investigators' own accounts: never linked, never a lead."""


class PaymentKind(StrEnum):
    """What a row of a payment export says happened. Only ``payment`` is money that came.

    ``failed`` was refused, cancelled or expired; ``withdrawal`` is money that the seller moved; ``unclear`` is a state
    that no table knows, and is never counted as paid.
    """

    PAYMENT = "payment"
    PENDING = "pending"
    REFUND = "refund"
    CHARGEBACK = "chargeback"
    FAILED = "failed"
    WITHDRAWAL = "withdrawal"
    UNCLEAR = "unclear"


class IdentifierKind(StrEnum):
    """Kinds of identifiers that link records."""

    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    CARD = "card"
    WALLET = "wallet"
    IP = "ip"
    DEVICE = "device"
    USER_NAME = "user_name"
    NAME = "name"
    DATE_OF_BIRTH = "date_of_birth"
    POSTCODE = "postcode"
    PASSWORD = "password"  # noqa: S105 - the name of a kind; only in-case digests are ever held


class Judgement(StrEnum):
    """What a named person decided about two records."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"
