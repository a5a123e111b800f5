"""Signing in with an agency's own identity provider (OpenID Connect), for people who have a role here already.

Nobody gets an account this way: the provider says who somebody is, the register whether they may work here. Only claims
of the signed ID token count. Whoever the provider signs in still needs a second factor here, unless the token says in
``acr`` or ``amr`` that one was used and the server is set to believe that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from fairlead.register.models import User
from fairlead.workbench.sealed import seal, unseal

SECOND_FACTOR_BY = "second_factor_by"
_ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "EdDSA")


class SignedTokens(OpenIDConnectOAuth2Adapter):
    """The provider, with the ID token's signature checked however the token came."""

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, object]:
        """The claims of a token signed by the provider for this server; OAuth2Error otherwise."""
        try:
            algorithm = jwt.get_unverified_header(id_token).get("alg")
        except jwt.PyJWTError as problem:
            raise OAuth2Error("the ID token cannot be read") from problem
        if algorithm not in _ALGORITHMS:
            raise OAuth2Error("the ID token is not signed with a public key")
        claims: dict[str, object] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return claims


def _provider(view: type[OAuth2LoginView], request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        answer: HttpResponse = view.adapter_view(SignedTokens(request, provider_id))(request)
    except SocialApp.DoesNotExist as problem:
        raise Http404 from problem
    return answer


def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Go to the provider."""
    return _provider(OAuth2LoginView, request, provider_id)


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Come back from the provider."""
    return _provider(OAuth2CallbackView, request, provider_id)


class KnownPeople(DefaultSocialAccountAdapter):
    """Lets in whom the register knows by the name that the provider gives, and nobody else."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:  # noqa: ARG002
        """Nobody signs up."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tie a first sign-in to the user of that name; note whether the provider asked for a second factor."""
        claims = sociallogin.account.extra_data.get("id_token") or {}
        request.session.pop(SECOND_FACTOR_BY, None)
        if not sociallogin.is_existing:
            user = _user_named(str(claims.get(settings.OIDC_NAME_CLAIM, "")))
            if user is None:
                raise ImmediateHttpResponse(_refuse(request))
            # Not `connect`: it writes the whole user again, which the program's role may not.
            sociallogin.user = sociallogin.account.user = user
            sociallogin.account.save()
        if used_second_factor(claims, settings.OIDC_SECOND_FACTOR):
            request.session[SECOND_FACTOR_BY] = "provider"


def _user_named(name: str) -> User | None:
    """The active user of a name who is not tied to an account of the provider yet."""
    found: User | None = User.objects.filter(username=name, is_active=True).first() if name else None
    if found is None or SocialAccount.objects.filter(user=found).exists():
        return None
    return found


def _refuse(request: HttpRequest) -> HttpResponse:
    context = {
        "title": _("Nobody here has that name"),
        "fact": _("Your provider knows you, but no role was given to you here. Ask the lead officer."),
    }
    return render(request, "workbench/problem.html", context, status=403)


def used_second_factor(claims: Mapping[str, Any], believed: frozenset[str]) -> bool:
    """Whether the token says, in ``acr`` or ``amr`` (RFC 8176), that a second factor was used, and that is believed."""
    methods = claims.get("amr")
    said = {str(claims.get("acr", "")), *(str(m) for m in (methods if isinstance(methods, list) else ()))}
    return bool(said & believed)


class SecondFactors(DefaultMFAAdapter):
    """Second factors kept here, sealed with the workspace's secret, or one that the provider has just asked for."""

    def encrypt(self, text: str) -> str:
        """What stands in the database instead of a second factor's secret."""
        return seal(text, settings.SECRET_KEY)

    def decrypt(self, encrypted_text: str) -> str:
        """A second factor's secret. RunError when it was sealed in another workspace, or changed."""
        return unseal(encrypted_text, settings.SECRET_KEY)

    def is_mfa_enabled(self, user: AbstractBaseUser, types: list[str] | None = None) -> bool:
        """Whether to ask for a second factor: not again when the provider's was believed for this session."""
        request = context.request
        if types and request is not None and request.session.get(SECOND_FACTOR_BY):
            return False
        return bool(super().is_mfa_enabled(user, types))
