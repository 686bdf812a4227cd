"""allauth's views of second factors, where this service requires or explains more."""

from typing import Any

from allauth.mfa.recovery_codes.views import DownloadRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from .. import events
from ..models import User
from .actions import may_enrol_first


class FirstNeedsInvitation:
    """Mixin that sets up a first second factor only in the session in which the invitation was used."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and not is_mfa_enabled(user) and not may_enrol_first(request, user):
            return render(request, "mfa/needs_invitation.html", status=403)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class ActivateTOTP(FirstNeedsInvitation, ActivateTOTPView):
    pass


class AddKey(FirstNeedsInvitation, AddWebAuthnView):
    pass


class CodesShown:
    """Mixin that logs each display of the recovery codes, and mails their holder."""

    def render_to_response(self, context: dict[str, Any], **more: Any) -> HttpResponse:
        events.codes_shown(self.request.user)  # type: ignore[attr-defined]
        answer: HttpResponse = super().render_to_response(context, **more)  # type: ignore[misc]
        return answer


class ViewCodes(CodesShown, ViewRecoveryCodesView):
    pass


class DownloadCodes(CodesShown, DownloadRecoveryCodesView):
    pass


class ReauthenticateByKey(ReauthenticateWebAuthnView):
    """Reauthentication by security key that explains a failure."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the same page with the error: allauth would redirect elsewhere without one."""
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **kwargs, "form": kwargs.get("form") or self.get_form()}
