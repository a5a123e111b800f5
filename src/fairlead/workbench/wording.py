"""Words of closed lists as people read them, in their language. The msgids are the values with spaces."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

WORDS: frozenset[str] = frozenset(
    (
        # grades, sections and kinds of a lead
        gettext_noop("attributed"),
        gettext_noop("probable"),
        gettext_noop("possible"),
        gettext_noop("unresolved"),
        gettext_noop("summary"),
        gettext_noop("subject"),
        gettext_noop("selectors"),
        gettext_noop("related"),
        gettext_noop("conduct"),
        gettext_noop("material"),
        gettext_noop("legal"),
        gettext_noop("risk"),
        gettext_noop("against"),
        gettext_noop("fact"),
        gettext_noop("assessment"),
        gettext_noop("suspect"),
        gettext_noop("convicted"),
        gettext_noop("victim"),
        gettext_noop("other party"),
        gettext_noop("not categorised"),
        # packages, receipts, outcomes
        gettext_noop("waiting"),
        gettext_noop("no leads"),
        gettext_noop("never sent"),
        gettext_noop("changed since"),
        gettext_noop("sent"),
        gettext_noop("opened"),
        gettext_noop("accepted"),
        gettext_noop("refused"),
        gettext_noop("receipt"),
        gettext_noop("outcomes"),
        gettext_noop("acknowledgement"),
        # the board
        gettext_noop("legal check"),
        gettext_noop("warrants"),
        gettext_noop("teams"),
        gettext_noop("start"),
        gettext_noop("searches"),
        gettext_noop("arrests"),
        gettext_noop("interviews"),
        gettext_noop("devices"),
        gettext_noop("safeguarded"),
        gettext_noop("not begun"),
        gettext_noop("in progress"),
        gettext_noop("done"),
        gettext_noop("not possible"),
        gettext_noop("not needed"),
        gettext_noop("requested"),
        gettext_noop("granted"),
        gettext_noop("not ready"),
        gettext_noop("ready"),
        gettext_noop("stood down"),
        # law
        gettext_noop("may apply"),
        gettext_noop("gap asserted"),
        gettext_noop("unclear"),
        gettext_noop("not assessed"),
        # roles
        gettext_noop("lead officer"),
        gettext_noop("analyst"),
        gettext_noop("examiner"),
        gettext_noop("legal adviser"),
        gettext_noop("liaison"),
        gettext_noop("press"),
    )
)
"""Every value that a page for partners shows by its word. Others stay as they are stored."""


def word(value: object) -> str:
    """A value of a closed list as words, in the reader's language when it is one of ``WORDS``."""
    text = str(value).replace("_", " ")
    return gettext(text) if text in WORDS else text
