"""Lock a case, so that it isn't closed while something is done in it (the order: `notifications.outbox.locking`)."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from notifications.outbox.locking import lock_chases
from notifications.outbox.models import Notice

from .models import Case

# What may have changed since the caller read the case.
CHANGEABLE = [
    "status",
    "formal_identification",
    "child_track",
    "flags",
    "closed_at",
    "voided_at",
    "form_after_closing_at",
    "forgotten_at",
    "forget_after",
    "restricted_at",
]


def lock_case(case: Case) -> Case:
    """Lock the case's row, and read into `case` what another transaction may have changed of it meanwhile.

    Its key isn't locked: whoever adds a row that names the case needn't wait.
    """
    case.refresh_from_db(fields=CHANGEABLE, from_queryset=Case.objects.select_for_update(no_key=True))
    return case


def lock_case_by_id(case_id: Any) -> Case:
    """Lock and return a case."""
    case = _find_locked(key=case_id).first()
    if case is None:
        raise Case.DoesNotExist
    return case


def lock_all_of(case: Case) -> Case:
    """Lock every notice of the case with what followed it, then the case."""
    lock_chases(Notice.objects.filter(case_id=case.pk).order_by().values_list("chase_id", flat=True).distinct())
    return lock_case(case)


def _find_locked(key: UUID) -> QuerySet[Case]:
    return Case.objects.select_for_update(no_key=True, of=("self",)).select_related("procedure_version").filter(pk=key)
