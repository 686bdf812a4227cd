"""What is said of drills on screens: codes are for machines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from access.models import localize
from notifications.directory.models import Role
from notifications.outbox.labels import channel_label

from .ending import NOT_SENT
from .models import DrillResult, DrillRun, get_minutes

# `DrillRun.reason`
REASONS: dict[str, "str | Promise"] = {
    "no_worker": gettext_lazy("No mobile unit of the region has a worker today."),
    "no_municipality": gettext_lazy("The region has no municipality."),
    "no_form": gettext_lazy("The form of the initial identification is not published."),
    "no_answers": gettext_lazy("The form asks something that a drill can't answer by itself: tell the operator."),
    "nobody_notified": gettext_lazy("The procedure notifies nobody of such a case."),
    "month_over": gettext_lazy("The month passed without a drill: the service, or its bulk workers, stood still."),
    "fault": gettext_lazy("The drill's form could not be taken: tell the operator, the log says why."),
}
CANNOT_ASK: dict[str, Promise] = {
    "running": gettext_lazy("A drill of this region is not over yet."),
    "too_many": gettext_lazy(
        "Three drills were asked for within a day. More would teach people to leave them unread: ask again tomorrow."
    ),
}
# The failures that a coordinator can do something about have words of their own; of others the code tells the operator.
_FAILURES: dict[str, "str | Promise"] = {
    "no_contact": gettext_lazy("nobody on duty was found"),
    "came_back": gettext_lazy("came back: the address is bad"),
    NOT_SENT: gettext_lazy("did not go out in time"),
}


@dataclass(frozen=True)
class WayLine:
    """What became of a notice by one way: in words, and whether it went wrong."""

    way: str
    words: str
    has_failed: bool


def label_reason(code: str) -> str:
    """Return why a drill failed; "" for none."""
    return str(REASONS.get(code, REASONS["fault"])) if code else ""


def describe_results(run: DrillRun, results: Sequence[DrillResult]) -> list[dict[str, Any]]:
    """Describe what became of a drill, or how it stands: one entry for each recipient, with a line for each way.

    [{"role", "office", "person", "met": words, "is_unmet", "lines": [WayLine]}]
    """
    found: dict[Any, dict[str, Any]] = {}
    for each in results:
        key = (each.role, each.office_id, each.contact_id)
        if key not in found:
            found[key] = {
                "role": str(Role(each.role).label) if each.role in Role.values else each.role,
                "office": localize(each.office.names) if each.office else "",
                "person": each.contact.name if each.contact else "",
                "met": _describe_meeting(run, each),
                "is_unmet": each.is_unmet and run.ended_at is not None,
                "lines": [],
            }
        found[key]["lines"].append(_describe_way(run, each))
    return list(found.values())


def _describe_meeting(run: DrillRun, result: DrillResult) -> str:
    if result.contact_id is None and not result.channel:
        return ""
    if result.answered_at is not None:
        return _("answered after %(span)s") % {"span": word_minutes(get_minutes(run, result.answered_at))}
    if result.opened_at is not None:
        return _("opened after %(span)s, not answered") % {"span": word_minutes(get_minutes(run, result.opened_at))}
    if not result.awaits_answer:
        return _("no answer was asked for")
    return _("not opened") if run.ended_at is not None else _("not opened yet")


def _describe_way(run: DrillRun, result: DrillResult) -> WayLine:
    way = channel_label(result.channel)
    if run.ended_at is None and result.error_code == NOT_SENT:
        return WayLine(way, _("not gone out yet"), False)
    if result.has_failed:
        return WayLine(way, _describe_failure(result.error_code or NOT_SENT), True)
    if result.not_needed:
        return WayLine(way, _("not needed any more: it was opened before"), False)
    if result.delivered_at is not None:
        return WayLine(way, _("arrived after %(span)s") % {"span": _word_span(run, result.delivered_at)}, False)
    return WayLine(way, _("handed over after %(span)s") % {"span": _word_span(run, result.taken_at)}, False)


def _describe_failure(code: str) -> str:
    return str(_FAILURES[code]) if code in _FAILURES else _("failed (%(code)s)") % {"code": code}


def _word_span(run: DrillRun, at: datetime | None) -> str:
    """Return a short span in seconds, a longer one in minutes."""
    if at is None or run.begun_at is None:
        return "–"
    seconds = max(round((at - run.begun_at).total_seconds()), 0)
    if seconds >= 120:
        return word_minutes(round(seconds / 60))
    return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}


def word_minutes(minutes: int | None) -> str:
    if minutes is None:
        return "–"
    return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
