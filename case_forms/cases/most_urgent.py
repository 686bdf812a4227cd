"""The most urgent of many cases, without judging and sorting all of them, as `urgency.with_urgency` does."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from access.key_lists import name_keys

from .models import Case
from .registers.paging import END_OF_TIME
from .urgency import URGENCIES, get_rows_by_state

MAX_NAMED = 1_000  # rows in one state whose cases' keys are named in a query
MAX_LISTED = 10_000  # rows in one state of whose cases the database makes a list


def list_most_urgent(
    cases: "QuerySet[Case]", moment: datetime, number: int, states: Collection[str] = URGENCIES
) -> list[UUID]:
    """Return the keys of the first `number` of these open cases: the most urgent first, then the newest.

    One state is asked for after the other until there are enough. `states`: cases in these alone; the first ones of
    URGENCIES, or all.
    """
    rows_by_state: dict[str, list[QuerySet[Any]]] = {}
    for state, rows in get_rows_by_state(moment):
        rows_by_state.setdefault(state, []).append(rows)
    # Whether it is one of these is asked of each case along the index of open ones by their time.
    ours = Case.objects.open().filter(Exists(cases.order_by().filter(pk=OuterRef("pk"))), opened_at__lte=END_OF_TIME)
    found: list[UUID] = []
    for state in URGENCIES:
        if state not in states or len(found) >= number:
            break
        # Whatever is in a more urgent state was found already: there weren't enough of those.
        rest = ours.exclude(pk__in=name_keys(found)) if found else ours
        if state in rows_by_state:
            rest = rest.filter(_build_condition(rows_by_state[state]))
        newest = rest.order_by("-opened_at", "pk").values_list("pk", flat=True)
        found += newest[: number - len(found)]
    return found


def _build_condition(sources: "list[QuerySet[Any]]") -> Q:
    """Return the condition of cases with a row in one of these, as it is answered soonest.

    By the keys of the cases, where few rows are in this state; by the list of them that the database makes, where those
    are some thousands; of more, each case is asked: many have one, so it isn't far to the next.
    """
    condition = Q()
    for rows in sources:
        keys = list(rows.values_list("case_id", flat=True)[: MAX_NAMED + 1])
        if len(keys) <= MAX_NAMED:
            condition |= Q(pk__in=name_keys(set(keys)))
        elif rows[: MAX_LISTED + 1].count() <= MAX_LISTED:
            condition |= Q(pk__in=rows.values("case_id"))
        else:
            condition |= Q(Exists(rows.filter(case_id=OuterRef("pk"))))
    return condition
