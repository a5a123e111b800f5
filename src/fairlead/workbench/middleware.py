"""What holds for every request, whichever page it asks for."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from fairlead.case.place.secrets import asking

Answer = Callable[[HttpRequest], HttpResponse]

_FREE_PREFIXES = ("/sign-in/", "/sign-out/", "/account/", "/static/")


class NeverStored:
    """Pages are never kept by a browser or a proxy; only style and script are."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the headers."""
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        response.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
        response.setdefault("X-Robots-Tag", "noindex")
        return response


class Sessions(SessionMiddleware):
    """Sessions that end half an hour after a person last did something.

    What a page asks for by itself (a stream, a refresh) does not keep its session alive: a board that was left open
    on a screen nobody sits at is signed out.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session, unless the page asked by itself and changed nothing."""
        by_itself = request.headers.get("X-By-Itself") or "text/event-stream" in request.headers.get(
            "Accept", ""
        )
        if by_itself and not request.session.modified:
            return response
        answer: HttpResponse = super().process_response(request, response)
        return answer


class Secrets:
    """What opens an officer's key comes with the form that signs, and is kept nowhere."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request; whoever asks for a secret meanwhile is given the form's."""
        with asking(lambda _: request.POST.get("passphrase") if request.method == "POST" else None):
            return self.get_response(request)


class SecondFactor:
    """Outside the demo nobody gets further than their account until they have a second factor.

    Whoever has one is asked for it while signing in; this catches those who have none yet.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Send people without a second factor to where they get one."""
        if (
            not settings.DEMO
            and request.user.is_authenticated
            and not request.path.startswith(_FREE_PREFIXES)
        ):
            from allauth.mfa.utils import is_mfa_enabled

            from fairlead.workbench.oidc import SECOND_FACTOR_BY

            if not request.session.get(SECOND_FACTOR_BY) and not is_mfa_enabled(request.user):
                return redirect("mfa_index")
        return self.get_response(request)
