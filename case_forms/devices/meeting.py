"""Drafts that a phone handed over and went on with all the same, since the answer was lost on its way.

What comes later from that phone takes the place of the rescued draft, as long as nobody has worked on the draft here:
the phone says of a form which drafts it goes on from (`follows`). Where somebody has, both texts stay, and the worker
chooses question by question, as between two pages (docs/adr/0042). A phone that has ended takes the place of nothing:
whoever holds it could make a draft vanish with it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.chain import get_actor, log_event
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.drafts.actions import MOMENT, SectionDiffers, add_from_phone, remember_handed
from case_forms.submissions.drafts.merging import OCCURRED
from case_forms.submissions.drafts.phone_merge import Met
from case_forms.submissions.models import Attachment, Draft, Submission

from .envelopes import Filled
from .models import Device, Rescue, TakenDraft
from .typed import read_posts, read_typed


def list_untouched(device: Device, records: Collection[UUID]) -> list[Draft]:
    """Return the drafts of these ids that are as the phone gave or took them; locked, in the caller's transaction."""
    drafts = Draft.objects.open().filter(pk__in=_results(device, records)).select_for_update(of=("self",))
    taken = dict(_list_taken(device, records).values_list("draft", "versions"))
    return [draft for draft in drafts.order_by("pk") if not draft.besides and _is_as_it_was(draft, taken.get(draft.pk))]


def is_worked_on(device: Device, records: Collection[UUID]) -> bool:
    """Whether somebody has gone on here with a rescued draft of these ids, or sent it."""
    results = set(_results(device, records))
    if Submission.objects.filter(pk__in=results).exists():
        return True
    untouched = {draft.pk for draft in list_untouched(device, records)}
    return Draft.objects.open().filter(pk__in=results - untouched).exists()


def find_worked_on(device: Device, records: Collection[UUID], version: FormVersion) -> Draft | None:
    """Return the rescued draft of these ids that somebody goes on with here, when it is of the same version."""
    untouched = [draft.pk for draft in list_untouched(device, records)]
    drafts = Draft.objects.open().filter(pk__in=_results(device, records), form_version=version)
    return drafts.exclude(pk__in=untouched).select_related("owner", "unit").order_by("-saved_at").first()


def put_beside(
    device: Device,
    draft: Draft,
    *,
    record: UUID,
    filled: Filled,
    files: Mapping[str, UUID],
    occurred_at: datetime,
    from_phone: dict[str, Any],
    is_handed: bool = False,
) -> Draft | None:
    """Put what the phone typed beside what was typed here; None when the draft has no room for it, and nothing changed.

    In the caller's transaction. `files`: {the phone's UUID: attachment}, the draft's own among them. `is_handed`: the
    phone may go on from it.
    """
    form = draft.form_version.parsed_form
    posts = read_posts(form, filled.fields, files)
    if not filled.occurred_by_clock:
        posts[form.sections[0].key][OCCURRED] = timezone.localtime(occurred_at).strftime(MOMENT)
    try:
        with transaction.atomic():
            unclaimed = Attachment.objects.unclaimed().filter(pk__in=files.values())
            unclaimed.update(draft=draft, owner=draft.owner, unit=draft.unit)
            base = find_base(draft, filled)
            added, met = add_from_phone(draft_id=draft.pk, posts=posts, page=str(record), by=device.user, base=base)
            added.from_phone = _add_met(added.from_phone, from_phone, met)
            if is_handed:
                answers, _missing = read_typed(form, filled.fields, files)
                remember_handed(added, str(record), answers, moment=None if filled.occurred_by_clock else occurred_at)
            added.save(update_fields=["from_phone", "handed"])
            return added
    except SectionDiffers:
        return None


def find_base(draft: Draft, filled: Filled) -> str:
    """Return the newest record that the phone's text goes on from and that the draft has marks of; "" where none.

    A phone that doesn't say what it began with (`base`) may have begun with anything.
    """
    if filled.base is None:
        return ""
    begun = (str(filled.base), *(str(each) for each in reversed(filled.follows)))
    return next((record for record in begun if record in (draft.handed or {})), "")


def _add_met(earlier: dict[str, Any] | None, from_phone: dict[str, Any], met: Met) -> dict[str, Any]:
    """Add what was taken along to what was before."""
    found = {}
    for name, paths in (("taken", met.taken), ("left", met.left)):
        before = [tuple(path) for path in (earlier or {}).get(name) or ()]
        found[name] = [list(path) for path in dict.fromkeys((*before, *paths))]
    return {**from_phone, **found}


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
        TakenDraft.objects.filter(draft=draft.pk).delete()
        draft.delete()


def note_followed(device: Device, records: Iterable[UUID], result: UUID) -> None:
    """Have an earlier draft that still comes in be known: what goes on from it is here already."""
    now = timezone.now()
    rows = [Rescue(device=device, uuid=record, draft=result, at=now) for record in records]
    Rescue.objects.bulk_create(rows, ignore_conflicts=True)


def _results(device: Device, records: Collection[UUID]) -> list[UUID]:
    handed = Rescue.objects.filter(device=device, uuid__in=records).values_list("draft", flat=True)
    return [*handed, *_list_taken(device, records).values_list("draft", flat=True)]


def get_versions(draft: Draft) -> dict[str, Any]:
    """Return what changes whenever somebody works on the draft here."""
    return {"sections": draft.section_versions, "saved_at": draft.saved_at.isoformat()}


def _is_as_it_was(draft: Draft, taken: dict[str, Any] | None) -> bool:
    return not draft.section_versions if taken is None else get_versions(draft) == taken


def _list_taken(device: Device, records: Collection[UUID]) -> QuerySet[TakenDraft]:
    """Return what this phone has taken along of what was begun here: under the same ids (`taking`)."""
    return TakenDraft.objects.filter(device=device, draft__in=records, taken_at__isnull=False)
