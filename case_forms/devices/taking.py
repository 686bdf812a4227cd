"""A draft that was begun on the pages and goes on on its owner's phone, under the same UUID.

Two presses: its owner offers it here, signed in; the phone takes it once it is open. Until it comes back it stays here
as it is, and may be worked on: what then meets is met as drafts are that a phone handed over (`meeting`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from access.models import User, localize
from audit.chain import get_actor, log_event
from case_forms.cases.consent.gate import may_leave
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.attachments.named_files import named_files
from case_forms.submissions.models import Draft
from case_forms.submissions.offers import DraftOffer
from case_forms.submissions.validation.validate import is_unanswered

from .living import get_end
from .meeting import get_versions
from .models import Device, SealedFile, TakenDraft
from .posted import read_posted
from .road import ROAD
from .typed import read_typed

OFFER_HOURS = 24
MAX_OFFERED = 20  # as a phone lists them
MINUTE = "%Y-%m-%dT%H:%M"


class CannotTakeDraft(Exception):
    """The draft can't go on on a phone. `code`: of OBSTACLES in `taking_views`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Taking:
    """How it stands with a draft and its owner's phone. `obstacle`: why it can't be offered now, "" when it can."""

    obstacle: str
    offered_until: datetime | None = None
    taken_at: datetime | None = None


def find_phone(user: User) -> Device | None:
    """Return the phone that this person has now."""
    standing = Device.objects.filter(user=user, ended_at=None).select_related("user", "grant__user", "queue_token")
    return next((device for device in standing.order_by("-created_at") if not get_end(device)), None)


def describe_taking(draft: Draft, user: User) -> Taking:
    device = find_phone(user)
    row = TakenDraft.objects.filter(device=device, draft=draft.pk).first() if device is not None else None
    until = row.offered_at + timedelta(hours=OFFER_HOURS) if row is not None else None
    return Taking(
        obstacle=_find_obstacle(draft, user, device),
        offered_until=until if until is not None and until > timezone.now() else None,
        taken_at=row.taken_at if row is not None else None,
    )


def offer_draft(*, draft: Draft, by: User) -> TakenDraft:
    """Offer one's draft to one's phone, for `OFFER_HOURS`. Audited. Raises CannotTakeDraft."""
    with transaction.atomic():
        device = find_phone(by)
        locked = Draft.objects.select_for_update(of=("self",)).select_related("form_version__form").get(pk=draft.pk)
        if (obstacle := _find_obstacle(locked, by, device)) or device is None:
            raise CannotTakeDraft(obstacle)
        _read_whole(locked, by, by.language)
        row, _made = TakenDraft.objects.update_or_create(
            device=device, draft=locked.pk, defaults={"offered_at": timezone.now()}
        )
        _log("draft.offered_to_phone", device, locked.pk)
    return row


def list_offered(device: Device, language: str) -> list[dict[str, Any]]:
    """Return {"id", "title"} of the drafts that wait for this phone to take them, the newest offer first."""
    rows = _list_standing(device).filter(taken_at=None)[:MAX_OFFERED]
    drafts = Draft.objects.own(device.user).open().select_related("form_version__form").defer("answers", "filled")
    found = drafts.in_bulk([row.draft for row in rows])
    return [
        {"id": str(draft.pk), "title": str(localize(draft.form_version.definition["title"], language))}
        for row in rows
        if (draft := found.get(row.draft)) is not None
    ]


