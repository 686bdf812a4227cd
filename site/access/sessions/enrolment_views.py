"""Views for setting up one's account: the password by an invitation, once, and the second factor.

The second factor's are allauth's views, where this service requires or explains more.
"""

from typing import Any

from allauth.mfa.recovery_codes.views import DownloadRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from .. import events
from ..models import Invitation, User
from ..staff.actions import accept_invitation
from .actions import may_enrol_first, record_invitation


class ChosenPasswordForm(SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, again = self.fields["new_password1"], self.fields["new_password2"]
        first.label, again.label = _("New password"), _("The same password again")
        first.help_text = again.help_text = ""


@never_cache
@sensitive_variables()
@sensitive_post_parameters()
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the form (GET) or set the password (POST).

    GET uses nothing up: mail programs open links too. Answers 410 when the link no longer works.
    """
    invited = Invitation.objects.select_related("user").find_open(token)
    if invited is None or not invited.user.is_active:
        return render(request, "account/invitation.html", {"form": None}, status=410)
    form = ChosenPasswordForm(invited.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        # Looked up again there, under a lock: the link may have been used since the query above.
        user = accept_invitation(token=token, password=form.cleaned_data["new_password1"])
        if user is None:
            return render(request, "account/invitation.html", {"form": None}, status=410)
        if SESSION_KEY in request.session:
            request.session.flush()  # another person's session, locked or not, on a shared computer
        record_invitation(request, user)
        return redirect(f"{reverse('account_login')}?chosen=1")
    return render(request, "account/invitation.html", {"form": form})


# ---- second factors ----


class InvitationRequiredMixin:
    """Mixin that sets up a first second factor only in the session in which the invitation was used."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = request.user
        if isinstance(user, User) and not is_mfa_enabled(user) and not may_enrol_first(request, user):
            return render(request, "mfa/needs_invitation.html", status=403)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return answer


class ActivateTOTP(InvitationRequiredMixin, ActivateTOTPView):
    pass


class AddKey(InvitationRequiredMixin, AddWebAuthnView):
    pass


class LogCodesShownMixin:
    """Mixin that logs each display of the recovery codes, and mails their holder."""

    def render_to_response(self, context: dict[str, Any], **more: Any) -> HttpResponse:
        events.codes_shown(self.request.user)  # type: ignore[attr-defined]
        answer: HttpResponse = super().render_to_response(context, **more)  # type: ignore[misc]
        return answer


class ViewCodes(LogCodesShownMixin, ViewRecoveryCodesView):
    pass


class DownloadCodes(LogCodesShownMixin, DownloadRecoveryCodesView):
    pass


class ReauthenticateByKey(ReauthenticateWebAuthnView):
    """Reauthentication by security key that explains a failure."""

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the same page with the error: allauth would redirect elsewhere without one."""
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **kwargs, "form": kwargs.get("form") or self.get_form()}
