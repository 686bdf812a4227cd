"""The level of risk of a case, in clear beside the sealed fact that says it (docs/adr/0120).

The fact is the truth. The column is what lists are sorted and filtered by, and nothing else of what is known leaves the
seal for it.
"""

from case_forms.form_builder.definition import Form

from ..models import Case, CaseFact, RiskLevel
from .reading import get_known

RISK = "risk_level"  # the key of the fact
BATCH, MAX_BATCHES = 500, 20


def writes_risk(form: Form) -> bool:
    """Return whether a question of this form says the level of risk."""
    return any(located.question.writes_fact == RISK for located in form.iter_questions())


def refresh_risk(case: Case) -> None:
    """Let the column say what the fact says now; "" when it isn't known. In the caller's transaction."""
    known = get_known(case, keys={RISK}).get(RISK)
    level = known.value if known is not None and known.value in RiskLevel.values else ""
    if case.risk != level:
        case.risk = level
        Case.objects.filter(pk=case.pk).update(risk=level)


def fill_in_risk() -> int:
    """Fill the column of cases from before there was one, the open ones first. Return how many were looked at.

    In batches of their own, so that nobody waits long for the one writer; what is left comes with the next pass.
    """
    done = 0
    for _batch in range(MAX_BATCHES):
        left = Case.objects.filter(risk__isnull=True).order_by()
        keys = list(left.open().values_list("pk", flat=True)[:BATCH]) or list(left.values_list("pk", flat=True)[:BATCH])
        if not keys:
            break
        # Most have no such fact, and need no seal to be opened.
        said = set(CaseFact.objects.filter(case__in=keys, key=RISK).values_list("case", flat=True))
        Case.objects.filter(pk__in=[key for key in keys if key not in said]).update(risk="")
        for case in Case.objects.filter(pk__in=said):
            refresh_risk(case)
        done += len(keys)
    return done
