"""How an agreement stands on a day, as a code and in words."""

from datetime import date
from enum import StrEnum

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ..models import Agreement


class State(StrEnum):
    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    ENDS_SOON = "ends_soon"
    OVER = "over"
    WITHDRAWN = "withdrawn"


STATE_NAMES: dict[str, Promise | str] = {
    State.IN_FORCE: _("in force"),
    State.ENDS_SOON: _("ends soon"),
    State.NOT_YET: _("not yet in force"),
    State.OVER: _("over"),
    State.WITHDRAWN: _("withdrawn"),
}


def get_state(agreement: Agreement, today: date) -> State:
    """Return how the agreement stands on this day (Tirana's)."""
    if agreement.withdrawn_on is not None and agreement.withdrawn_on <= today:
        return State.WITHDRAWN
    last = agreement.last_day
    if last is not None and last < today:
        return State.OVER
    if agreement.begins_on is not None and agreement.begins_on > today:
        return State.NOT_YET
    if last is not None and (last - today).days < settings.AGREEMENT_WARN_DAYS:
        return State.ENDS_SOON
    return State.IN_FORCE


def is_in_force(agreement: Agreement, today: date) -> bool:
    return get_state(agreement, today) in (State.IN_FORCE, State.ENDS_SOON)


def describe_state(agreement: Agreement, today: date) -> str:
    """Return the state in words, with its day: "ends in 12 days, on 10.12.2026"."""
    state, last = get_state(agreement, today), agreement.last_day
    if state == State.WITHDRAWN:
        return gettext("withdrawn on %(day)s") % {"day": _day(agreement.withdrawn_on)}
    if state == State.OVER:
        return gettext("over since %(day)s") % {"day": _day(last)}
    if state == State.NOT_YET:
        return gettext("not yet in force; begins on %(day)s") % {"day": _day(agreement.begins_on)}
    if state == State.ENDS_SOON and last is not None:
        days = (last - today).days
        if days == 0:
            return gettext("today is its last day")
        words = ngettext("ends in %(days)d day, on %(day)s", "ends in %(days)d days, on %(day)s", days)
        return words % {"days": days, "day": _day(last)}
    if last is not None:
        return gettext("in force until %(day)s") % {"day": _day(last)}
    return gettext("in force, without an end")


def is_review_due(agreement: Agreement, today: date) -> bool:
    """Tell whether the day of its review has come while it is still in force or to come."""
    over = get_state(agreement, today) in (State.OVER, State.WITHDRAWN)
    return agreement.review_on is not None and agreement.review_on <= today and not over


def _day(day: date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""
