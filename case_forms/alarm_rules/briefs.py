"""What is read by whoever is to expect a call: that somebody will call, which unit it is, and its number."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from access.languages import in_each_language, same_in_each_language
from access.models import MobileUnit
from notifications.outbox.service_briefs import build_row, build_short_brief, phone_or_none

TITLE = _("Somebody will call you")
WILL_CALL = _(
    "A worker of the mobile unit who has no network will call you. What it is about they say themselves; nobody knows"
    " it yet."
)
WILL_CALL_URGENT = _(
    "A worker of the mobile unit who has no network will call you now, and it is urgent. What it is about they say"
    " themselves; nobody knows it yet."
)
TO_DO = _("Keep your telephone free. If nobody calls within a quarter of an hour, call the unit's number.")


def build_brief(unit: MobileUnit, *, urgent: bool) -> dict[str, Any]:
    """Build the brief of a notice about an alarm. Neither the worker, a place nor a reason is in it."""
    said: Promise = WILL_CALL_URGENT if urgent else WILL_CALL
    brief = build_short_brief(
        TITLE,
        [
            build_row("alarm.what", _("What"), in_each_language(said)),
            build_row("alarm.unit", _("Unit"), same_in_each_language(unit.name)),
            build_row("alarm.number", _("Its number"), phone_or_none(unit.callback_phone)),
            build_row("alarm.to_do", _("What to do"), in_each_language(TO_DO)),
        ],
    )
    return {"urgent": True, **brief} if urgent else brief
