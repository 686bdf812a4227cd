"""The sign-in form in our words. allauth decides; this only says."""

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop


class StaffLoginForm(LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["login"], self.fields["password"]
        name.label, password.label = _("User name"), _("Password")
        name.error_messages["required"] = _("Write your user name.")
        password.error_messages["required"] = _("Write your password.")
        password.help_text = ""
        for field in (name, password):
            field.widget.attrs.pop("placeholder", None)
        name.widget.attrs.update(autocapitalize="none", autocorrect="off", spellcheck="false")


# Labels and errors that allauth's own forms bring: named here so that the catalogues of this project carry them.
ALLAUTH_WORDS = (
    gettext_noop("Code"),
    gettext_noop("Authenticator code"),
    gettext_noop("Current Password"),
    gettext_noop("New Password"),
    gettext_noop("New Password (again)"),
    gettext_noop("Passwordless"),
    gettext_noop("Master key"),
    gettext_noop("Backup key"),
    gettext_noop("Enter your password"),
    gettext_noop("Use authenticator app or code"),
    gettext_noop("Use a security key"),
    gettext_noop("This functionality requires JavaScript."),
    gettext_noop("Use your password"),
    gettext_noop("Incorrect code."),
    gettext_noop("Please type your current password."),
    gettext_noop("You must type the same password each time."),
)