def take_draft(*, device: Device, draft_id: UUID, language: str) -> dict[str, Any]:
    """Return the draft as the phone goes on with it, in the active language, which is `language`. Audited.

    Asked a second time, as when the answer was lost, it is returned as it is then; what counts as not worked on stays
    what it was the first time. Raises CannotTakeDraft.
    """
    with transaction.atomic():
        Device.objects.select_for_update(of=("self",)).get(pk=device.pk)
        row = _list_standing(device).filter(draft=draft_id).first()
        own = Draft.objects.own(device.user).open().select_for_update(of=("self",))
        draft = own.select_related("form_version__form", "unit", "owner", "case").filter(pk=draft_id).first()
        if row is None or draft is None:
            raise CannotTakeDraft("not_offered")
        if obstacle := _find_obstacle(draft, device.user, device):
            raise CannotTakeDraft(obstacle)
        fields = _read_whole(draft, device.user, language)
        _name_files(device, draft)
        if row.taken_at is None:
            row.taken_at, row.versions = timezone.now(), get_versions(draft)
            row.save(update_fields=["taken_at", "versions"])
        _log("draft.taken_to_phone", device, draft.pk)
    return _describe(draft, fields, language)


def build_offer(draft: Draft, user: User) -> DraftOffer | None:
    """Return what a draft's pages say about the phone; None for whoever has none, or isn't its owner."""
    if draft.owner_id != user.pk or find_phone(user) is None:
        return None
    return DraftOffer("devices/offer.html", {"taking": describe_taking(draft, user)})


def _find_obstacle(draft: Draft, user: User, device: Device | None) -> str:
    if device is None:
        return "no_phone"
    if draft.owner_id != user.pk or not Draft.objects.own(user).open().filter(pk=draft.pk).exists():
        return "not_yours"
    if draft.corrects_id is not None:
        return "correction"
    if draft.besides:
        return "both"
    if draft.left_over:
        return "left_over"
    if not FormVersion.objects.newest().for_staff().filter(pk=draft.form_version_id).exists():
        return "version"
    if draft.case is not None and not may_leave(draft.case, ROAD).is_allowed:
        return "restricted"
    here = set(draft.attachments.values_list("pk", flat=True))
    return "" if named_files(draft.form_version.parsed_form, draft.answers) <= here else "files"


def _list_standing(device: Device) -> QuerySet[TakenDraft]:
    return TakenDraft.objects.filter(device=device, offered_at__gt=timezone.now() - timedelta(hours=OFFER_HOURS))


def _name_files(device: Device, draft: Draft) -> None:
    """Have the draft's files be named by the phone as if it had sent them: they stay here."""
    rows = [
        SealedFile(device=device, uuid=key, key_id="", length=size, offset=size, attachment_id=key)
        for key, size in draft.attachments.values_list("pk", "size")
    ]
    SealedFile.objects.bulk_create(rows, ignore_conflicts=True)


def _read_whole(draft: Draft, user: User, language: str) -> list[tuple[str, str]]:
    """Return the draft as its fields. Raises CannotTakeDraft where an answer stands in none: it would be lost."""
    fields = read_posted(draft, user, language)
    files = {str(key): key for key in draft.attachments.values_list("pk", flat=True)}
    answers, _missing = read_typed(draft.form_version.parsed_form, fields, files)
    if any(not is_unanswered(value) and key not in answers for key, value in draft.answers.items()):
        raise CannotTakeDraft("not_shown")
    return fields


def _describe(draft: Draft, fields: list[tuple[str, str]], language: str) -> dict[str, Any]:
    version = draft.form_version
    return {
        "id": str(draft.pk),
        "form": version.form.key,
        "version": version.number,
        "sha256": version.sha256,
        "package": f"/api/field/v1/device-forms/{version.form.key}/{version.number}?language={language}",
        "title": str(localize(version.definition["title"], language)),
        "unit": draft.unit.slug,
        "section": draft.section,
        "occurred_at": timezone.localtime(draft.occurred_at).strftime(MINUTE),
        "begun_at": draft.started_at.isoformat(),
        "changed_at": draft.saved_at.isoformat(),
        "fields": fields,
        "there": [str(key) for key in draft.attachments.values_list("pk", flat=True)],
    }


def _log(action: str, device: Device, draft: UUID) -> None:
    log_event(action, actor=get_actor(device.user), target_kind="draft", target_id=draft, device=str(device.pk))
