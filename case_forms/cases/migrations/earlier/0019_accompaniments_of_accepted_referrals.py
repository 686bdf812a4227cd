"""Referrals that a service had accepted before there was a clock for agreeing the accompaniment get one.

It counts from the day on which this runs, so that no unit is told of everything at once as if it were late. Written out:
a migration means what it meant on its day, whatever becomes of the code.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.db import migrations
from django.utils import timezone

KEY = "referral_accompaniment"
ROLES = ("protection_service", "health", "psychologist", "legal_aid", "social_service")
DUE_AFTER = timedelta(hours=4)
LABEL = {
    "sq": "Të caktohet kush e shoqëron personin te shërbimi, dhe kur",
    "en": "Agree who brings the person to the service, and when",
}
NEXT_STEP = {
    "sq": "Shënoni te referimi kush e shoqëron personin dhe kur, ose shënojeni si të kryer dhe thoni pse jo.",
    "en": "Note on the referral who brings the person and when, or mark this as done and say why not.",
}
LADDER = [
    {"after_minutes": 60, "do": "remind"},
    {"after_minutes": 120, "do": "deputy"},
    {"after_minutes": 240, "do": "call", "repeat_minutes": 240},
]


def begin(apps: Any, schema_editor: Any) -> None:
    get = apps.get_model
    referral_model, event_model, deadline_model = get("cases", "Referral"), get("cases", "CaseEvent"), get("cases", "Deadline")
    now = timezone.now()
    rows = referral_model.objects.filter(
        state="accepted",
        accompaniment_duty__isnull=True,
        case__closed_at__isnull=True,
        case__merged_into__isnull=True,
        case__is_drill=False,
    )
    for referral in rows.select_related("event", "partner").defer("answer_note", "event__explanation").iterator():
        if (referral.role or referral.partner.role) not in ROLES:
            continue
        event = event_model.objects.create(
            id=uuid.uuid5(referral.pk, KEY),
            case_id=referral.case_id,
            kind=KEY,
            at=now,
            submission_id=referral.event.submission_id,
            notice_id=referral.notice_id,
            detail={"referral": str(referral.pk)},
        )
        due = now + DUE_AFTER
        duty = deadline_model.objects.create(
            case_id=referral.case_id,
            event=event,
            kind="task",
            key=KEY,
            label=LABEL,
            starts_at=now,
            red_at=due,
            next_mark_at=due,
            owner="mobile_unit",
            ladder=LADDER,
            next_step=NEXT_STEP,
        )
        referral_model.objects.filter(pk=referral.pk).update(accompaniment_duty=duty)


class Migration(migrations.Migration):
    dependencies = [("cases", "0018_clocks_of_referrals")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop, elidable=True)]
