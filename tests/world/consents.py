"""Consents in the ledger of a case, for tests that share something with an office."""

import uuid
from datetime import datetime
from typing import Any

from django.utils import timezone

from case_forms.cases.consent.models import REFER_TO, ConsentAnswer, ConsentEntry
from case_forms.cases.models import Case
from notifications.directory.models import Partner


def record_consent(
    case: Case,
    *,
    role: str = "",
    partner: Partner | str | None = None,
    answer: str = ConsentAnswer.GIVEN,
    at: datetime | None = None,
    **more: Any,
) -> ConsentEntry:
    """Write an answer about an office, a role, or nobody by name, as an act of its own; nothing follows from it.

    In a case that is followed as a child's, a representative's.
    """
    office = Partner.objects.get(slug=partner) if isinstance(partner, str) else partner
    moment = at or timezone.now()
    given: dict[str, Any] = {"kind": "representative" if case.child_track else "consent", "purpose": REFER_TO, **more}
    return ConsentEntry.objects.create(
        case=case, act=uuid.uuid4(), role=role, partner=office, answer=answer, occurred_at=moment, recorded_at=moment,
        **given,
    )  # fmt: skip
