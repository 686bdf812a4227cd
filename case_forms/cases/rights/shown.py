"""What other pages say about requests of a person: the case's own page, and the start page."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from access.models import User
from access.short_lists import shorten

from ..closing.actions import may_ask
from ..models import DATA_DUTIES, Case, Deadline
from .models import ANSWERED, RESTRICTING, UNDECIDED, RightsRequest, RightState

MAX_ON_HOME = 30


def describe_rights(case: Case, user: User) -> dict[str, Any]:
    """Return for the case's page: the requests that wait for an answer, and whether this person may see them."""
    found = list(RightsRequest.objects.filter(case=case).defer("words", "document"))
    granted = [each for each in found if each.is_erasing]
    return {
        "rights_waiting": [each for each in found if each.state in UNDECIDED],
        "erasures": granted if case.forgotten_at is None else [],
        "was_erased": bool(granted) and case.forgotten_at is not None,
        "may_see_rights": may_ask(case, user),
    }


def get_rows(user: User) -> "dict[str, QuerySet[Any]]":
    """Return what is to be answered about persons' data, whole and in order: also of cases that are closed.

    Requests that wait for this person as the second one, those that nobody has proposed an answer to, and duties of
    closed cases, which no list of open cases shows. Erasures whose day is over, too: something stops them.
    """
    # The few that wait are named first: joined at once, the database would begin with all cases of the regions.
    today = timezone.localdate()
    states = dict(RightsRequest.objects.undecided_or_late(today).order_by().values_list("pk", "state"))
    keys = [pk for pk, state in states.items() if state == RightState.PROPOSED]
    decided_here = RightsRequest.objects.to_decide(user).filter(pk__in=keys)
    waiting = decided_here.select_related("case__unit").defer("words", "document")
    open_keys = [pk for pk, state in states.items() if state == RightState.OPEN]
    late_keys = [pk for pk, state in states.items() if state in ANSWERED]
    seen = Case.objects.seen_now_by(user).order_by().values("pk")
    unanswered = RightsRequest.objects.filter(pk__in=open_keys, case__in=seen).exclude(kind__in=RESTRICTING)
    stopped = RightsRequest.objects.filter(pk__in=late_keys, case__in=seen)
    duty_keys = list(Deadline.objects.unmet().filter(key__in=DATA_DUTIES).order_by().values_list("pk", flat=True))
    duties = Deadline.objects.running().filter(pk__in=duty_keys, case__closed_at__isnull=False, case__in=seen)
    return {
        "rights_to_decide": waiting.order_by("due_on", "pk"),
        "rights_to_answer": unanswered.select_related("case__unit").defer("words", "document").order_by("due_on", "pk"),
        "stopped_erasures": stopped.select_related("case__unit").defer("words", "document").order_by("erase_on", "pk"),
        "data_duties": duties.select_related("case__unit").defer("ladder", "next_step").order_by("starts_at", "pk"),
    }


def describe_home(user: User) -> dict[str, Any]:
    """Return the beginning of that list, for the start page."""
    return {name: shorten(rows, MAX_ON_HOME) for name, rows in get_rows(user).items()}
