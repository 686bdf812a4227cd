"""Moving an open case to the procedure version in force, from the one it was opened under (docs/adr/0081).

A coordinator decides that, for one case at a time. What was decided stays: notices, clocks that run, who was notified.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from access.models import User
from access.reach import read_reach
from audit.chain import get_actor, log_event
from case_forms.procedures.models import ProcedureVersion

from .brief_content import both
from .deadlines import build_chase, find_next_mark, start_deadline
from .models import Case, CaseEvent, CaseQuerySet, Deadline
from .tasks import TaskOrder, start_task

PROCEDURE_ADOPTED = "procedure_adopted"


class CannotAdopt(Exception):
    """A case that can't be moved to this version.

    `code`: not_allowed, closed, not_newer (it is under this version already, or under a later one).
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def newer_version(case: Case, at: datetime | None = None) -> ProcedureVersion | None:
    """Return the version in force, if this open case was opened under an older one."""
    if case.closed_at is not None:
        return None
    try:
        current = ProcedureVersion.objects.in_force(at)
    except ProcedureVersion.DoesNotExist:
        return None
    own = case.procedure_version
    # Only forward: a case that was opened under a later version is not moved back.
    return current if current.pk != own.pk and current.in_force_from > own.in_force_from else None


def of_an_older_procedure(cases: CaseQuerySet, at: datetime) -> CaseQuerySet:
    """Limit the cases to those opened under a version older than the one in force; none when none is in force."""
    try:
        current = ProcedureVersion.objects.in_force(at)
    except ProcedureVersion.DoesNotExist:
        return cases.none()
    versions = list(ProcedureVersion.objects.order_by().values_list("pk", "in_force_from"))
    older = [pk for pk, begins in versions if begins and begins < current.in_force_from and pk != current.pk]
    # Said the other way round, so that SQLite doesn't begin with all cases that ever followed an older one.
    return (
        cases.exclude(procedure_version__in=[pk for pk, _at in versions if pk not in older]) if older else cases.none()
    )


def may_adopt(case: Case, user: User) -> bool:
    """Return whether this person is a coordinator of the case's region, or of its unit's."""
    return not {case.region_id, case.unit.region_id}.isdisjoint(read_reach(user).regions)


@transaction.atomic
def adopt_procedure(
    *, case: Case, version: ProcedureVersion, duties: Sequence[str], by: User, tasks: Sequence[TaskOrder] = ()
) -> CaseEvent:
    """Put the case under `version`, and start the clocks of `duties` (keys of its deadlines) and of `tasks` now.

    A duty that the case has, or had, is not started a second time. Raises CannotAdopt.
    """
    if not may_adopt(case, by):
        raise CannotAdopt("not_allowed")
    # Neither the version nor the key of the case: an answer that comes meanwhile adds to the case's course, and holds
    # the audit chain, for which this one waits at its end.
    cases = Case.objects.select_for_update(no_key=True, of=("self",)).select_related("procedure_version")
    locked = cases.get(pk=case.pk)
    if locked.closed_at is not None:
        raise CannotAdopt("closed")
    at = timezone.now()
    newer = newer_version(locked, at)
    # The page may be older than the version now in force: the coordinator agreed to what the page showed.
    if newer is None or newer.pk != version.pk:
        raise CannotAdopt("not_newer")
    known = set(Deadline.objects.filter(case=locked).values_list("key", flat=True))
    # dict.fromkeys: each once, in the order of the page.
    begun = [key for key in dict.fromkeys(duties) if key not in known]
    asked = [order for order in tasks if order.key not in known]
    before = locked.procedure_version
    locked.procedure_version = version
    locked.save(update_fields=["procedure_version"])
    event = CaseEvent.objects.create(
        case=locked,
        kind=PROCEDURE_ADOPTED,
        at=at,
        detail={
            "from": str(before),
            "to": str(version),
            "duties": [*begun, *(order.key for order in asked)],
            "by": by.pk,
        },
        explanation=[{"rule": PROCEDURE_ADOPTED, "words": _words(before, version)}],
    )
    for key in begun:
        start_deadline(case=locked, event=event, procedure=version.parsed, key=key, at=at)
    for order in asked:
        start_task(case=locked, event=event, procedure=version.parsed, order=order, at=at)
    _give_owners(locked, version, at)
    log_event(
        "case.procedure_adopted",
        actor=get_actor(by),
        target_kind="case",
        target_id=case.pk,
        before=str(before),
        after=str(version),
        duties=[*begun, *(order.key for order in asked)],
    )
    return event


def _give_owners(case: Case, version: ProcedureVersion, at: datetime) -> None:
    """Give the duties that run, and that nobody was notified about, the owner and steps that the version gives them.

    Their marks stay: what was due stays due when it was. Nobody is notified by the press itself: the clock looks at
    them at their next mark, and at what is over already a day later.
    """
    for deadline in Deadline.objects.running().filter(case=case, owner="", key__in=version.parsed.deadlines):
        chase = build_chase(version.parsed, version.parsed.deadlines[deadline.key])
        if chase and deadline.marks:
            Deadline.objects.filter(pk=deadline.pk).update(next_mark_at=find_next_mark(deadline.marks, at), **chase)


def _words(before: ProcedureVersion, version: ProcedureVersion) -> dict[str, str]:
    return both(
        lambda: (
            gettext(
                "A coordinator decided that this case goes on under version %(after)s of the procedure instead of"
                " version %(before)s. The clocks that were missing start now."
            )
            % {"before": before.number, "after": version.number}
        )
    )
