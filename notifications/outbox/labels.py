"""Labels for the codes of notices on screens. Every code has one here; a code without is never shown raw."""

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .states import NO_CONTACT, REFUSED, UNREACHED, UNSENDABLE

# `Notice.reason`: why it failed, was closed by somebody's answer, or was withdrawn
REASONS: dict[str, "str | Promise"] = {
    NO_CONTACT: _("no contact found"),
    REFUSED: _("refused by the mail server"),
    UNREACHED: _("mail server not reached"),
    UNSENDABLE: _("could not be composed"),
    "taken": _("taken by somebody else"),
    "answered": _("answered through another notice"),
    "wrong_area": _("belongs to another area"),
    "reached": _("reached by telephone"),
    "taken_in_house": _("handled by the unit"),
    "same_recipient": _("the same person was already notified"),
    "drill_over": _("the drill is over"),
    "duty_met": _("no longer needed: it was done"),
    "duty_moved": _("no longer needed: it is due later"),
    "corrected": _("the form was corrected and names another office"),
    "another_person": _("it was about another person"),
    "consent_ended": _("consent no longer holds"),
    "talk_over": _("no longer needed: the notice it was about has ended"),
}
CHANNELS: dict[str, "str | Promise"] = {
    "email": _("e-mail"),
    "sms": _("text message"),
    "push": _("push notification"),
    "voice": _("telephone call"),
    "webhook": _("automatic transfer"),
}
LANGUAGES: dict[str, "str | Promise"] = dict(settings.LANGUAGES)


def reason_label(code: str) -> str:
    """Return the label for a notice's reason; "" for none."""
    return _label(REASONS, code, gettext("another reason"))


def channel_label(code: str) -> str:
    return _label(CHANNELS, code, gettext("another way"))


def language_label(code: str) -> str:
    return _label(LANGUAGES, code, gettext("another language"))


def yes_or_no(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")


def _label(words: "dict[str, str | Promise]", code: str, otherwise: str) -> str:
    return str(words.get(code, otherwise)) if code else ""
