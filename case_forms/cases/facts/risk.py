"""The level of risk of a case, in clear beside the sealed fact that says it (docs/adr/0120).

The fact is the truth. The column is what lists are sorted and filtered by, and nothing else of what is known leaves the
seal for it.
"""

from django.db.models import F

from ..models import Case, CaseFact, RiskLevel
from .reading import get_known

RISK = "risk_level"  # the key of the fact
BATCH = 200


def refresh_risk(case: Case) -> None:
    """Let the column say what the fact says now; "" when it isn't known. In the caller's transaction."""
    known = get_known(case, keys={RISK}).get(RISK)
    level = known.value if known is not None and known.value in RiskLevel.values else ""
    if case.risk != level:
        case.risk = level
        Case.objects.filter(pk=case.pk).update(risk=level)


def fill_in_risk() -> int:
    """Fill the column of cases from before there was one, the open ones first. Return how many were looked at."""
    left = Case.objects.filter(risk__isnull=True)
    # Most have no such fact, and need no seal to be opened.
    left.exclude(pk__in=CaseFact.objects.filter(key=RISK).values("case")).update(risk="")
    cases = list(left.order_by(F("closed_at").asc(nulls_first=True))[:BATCH])
    for case in cases:
        refresh_risk(case)
    return len(cases)
