"""Forms that couldn't be received as they came: each becomes a draft of a person who can go on with it.

Nothing that was typed is lost: the text is in the draft, with the reason on top, and the phone learns where it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from access.models import MobileUnit, User
from audit.chain import get_actor, log_event
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.attachments.named_files import file_problems, files_of_draft
from case_forms.submissions.case_reference import named_case
from case_forms.submissions.confirmations import to_confirm
from case_forms.submissions.drafts.actions import build_context
from case_forms.submissions.known import get_named_case
from case_forms.submissions.languages import get_draft_language
from case_forms.submissions.models import Attachment, Draft, Submission
from case_forms.submissions.pages.section import checked_for
from case_forms.submissions.reception import iter_time_problems
from case_forms.submissions.same_person import ask_about_person
from case_forms.submissions.validation.validate import Answers, relevant_sections

from .models import Device

# Why a form came back, as codes; in words: `submissions.from_phone`.
REFUSED, CONFIRM, CORRECTED, NOT_THERE = "refused", "confirm", "corrected", "not_a_worker"
ENDED, BESIDE, RESCUED, FILES, BOTH = "device_ended", "uuid_taken", "rescued", "files", "both"


@dataclass(frozen=True)
class Problems:
    """What keeps a draft from being sent: as the field API words `errors` and `confirm`."""

    errors: list[dict[str, str]] = field(default_factory=list)
    confirm: list[dict[str, str]] = field(default_factory=list)


def find_owner(device: Device, slug: str | None) -> tuple[User, MobileUnit]:
    """Return whose draft it becomes, and of which unit.

    The phone's owner, in the unit that the form names if they work there; when they work in no unit any more, a
    colleague of that unit, or of the phone's region: somebody has to see what came in.
    """
    own = list(device.user.units().order_by("pk"))
    if own:
        return device.user, next((unit for unit in own if unit.slug == slug), own[0])
    units = MobileUnit.objects.filter(region=device.grant.region_id, is_active=True).order_by("pk")
    named = [unit for unit in units if unit.slug == slug]
    for unit in [*named, *units]:
        colleague = _find_worker(unit)
        if colleague is not None:
            return colleague, unit
    # Nobody works there now: whoever takes the unit over finds it with the owner's name.
    return device.user, (named or list(units) or list(MobileUnit.objects.order_by("pk")[:1]))[0]


def _find_worker(unit: MobileUnit) -> User | None:
    today = timezone.localdate()
    held = unit.assignments.current(today).filter(user__is_active=True)
    found = held.select_related("user").order_by("pk").first()
    return found.user if found is not None else None


def return_as_draft(
    *,
    device: Device,
    owner: User,
    unit: MobileUnit,
    version: FormVersion,
    answers: Answers,
    occurred_at: datetime,
    uuid: UUID,
    files: Mapping[str, UUID],
    from_phone: dict[str, Any],
) -> Draft:
    """Make the draft, with its files, in the caller's transaction. `from_phone`: see `Draft.from_phone`."""
    form = version.parsed_form
    draft = Draft(id=uuid, form_version=version, unit=unit, owner=owner, answers=answers, occurred_at=occurred_at)
    draft.case = get_named_case(form, answers, owner)
    draft.from_phone = from_phone
    sections = relevant_sections(form, answers, build_context(draft, owner.language)) or list(form.sections)
    draft.section = sections[0].key
    draft.save(force_insert=True)
    Attachment.objects.unclaimed().filter(pk__in=files.values()).update(draft=draft, owner=owner, unit=unit)
    log_event(
        "draft.from_phone",
        actor=get_actor(device.user),
        target_kind="draft",
        target_id=draft.pk,
        device=str(device.pk),
        why=from_phone["why"],
        owner=owner.pk,
    )
    return draft


def read_problems(draft: Draft) -> Problems:
    """Return what keeps the draft from being sent as it stands, in the active language."""
    user, form = draft.owner, draft.form_version.parsed_form
    context = build_context(draft, get_draft_language(draft), by=user)
    checked = checked_for(form, draft.answers, context, user)
    errors = [*iter_time_problems(draft.occurred_at), *checked.errors]
    errors += file_problems(form, checked.answers, files_of_draft(draft))
    found = [{"path": each.path, "code": each.code, "message": str(each.message)} for each in errors]
    if found:
        return Problems(errors=found)
    case, _none = named_case(form, checked.answers, user)
    asked = to_confirm(form, checked.answers, context, case)
    unsaved = Submission(pk=draft.pk, form_version=draft.form_version, unit=draft.unit, occurred_at=draft.occurred_at)
    asked += ask_about_person(unsaved, checked.answers, user, case)
    return Problems(confirm=[{"key": each.key, "path": each.path, "message": str(each.message)} for each in asked])


def get_address(draft: UUID) -> str:
    return reverse("intake:review", args=[draft])
