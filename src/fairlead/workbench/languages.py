"""In which language somebody reads: as they chose, else as their browser asks, else English."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from fairlead.register.models import User
from fairlead.register.own import keep_language, own_settings

_CHOSEN = "language"


class Language:
    """Answers every request in the language of who asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Choose the language, answer, and say which one it was."""
        chosen = request.session.get(_CHOSEN) or translation.get_language_from_request(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
            response.setdefault("Content-Language", request.LANGUAGE_CODE)
            return response


def choose(request: HttpRequest, untrusted_code: str) -> str:
    """Keep a language for this session and, when somebody is signed in, for them; an unknown one is none."""
    code = untrusted_code if untrusted_code in dict(settings.LANGUAGES) else ""
    request.session[_CHOSEN] = code
    if request.user.is_authenticated:
        keep_language(request.user.pk, code)
    return code


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The choice at the foot of every page; leads back to that page."""
    choose(request, request.POST.get("language", ""))
    back = request.headers.get("Referer", "/")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return redirect(back if safe else "/")


@receiver(user_logged_in)
def remember(request: HttpRequest, user: User, **_more: Any) -> None:
    """At sign-in the person's own choice holds again, unless they just made another one."""
    if kept := own_settings(user.pk).language:
        request.session[_CHOSEN] = kept
