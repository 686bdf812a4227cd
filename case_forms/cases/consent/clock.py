"""The clock of consents that were given until a day: when it has passed, the links that rested on them end."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from audit.due import Due, lock_row_alone

from ..models import Case
from .ending import end_uncovered_links, lock_shared
from .ledger import lock_ledger
from .models import ConsentEntry


def _end(entry: ConsentEntry, now: datetime) -> bool:
    ConsentEntry.objects.filter(pk=entry.pk).update(ended_at=now)
    cases = Case.objects.select_related("unit", "municipality", "procedure_version")
    case = cases.get(consents__pk=entry.pk)
    if case.merged_into_id is not None:
        # What rests on it is read in the case that stands for both.
        case = cases.get(pk=case.merged_into_id)
    lock_shared(case)
    lock_ledger(case)
    # A newer answer may have taken its place: the gate is asked about each link.
    end_uncovered_links(case, now)
    return True


DUE = Due(
    name="case.consents",
    label=_("Ending links when a consent is over"),
    rows=lambda _now: ConsentEntry.objects.filter(ended_at__isnull=True),
    column="until",
    lock=lock_row_alone,
    act=_end,
)
advance = DUE.advance
