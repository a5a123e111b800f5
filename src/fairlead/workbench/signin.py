"""How people get in: a one-time link or a passkey, and then a second factor."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fairlead.case.place.session import utc_now
from fairlead.register.models import User
from fairlead.register.signin import use_link
from fairlead.workbench.oidc import SECOND_FACTOR_BY


class LinkBackend(BaseBackend):
    """Finds the user of a session that a link began. Passwords are not known here."""

    def get_user(self, user_id: int) -> User | None:
        """The active user of an id."""
        found: User | None = User.objects.filter(pk=user_id, is_active=True).first()
        return found


class Adapter(DefaultAccountAdapter):
    """Accounts are made by an administrator only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth calls it so
        """Nobody signs up."""
        return False


@require_http_methods(["GET"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The page for whoever is not signed in."""
    if request.user.is_authenticated:
        return redirect("home")
    providers = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    return render(request, "workbench/sign_in.html", {"providers": providers})


@require_http_methods(["GET", "POST"])
def follow_link(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once, then sign in: a mail gateway that opens links with GET cannot use one up."""
    if request.method == "GET":
        return render(request, "workbench/follow_link.html", {"token": token})
    # A good link is followed whoever else tries from the same address: 256 bits need no limit, what is counted is noise.
    user = use_link(token, at=utc_now())
    if user is None:
        if not ratelimit.consume(request, action="link"):
            return render(request, "workbench/problem.html", {"title": _("Too many attempts")}, status=429)
        messages.error(
            request, _("This link has been used, or it is too old. Ask for a new one: fairlead sign-in-link.")
        )
        return redirect("sign_in")
    user.backend = "fairlead.workbench.signin.LinkBackend"
    request.session.pop(SECOND_FACTOR_BY, None)
    record_authentication(request, user, method="link")
    answer: HttpResponse = perform_login(request, user, email_verification="none")
    return answer
