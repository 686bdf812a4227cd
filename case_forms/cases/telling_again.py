"""Tell whoever was notified of a case what has been decided about it since: as the notice that they were sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from access.languages import same_in_each_language
from case_forms.procedures.chains import chain_for
from notifications.directory.models import Contact, Partner
from notifications.directory.resolve import Resolution
from notifications.outbox.models import Notice
from notifications.outbox.service_briefs import build_row, name_with_phone
from notifications.outbox.subjects import Subject

from .models import Case

ANSWER_MINUTES = 24 * 60
# Whoever goes on looking for somebody because of it should know the same day.
LADDER = (
    {"after_minutes": 4 * 60, "do": "remind"},
    {"after_minutes": ANSWER_MINUTES, "do": "call", "repeat_minutes": ANSWER_MINUTES},
)
# What every such brief says beside what happened (`build_about`), where it is shown before it is sent.
ABOUT = (
    (_("Case"), _("the reference of this case")),
    (_("Code of the notice"), _("of the notice that they got before")),
    (_("Questions"), _("the unit, with its number")),
)


def list_told(case: Case) -> list[Notice]:
    """List the newest notice that went out to each recipient: all of them are told of what was decided about a case."""
    sent = Notice.objects.filter(case_id=case.pk, sent_at__isnull=False, contact__isnull=False)
    rows = sent.select_related("contact__partner", "partner", "municipality__region", "unit__region")
    newest: Mapping[int | None, Notice] = {
        row.contact_id: row for row in rows.defer("brief", "ladder", "link_token").order_by("owed_at", "pk")
    }
    return list(newest.values())


def tell_again(
    case: Case,
    earlier: Notice,
    *,
    event_id: UUID,
    purpose: str,
    brief: dict[str, Any],
    at: datetime,
    instead: "tuple[Contact | None, Partner | None] | None" = None,
) -> Notice:
    """Create a notice for whoever was sent this one; `instead`: for whoever has taken that place, with the office."""
    contact = earlier.contact
    to, office = instead or (contact, earlier.partner or (contact.partner if contact else None))
    subject = Subject.of(case, municipality=earlier.municipality, home=earlier.home)
    return subject.notify(
        earlier.role,
        event_id=event_id,
        found=Resolution(earlier.role, office, to),
        chain=chain_for(case.procedure_version.parsed, earlier.role),
        brief=brief,
        answer_minutes=ANSWER_MINUTES,
        ladder=LADDER,
        purpose=purpose,
        at=at,
    )


def build_about(case: Case, earlier: Notice) -> list[dict[str, Any]]:
    """Build the rows that say which case and notice it is about, and whom to ask."""
    return [
        build_row("case", _("Case"), same_in_each_language(case.reference)),
        build_row("code", _("Code of the notice"), same_in_each_language(earlier.code)),
        build_row("unit", _("Questions"), name_with_phone(case.unit.name, case.unit.callback_phone)),
    ]
