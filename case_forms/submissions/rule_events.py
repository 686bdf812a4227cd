"""Reading a submission for rules: again for an event of its case that comes later, or as a session's report."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from case_forms.cases.actions import SubmissionFacts
from case_forms.cases.models import Case
from case_forms.session_rules.reports import Report

from .consents import consents_for
from .correcting import get_newest_version
from .drafts.filled import get_times_carried_over
from .models import Submission


def load_submission(
    submission_id: UUID, case: Case, at: datetime
) -> tuple[SubmissionFacts, Mapping[str, list[str]] | None]:
    """Return the facts of a submission as of this moment, and the consents on record that a rule about it asks for."""
    sent = Submission.objects.select_related("form_version__form", "unit", "submitted_by").get(pk=submission_id)
    found = get_newest_version(sent)  # what was corrected since holds
    procedure = case.procedure_version
    facts = SubmissionFacts(
        id=found.pk,
        form=found.form_version.parsed_form,
        answers=found.answers or {},
        unit=found.unit,
        by=found.submitted_by,
        occurred_at=found.occurred_at,
        received_at=at,
        procedure_version=procedure,
        today=timezone.localdate(at).isoformat(),
        is_drill=found.is_drill,
        carried_over=get_times_carried_over(found),
    )
    return facts, consents_for(case, procedure.parsed, found.form_version.form.key)


def load_report(submission_id: UUID) -> Report | None:
    """Return the report of a session that was stored under this id; None where there is none."""
    found = Submission.objects.select_related("form_version__form").filter(pk=submission_id).first()
    if found is None:
        return None
    version = found.form_version
    return Report(version.form.key, version.parsed_form, found.answers or {})
