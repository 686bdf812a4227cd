"""Which cases a register's rows may belong to: what the person sees, narrowed by what was chosen about the case.

A register must answer as fast among a million rows as among ten thousand. Rows are read along the index of their time
and looked at one by one until a page is full, which is quick where much is seen and slow where almost nothing is. So
where few cases are left (MAX_FEW), they are named, and their rows found by the index of the case instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models import Case as Choice

from access.key_lists import name_keys
from access.models import User

from ..models import Case, read_what_is_seen
from .by_fact import Looked, keep_with_fact
from .paging import END_OF_TIME

MAX_FEW = 2_000


@dataclass(frozen=True)
class CaseScope:
    """The cases that rows may belong to.

    `seen`: the condition of those that the person sees, and `narrowing`: what was chosen about them, both in columns of
    the case alone; `few`: their ids, where there are at most MAX_FEW; `looked`: see `by_fact`.
    """

    seen: Q
    few: list[UUID] | None
    narrowing: Q = field(default_factory=Q)
    looked: Looked | None = None

    @property
    def cases(self) -> "QuerySet[Case]":
        return Case.objects.filter(self.seen, self.narrowing)

    def of_cases(self) -> Q:
        """Return the condition of rows that are cases themselves.

        In columns of the row: of "a case that is seen exists" PostgreSQL makes a join of the table with itself. What
        was chosen may be answered by an index. That the case is seen is asked of a row that was found: SQLite would
        take an index for each region and unit first, and sort all their cases.
        """
        if self.few is not None:
            return Q(pk__in=name_keys(self.few))
        return self.narrowing & Q(Choice(When(self.seen, then=True), default=False, output_field=BooleanField()))

    def condition(self, field: str) -> Q:
        """Return the condition of rows whose case, named by this field, is among them."""
        if self.few is not None:
            return Q(**{f"{field}__in": name_keys(self.few)})
        return Q(Exists(self.cases.filter(pk=OuterRef(field))))

    def condition_beside_others(self, field: str) -> Q:
        """Return the same condition, to be joined with others by "or".

        As one value of the row's own case. Of "or exists" PostgreSQL makes a table of all cases that are seen, even
        for the first page.
        """
        if self.few is not None:
            return self.condition(field)
        seen = self.cases.filter(pk=OuterRef(field)).order_by().values(is_seen=Value(True, BooleanField()))
        return Q(Subquery(seen, output_field=BooleanField()))


def read_scope(user: User, chosen: Mapping[str, Any] | None = None) -> CaseScope:
    """Return the cases that this person sees, narrowed by region, unit, age group, lead worker and exploitation."""
    seen = read_what_is_seen(user)
    if seen is None:
        return CaseScope(Q(pk__in=[]), [])
    scope = CaseScope(seen, None, reduce(and_, _conditions(chosen or {}), Q()))
    # Without an order: which of them doesn't matter, and none has to be sorted.
    some = list(scope.cases.order_by().values_list("pk", flat=True)[: MAX_FEW + 1])
    if len(some) <= MAX_FEW:
        scope = replace(scope, few=some)
    if not (chosen and chosen.get("exploitation")):
        return scope
    # As a page of the register is read: along the time, which an always true condition says, or by the keys of few.
    near = Case.objects.filter(scope.of_cases(), opened_at__lte=END_OF_TIME)
    looked = keep_with_fact(near, key="exploitation", value=chosen["exploitation"])
    return replace(scope, few=looked.found, looked=looked)


def _conditions(chosen: Mapping[str, Any]) -> list[Q]:
    conditions = [Q(**{name: chosen[name]}) for name in ("region", "unit") if chosen.get(name)]
    if chosen.get("age"):
        conditions.append(Q(child_track=chosen["age"] == "child"))
    if lead := chosen.get("lead"):
        # Who leads a case from before there were leads: whoever opened it (`Case.lead_worker`).
        conditions.append(Q(lead=lead) | Q(lead__isnull=True, opened_by=lead))
    return conditions
