"""Filling the ledger of consents from forms that were received before there was one, or that didn't open then.

In bulk and bounded: forms are read a few at a time. Doing it again makes the same entries, by their ids, so what is
there stays. Nothing ends and nobody is told by it: only what is asked of the gate from then on changes.
"""

from dataclasses import dataclass
from typing import Any

import structlog
from django.db.models import Exists, OuterRef

from case_forms.cases.consent.models import ConsentAnswer
from case_forms.cases.consent.recording import FORM, ConsentForm, build_unreadable, read_form
from vault.keyring import KeyRingError
from vault.seal import SealBroken

CHUNK = 200

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Filled:
    """How many forms were read, how many didn't open, and how many entries these made."""

    forms: int
    unreadable: int
    entries: int


def fill_ledger(submissions: Any, entries: Any, partners: Any) -> Filled:
    """Write every consent form of a case that isn't in the ledger yet. Takes the three models, a migration's too."""
    offices = dict(partners.objects.values_list("slug", "pk"))
    written = entries.objects.filter(act=OuterRef("pk")).exclude(answer=ConsentAnswer.UNREADABLE.value)
    sent = submissions.objects.filter(case__isnull=False, form_version__form__key=FORM).exclude(Exists(written))
    forms = unreadable = made = 0
    keys = list(sent.order_by("received_at").values_list("pk", flat=True))
    for begin in range(0, len(keys), CHUNK):
        rows: list[dict[str, Any]] = []
        for submission in submissions.objects.filter(pk__in=keys[begin : begin + CHUNK]):
            forms += 1
            try:
                answers = submission.answers or {}
            except (SealBroken, KeyRingError) as error:
                unreadable += 1
                log.error("submission_unreadable", submission=str(submission.pk), code=type(error).__name__)
                rows.append(
                    build_unreadable(submission.pk, submission.case_id, submission.occurred_at, submission.received_at)
                )
                continue
            form = ConsentForm(
                submission.pk, answers, submission.occurred_at, submission.received_at, submission.submitted_by_id
            )
            rows += read_form(form, submission.case_id, offices)
        entries.objects.bulk_create([entries(**columns) for columns in rows], ignore_conflicts=True)
        made += len(rows)
    return Filled(forms, unreadable, made)
