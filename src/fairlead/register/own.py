"""How one person wants to work. Nobody else can read it, in the program or in the database."""

from __future__ import annotations

from fairlead.register.gate import acting_as
from fairlead.register.models import OwnSettings, User


def own_settings(user_id: int) -> OwnSettings:
    """A person's settings; the usual ones when nothing was set."""
    with acting_as(User(pk=user_id)):
        found: OwnSettings | None = OwnSettings.objects.filter(user_id=user_id).first()
    return found or OwnSettings(user_id=user_id, language="", kept_away=[])


def keep_language(user_id: int, language: str) -> None:
    """Keep the language in which a person wants the pages."""
    with acting_as(User(pk=user_id)):
        OwnSettings.objects.update_or_create(user_id=user_id, defaults={"language": language})


def keep_away(user_id: int, kinds: list[str]) -> None:
    """Keep which kinds of material are kept away from a person."""
    with acting_as(User(pk=user_id)):
        OwnSettings.objects.update_or_create(user_id=user_id, defaults={"kept_away": kinds})
