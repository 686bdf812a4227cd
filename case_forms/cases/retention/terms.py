"""For how long a closed case is stored as a whole: what the procedure's setting `closed_case_kept` says."""

import re
from datetime import date, datetime

from django.utils import timezone

from case_forms.form_builder.retention import months_later
from case_forms.procedures.definition import Procedure
from case_forms.procedures.models import ProcedureVersion

from ..models import Case

SETTING = "closed_case_kept"
MONTHS = re.compile(r"^months_([1-9][0-9]{0,3})$")


def get_term_months(case: Case) -> int | None:
    """Return the months after closing, by the case's own procedure, else by the one in force; None: none is set."""
    own = get_months_of(case.procedure_version.parsed)
    if own is not None:
        return own
    try:
        return get_months_of(ProcedureVersion.objects.in_force().parsed)
    except ProcedureVersion.DoesNotExist:
        return None


def compute_forget_after(case: Case, closed_at: datetime) -> date | None:
    """Return the day on which a case closed then is forgotten; None when no term is set."""
    months = get_term_months(case)
    return None if months is None else months_later(timezone.localdate(closed_at), months)


def get_months_of(procedure: Procedure) -> int | None:
    """Return the months that this procedure says; None: it says none."""
    setting = procedure.settings.get(SETTING)
    found = MONTHS.match(setting.chosen) if setting else None
    return int(found[1]) if found else None
