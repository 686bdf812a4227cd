"""What coordinators should look at among the agreements: those that end, are over without another, or are to review."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..models import Agreement
from .cover import find_end_of_cover, read_agreements
from .models import WarningKind
from .states import State, get_state, is_review_due


@dataclass(frozen=True)
class Attention:
    """One thing about one agreement. `day`: its last day, or that of the review."""

    agreement: Agreement
    kind: WarningKind
    day: date


def list_attention(today: date) -> list[Attention]:
    """Return what needs a look, the earliest day first. In a bounded number of queries."""
    rows = list(Agreement.objects.select_related("partner").prefetch_related("other_offices"))
    offices = {office.pk for row in rows for office in (row.partner, *row.other_offices.all()) if office.is_active}
    ends = {key: find_end_of_cover(own, today) for key, own in read_agreements(offices).items()}
    found = [each for row in rows for each in _look_at(row, ends, today)]
    return sorted(found, key=lambda each: (each.day, each.agreement.pk))


def _look_at(row: Agreement, ends: dict[int, date | None], today: date) -> Iterator[Attention]:
    """Yield what one agreement needs. `ends`: the last day on which an office is covered by any of its agreements."""
    state, last = get_state(row, today), row.last_day
    active = [office for office in (row.partner, *row.other_offices.all()) if office.is_active]
    if last is not None and state in (State.ENDS_SOON, State.OVER, State.WITHDRAWN):
        # Nothing is missing where another agreement goes on.
        left = [office for office in active if (ends.get(office.pk) or date.min) <= max(last, today)]
        is_over = state != State.ENDS_SOON
        if is_over:
            left = [office for office in active if ends.get(office.pk) is None]
        if left:
            yield Attention(row, WarningKind.OVER if is_over else WarningKind.ENDS, last)
    if is_review_due(row, today) and row.review_on is not None:
        yield Attention(row, WarningKind.REVIEW, row.review_on)


def describe_attention(each: Attention) -> str:
    """Say what needs a look, in one sentence."""
    words = {"agreement": str(each.agreement), "day": date_format(each.day, "SHORT_DATE_FORMAT")}
    if each.kind == WarningKind.REVIEW:
        return _("To be reviewed since %(day)s: %(agreement)s.") % words
    if each.kind == WarningKind.OVER:
        return _("Over since %(day)s, and no other agreement goes on: %(agreement)s.") % words
    return _("Its last day is %(day)s, and no other agreement goes on: %(agreement)s.") % words


def count_attention(today: date) -> dict[str, int]:
    """Count what needs a look among all agreements, for `/readyz`."""
    counted = Counter(each.kind for each in list_attention(today))
    return {
        "agreements_end": counted[WarningKind.ENDS],
        "agreements_over": counted[WarningKind.OVER],
        "agreements_review": counted[WarningKind.REVIEW],
    }
