"""The rule of what is read first: pictures, videos and databases, wherever they lie, and all else of people.

What programs brought along comes last. Nothing is left out by it: the rule orders work, and decides nothing.
"""

from __future__ import annotations

import re

_SOUGHT = re.compile(
    r"\.(jpe?g|png|gif|webp|heic|heif|avif|jxl|bmp|tiff?|dng|cr2|nef|arw"
    r"|mp4|mov|m4v|avi|mkv|webm|3gp|mpe?g|wmv|flv"
    r"|sql|dump|sqlite3?|db|mdb|accdb|bak|csv|json|jsonl|xml|mbox|pst|eml)\Z",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"(\A|[/!])(users|home|root|dcim|pictures|photos|camera|videos|movies|documents|downloads?|desktop|whatsapp|telegram"
    r"|uploads?|attachments|backups?)/",
    re.IGNORECASE,
)
_OF_PROGRAMS = re.compile(
    r"(\A|[/!])(windows|winnt|program files[^/]*|programdata|usr|lib|lib64|bin|sbin|boot|snap|node_modules"
    r"|site-packages|applications|system volume information)/",
    re.IGNORECASE,
)


def is_read_first(path: str) -> bool:
    """Whether a file is read before others, by its shown path: see the rule above."""
    if _OF_PROGRAMS.search(path):
        return False
    return bool(_SOUGHT.search(path) or _OF_PEOPLE.search(path))
