"""URLs for sign-in, second factor, password and sessions. There is no sign-up and no reset by oneself."""

from allauth.account import views as account
from django.urls import include, path

from .sessions import enrolment_views as factors
from .sessions import views as sessions
from .sessions.enrolment_views import invitation

# Before allauth's own of the same name: the first that matches answers.
FACTORS = [
    path("totp/activate/", factors.ActivateTOTP.as_view(), name="mfa_activate_totp"),
    path("webauthn/add/", factors.AddKey.as_view(), name="mfa_add_webauthn"),
    path("webauthn/reauthenticate/", factors.ReauthenticateByKey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("recovery-codes/", factors.ViewCodes.as_view(), name="mfa_view_recovery_codes"),
    path("recovery-codes/download/", factors.DownloadCodes.as_view(), name="mfa_download_recovery_codes"),
]

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("invitation/<str:token>/", invitation, name="account_invitation"),
    path("sessions/", sessions.sessions, name="account_sessions"),
    path("sessions/end/", sessions.end_session, name="account_end_session"),
    path("lock/", sessions.lock, name="account_lock"),
    path("unlock/", sessions.unlock, name="account_unlock"),
    path("alive/", sessions.alive, name="account_alive"),
    path("home/", sessions.home, name="account_home"),
    path("typed/", sessions.typed, name="account_typed"),
    path("pin/", sessions.pin, name="account_pin"),
    path("tokens/", sessions.tokens, name="account_tokens"),
    path("calls/", sessions.calls, name="account_calls"),
    path("2fa/", include([*FACTORS, path("", include("allauth.mfa.urls"))])),
]
