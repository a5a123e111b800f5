"""Who is meant: from what a row says of an account to the account's id."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from fairlead.tables import Table
from fairlead.tables.records import ACCOUNTS, PAYMENTS


@dataclass(slots=True)
class AccountDirectory:
    """Ids, user names, e-mail addresses and payment references of accounts, by source.

    A name that two accounts of one source share names neither: it is dropped, not guessed.
    """

    ids: set[str] = field(default_factory=set)
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    user_names: dict[tuple[str, str], str | None] = field(default_factory=dict)
    emails: dict[tuple[str, str], str | None] = field(default_factory=dict)
    references: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def declare(self, source: str, tables: tuple[str, ...]) -> None:
        """Note the tables of accounts that stand between a source's name and the platform's id in a key."""
        self.tables[source] = tables

    def add(self, table: Table, batch: pa.RecordBatch) -> bool:
        """Take in rows of a table, where they say who is who; whether they do."""
        if table is ACCOUNTS:
            self.add_accounts(batch)
        elif table is PAYMENTS:
            self.add_payments(batch)
        return table is ACCOUNTS or table is PAYMENTS

    def add_accounts(self, accounts: pa.Table | pa.RecordBatch) -> None:
        """Take in rows of the table accounts."""
        for account, source, name, email, role in zip(
            accounts.column("account").to_pylist(),
            accounts.column("source").to_pylist(),
            accounts.column("user_name").to_pylist(),
            accounts.column("email").to_pylist(),
            accounts.column("role").to_pylist(),
            strict=True,
        ):
            if role != "account_user":
                continue
            self.ids.add(account)
            _note(self.user_names, (source, name), account)
            _note(self.emails, (source, email.casefold() if email else None), account)

    def add_payments(self, payments: pa.Table | pa.RecordBatch) -> None:
        """Take in the references of payments that the platform itself recorded with an account."""
        for account, reference in zip(
            payments.column("account").to_pylist(), payments.column("reference").to_pylist(), strict=True
        ):
            if account is not None and reference:
                _note(self.references, (account.partition(":")[0], reference), account)

    def by_id(self, source: str, text: str | None) -> str | None:
        """The account with that platform id, if the platform has it; none where two tables of accounts have it."""
        if not text:
            return None
        keys = [f"{source}:{table}:{text}" for table in self.tables.get(source, ())] or [f"{source}:{text}"]
        found = [key for key in keys if key in self.ids]
        return found[0] if len(found) == 1 else None

    def by_user_name(self, source: str, text: str | None) -> str | None:
        """The account with that user name."""
        return self.user_names.get((source, text)) if text else None

    def by_email(self, source: str, text: str | None) -> str | None:
        """The account with that e-mail address, whatever the case."""
        return self.emails.get((source, text.casefold())) if text else None

    def by_reference(self, source: str, text: str | None) -> str | None:
        """The account whose payment the platform recorded under that reference."""
        return self.references.get((source, text)) if text else None

    def in_text(
        self, source: str, text: str | None, pattern: re.Pattern[str] | None, kind: str
    ) -> str | None:
        """The account a free reference names, by a pattern whose first group is the id or name."""
        if not text or kind == "free":
            return None
        if pattern is not None:
            found = pattern.search(text)
            if found is None:
                return None
            text = found.group(1)
        match kind:
            case "account_id":
                return self.by_id(source, text)
            case "user_name":
                return self.by_user_name(source, text)
            case "email":
                return self.by_email(source, text)
            case _:
                return self.by_reference(source, text)

    @property
    def digest(self) -> str:
        """A short digest of what is in it: part of the version of whatever was read with it."""
        hasher = hashlib.blake2b(digest_size=12)
        for entry in _lines(self):
            hasher.update(entry.encode())
        return hasher.hexdigest()


def _note(index: dict[tuple[str, str], str | None], key: tuple[str, str | None], account: str) -> None:
    source, text = key
    if not text:
        return
    known = index.setdefault((source, text), account)
    if known != account:
        index[(source, text)] = None


def _lines(directory: AccountDirectory) -> Iterable[str]:
    yield from sorted(directory.ids)
    for index in (directory.user_names, directory.emails, directory.references):
        yield from sorted(f"{source}\x00{text}\x00{account}\n" for (source, text), account in index.items())
