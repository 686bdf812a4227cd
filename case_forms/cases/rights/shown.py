"""What other pages say about requests of a person: the case's own page, and the start page."""

from typing import Any

from access.models import User

from ..closing.actions import may_ask
from ..models import Case
from .models import RightsRequest

MAX_ON_HOME = 30


def describe_rights(case: Case, user: User) -> dict[str, Any]:
    """Return for the case's page: the requests that wait for an answer, and whether this person may see them."""
    return {
        "rights_waiting": list(RightsRequest.objects.undecided().filter(case=case).defer("words", "document")),
        "may_see_rights": may_ask(case, user),
    }


def describe_home(user: User) -> dict[str, Any]:
    """Return for the start page: requests that wait for this person as the second one."""
    waiting = RightsRequest.objects.to_decide(user).select_related("case__unit").defer("words", "document")
    found = list(waiting.order_by("due_on")[: MAX_ON_HOME + 1])
    return {"rights_to_decide": found[:MAX_ON_HOME], "more_rights": len(found) > MAX_ON_HOME}
