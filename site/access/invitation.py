"""The page behind an invitation's link: its holder chooses the password of the account, once."""

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from .models import Invitation
from .sessions.actions import note_invitation
from .staff.actions import accept_invitation


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
    found = Invitation.objects.open().filter(token_hash=Invitation.hash_of(token), user__is_active=True)
    invited = found.select_related("user").first()
    if invited is None:
        return render(request, "account/invitation.html", {"form": None}, status=410)
    form = ChosenPasswordForm(invited.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        # Looked up again there, under a lock: the link may have been used since the query above.
        user = accept_invitation(token=token, password=form.cleaned_data["new_password1"])
        if user is None:
            return render(request, "account/invitation.html", {"form": None}, status=410)
        if SESSION_KEY in request.session:
            request.session.flush()  # another person's session, locked or not, on a shared computer
        note_invitation(request, user)
        return redirect(f"{reverse('account_login')}?chosen=1")
    return render(request, "account/invitation.html", {"form": form})
