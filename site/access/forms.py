"""allauth's forms with this service's labels and messages; allauth still decides."""

from collections.abc import Iterator
from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, ngettext

from . import events
from .sign_in_limits import get_attempts

KEY_DOES_NOT_FIT = _(
    "This key isn't one of your account, or the page had been open for too long. Try again; if it goes on, take another"
    " key or a code."
)


class WithoutPlaceholders:
    """A form without placeholders: they look like filled-in text, and vanish as soon as one types."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class StaffLoginForm(WithoutPlaceholders, account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name, password = self.fields["login"], self.fields["password"]
        name.label, password.label = _("User name"), _("Password")
        name.error_messages["required"] = _("Write your user name.")
        password.error_messages["required"] = _("Write your password.")
        password.help_text = ""
        name.widget.attrs.update(autocapitalize="none", autocorrect="off", spellcheck="false")


class PasswordChangeForm(WithoutPlaceholders, account.ChangePasswordForm):
    pass


class PasswordAgainForm(WithoutPlaceholders, account.ReauthenticateForm):
    pass


class CountedCodes:
    """Mixin for codes of a second factor: counted in the database, by account and network (`sign_in_limits`)."""

    user: Any

    def clean_code(self) -> str:
        """Count the attempt, check the code, and undo the count if it is right. Raises ValidationError."""
        request = context.request
        tries = get_attempts(request, self.user.get_username(), get_adapter(request).get_client_ip(request))
        # Counted before it is compared, so that tries sent side by side can't outrun the count.
        if tries.count_code():
            raise get_adapter(request).validation_error("too_many_login_attempts")
        code: str = super().clean_code()  # type: ignore[misc]
        tries.take_code_back()
        return code


class CodeForm(CountedCodes, WithoutPlaceholders, mfa.AuthenticateForm):
    pass


class CodeAgainForm(CountedCodes, WithoutPlaceholders, mfa.ReauthenticateForm):
    pass


class AppForm(WithoutPlaceholders, ActivateTOTPForm):
    def secret_in_fours(self) -> Iterator[str]:
        """Yield the secret as it is typed into an app: four characters at a time."""
        return (self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


class KeyAnswer:
    """Mixin for security keys: a failure is logged, as allauth does for a code, with its own message."""

    user: Any

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError as error:
            events.code_failed(user=self.user, kind=Authenticator.Type.WEBAUTHN)
            if getattr(error, "code", "") != "incorrect_code":
                raise
            raise ValidationError(KEY_DOES_NOT_FIT) from error


class KeyStepForm(KeyAnswer, AuthenticateWebAuthnForm):
    pass


class KeyAgainForm(KeyAnswer, ReauthenticateWebAuthnForm):
    pass


class KeyForm(AddWebAuthnForm):
    """The form that adds a security key."""

    def clean(self) -> dict[str, Any]:
        try:
            return dict(super().clean())
        except ValidationError as error:
            if getattr(error, "code", "") != "incorrect_code":
                raise
            # allauth says "incorrect code" here, of which there is none on a page for keys.
            raise ValidationError(KEY_DOES_NOT_FIT) from error

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")


class KeyNameForm(EditWebAuthnForm):
    """The form that renames a security key; the change is logged."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name of the key")

    def save(self) -> Authenticator:
        with transaction.atomic():
            saved: Authenticator = super().save()
            events.key_renamed(user=saved.user, authenticator=saved)
        return saved


def _name_djangos_texts() -> str:
    """Name a text that Django's Albanian catalogue lacks, so that ours carries it. Never called."""
    return ngettext(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
        12,
    )


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
