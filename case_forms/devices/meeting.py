"""Drafts that a phone handed over and went on with all the same, since the answer was lost on its way.

What comes later from that phone takes the place of the rescued draft, as long as nobody has worked on the draft here:
the phone says of a form which drafts it goes on from (`follows`). Where somebody has, both texts stay. A phone that has
ended takes the place of nothing: whoever holds it could make a draft vanish with it.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.utils import timezone

from audit.chain import get_actor, log_event
from case_forms.submissions.models import Attachment, Draft, Submission

from .models import Device, Rescue


def list_untouched(device: Device, records: Collection[UUID]) -> list[Draft]:
    """Return the rescued drafts of these ids that are as the phone gave them; locked, in the caller's transaction."""
    drafts = Draft.objects.open().filter(pk__in=_results(device, records)).select_for_update(of=("self",))
    return [draft for draft in drafts.order_by("pk") if not draft.section_versions and not draft.besides]


def is_worked_on(device: Device, records: Collection[UUID]) -> bool:
    """Whether somebody has gone on here with a rescued draft of these ids, or sent it."""
    results = set(_results(device, records))
    if Submission.objects.filter(pk__in=results).exists():
        return True
    untouched = {draft.pk for draft in list_untouched(device, records)}
    return Draft.objects.open().filter(pk__in=results - untouched).exists()


def let_go(device: Device, drafts: Iterable[Draft], files: Collection[UUID]) -> None:
    """Delete rescued drafts whose place is taken. The files that are named again are free for what takes it."""
    for draft in drafts:
        Attachment.objects.filter(draft=draft, pk__in=files).update(draft=None, owner=device.user)
        log_event(
            "draft.met_from_phone",
            actor=get_actor(device.user),
            target_kind="draft",
            target_id=draft.pk,
            device=str(device.pk),
        )
        draft.delete()


def note_followed(device: Device, records: Iterable[UUID], result: UUID) -> None:
    """Have an earlier draft that still comes in be known: what goes on from it is here already."""
    now = timezone.now()
    rows = [Rescue(device=device, uuid=record, draft=result, at=now) for record in records]
    Rescue.objects.bulk_create(rows, ignore_conflicts=True)


def _results(device: Device, records: Collection[UUID]) -> list[UUID]:
    return list(Rescue.objects.filter(device=device, uuid__in=records).values_list("draft", flat=True))
