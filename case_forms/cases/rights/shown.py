"""What other pages say about requests of a person: the case's own page, and the start page."""

from typing import Any

from django.db.models import QuerySet

from access.models import User
from access.short_lists import shorten

from ..closing.actions import may_ask
from ..models import Case
from .models import RightsRequest, RightState

MAX_ON_HOME = 30


def describe_rights(case: Case, user: User) -> dict[str, Any]:
    """Return for the case's page: the requests that wait for an answer, and whether this person may see them."""
    return {
        "rights_waiting": list(RightsRequest.objects.undecided().filter(case=case).defer("words", "document")),
        "may_see_rights": may_ask(case, user),
    }


def get_rows(user: User) -> "dict[str, QuerySet[Any]]":
    """Return the requests that wait for this person as the second one, whole and in order."""
    # The few that wait are named first: joined at once, the database would begin with all cases of the regions.
    proposed = RightsRequest.objects.filter(state=RightState.PROPOSED)
    keys = list(proposed.order_by().values_list("pk", flat=True))
    decided_here = RightsRequest.objects.to_decide(user).filter(pk__in=keys)
    waiting = decided_here.select_related("case__unit").defer("words", "document")
    return {"rights_to_decide": waiting.order_by("due_on", "pk")}


def describe_home(user: User) -> dict[str, Any]:
    """Return the beginning of that list, for the start page."""
    return {name: shorten(rows, MAX_ON_HOME) for name, rows in get_rows(user).items()}
