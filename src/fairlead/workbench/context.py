"""What every template may use."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from fairlead import __version__


def everywhere(request: HttpRequest) -> dict[str, object]:
    """Version, whether this is the demo, and the desk."""
    return {
        "version": __version__,
        "demo": settings.DEMO,
        "desk": getattr(request, "desk", None),
    }
