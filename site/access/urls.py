"""Signing in, the second factor, the password. What is named here is all: no signing up, no reset by oneself."""

from allauth.account import views as account
from django.urls import include, path

from .invitation import invitation

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("invitation/<str:token>/", invitation, name="account_invitation"),
    path("2fa/", include("allauth.mfa.urls")),
]
