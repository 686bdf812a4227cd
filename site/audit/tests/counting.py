"""How often somebody was denied something: entries of the chain, and repetitions that are counted beside it."""

from typing import Any

from django.db.models import Sum

from ..denials import DENIED
from ..models import AuditEntry, RepeatedDenial


def denials(**which: Any) -> int:
    """`which`: actor_id, target_kind, target_id, as strings or what becomes one."""
    of = {name: str(value) for name, value in which.items()}
    counted = RepeatedDenial.objects.filter(**of).aggregate(times=Sum("times"))["times"] or 0
    return AuditEntry.objects.filter(action=DENIED, **of).count() + counted
