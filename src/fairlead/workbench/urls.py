"""The addresses: the table of pages, and sign-in."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import include, path

from fairlead.workbench import oidc
from fairlead.workbench.desk import guarded
from fairlead.workbench.languages import language
from fairlead.workbench.pages import PAGES
from fairlead.workbench.signin import follow_link, sign_in

handler404 = "fairlead.workbench.views.errors.not_found"
handler500 = "fairlead.workbench.views.errors.broken"

urlpatterns = [
    *(
        path(
            page.path,
            guarded(page.view, read=page.read, write=page.write, methods=page.methods, atomic=page.atomic),
            name=page.name,
        )
        for page in PAGES
    ),
    path("sign-in/", sign_in, name="sign_in"),
    path("sign-in/", sign_in, name="account_login"),
    path("sign-in/language/", language, name="language"),
    path("sign-in/link/<str:token>/", follow_link, name="follow_link"),
    path("sign-in/oidc/<str:provider_id>/login/", oidc.login, name="openid_connect_login"),
    path("sign-in/oidc/<str:provider_id>/login/callback/", oidc.callback, name="openid_connect_callback"),
    path("sign-in/oidc/", include("allauth.socialaccount.urls")),
    path("sign-out/", account.logout, name="account_logout"),
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/second-factor/", include("allauth.mfa.urls")),
]
