"""Drafts: a form being filled, saved section by section, sealed. Every change of a draft is made here.

A draft's key stands in for a session that has ended: a signed text in the section's form, good for twelve hours, that
lets its holder add to this one draft and shows nothing. So what was typed on a phone whose session dropped is kept.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from access.models import MobileUnit, User
from audit.chain import ANONYMOUS, actor_of, record
from case_forms.builder.models import FormVersion
from case_forms.builder.sources import Lists

from .attachments.actions import forget_attachments
from .attachments.naming import files_of_draft, named_files
from .checking import Answers, CheckContext, NothingToAsk, relevant_sections
from .models import Draft
from .typed import merged

KEY_SALT = "vatra.draft-key"
KEY_AGE = 12 * 3600  # seconds


class DraftIsSent(Exception):
    """The draft has been submitted and doesn't change any more."""


def start_draft(
    *,
    form_version: FormVersion,
    unit: MobileUnit,
    owner: User,
    case_reference: str = "",
    answers: Answers | None = None,
    occurred_at: datetime | None = None,
) -> Draft:
    """A new draft on this version, at its first section. A case reference goes where the form first asks for one;
    `answers` and `occurred_at` (now) are what is known before it is begun. Raises NothingToAsk; nothing is begun then.
    """
    answers = dict(answers or {})
    if case_reference:
        asking = (
            item["key"]
            for section in form_version.definition["sections"]
            for item in section["items"]
            if item.get("type") == "case_reference"
        )
        answers |= dict.fromkeys(list(asking)[:1], case_reference)
    with transaction.atomic():
        draft = Draft(form_version=form_version, unit=unit, owner=owner, answers=answers)
        draft.occurred_at = occurred_at or draft.occurred_at
        sections = relevant_sections(form_version.definition, answers, context_of(draft, owner.language))
        if not sections:
            raise NothingToAsk(form_version.form.key, form_version.number)
        draft.section = sections[0]["key"]
        draft.save(force_insert=True)
        record("draft.started", actor=actor_of(owner), target_kind="draft", target_id=draft.pk)
    return draft


def save_section(
    *, draft_id: uuid.UUID, section: Mapping[str, Any], typed: Answers, occurred_at: datetime | None, by: User | None
) -> Draft:
    """Keeps what was typed in one section, right or wrong; the other sections stay as they are.

    A file that an answer named before and none names now is deleted.
    `by` None: saved with the draft's key after the session had ended; recorded. Raises DraftIsSent, Draft.DoesNotExist.
    """
    with transaction.atomic():
        draft = Draft.objects.select_for_update().get(pk=draft_id)
        if draft.submitted_at is not None:
            raise DraftIsSent
        before, draft.answers = draft.answers, merged(draft.answers, section, typed)
        draft.section = section["key"]
        draft.occurred_at = occurred_at or draft.occurred_at
        draft.saved_at = timezone.now()
        draft.save(update_fields=["answers", "section", "occurred_at", "saved_at"])
        _forget_files(draft, section, before, by)
        if by is None:
            record("draft.saved_with_key", actor=ANONYMOUS, target_kind="draft", target_id=draft.pk)
    return draft


def _forget_files(draft: Draft, section: Mapping[str, Any], before: Answers, by: User | None) -> None:
    part = {"sections": [section]}
    gone = named_files(part, before) - named_files(part, draft.answers)
    if gone:
        forget_attachments(draft.attachments.filter(pk__in=gone), actor=actor_of(by) if by else ANONYMOUS)


def choose_language(*, draft: Draft, language: str) -> None:
    """The language that this form is read in from now on. One that the form doesn't have changes nothing."""
    if language in draft.form_version.definition["languages"]:
        Draft.objects.filter(pk=draft.pk).update(language=language)


def discard_draft(*, draft: Draft, by: User) -> None:
    """Deletes a draft, what was typed in it and its files. Raises DraftIsSent."""
    with transaction.atomic():
        locked = Draft.objects.select_for_update().get(pk=draft.pk)
        if locked.submitted_at is not None:
            raise DraftIsSent
        record("draft.discarded", actor=actor_of(by), target_kind="draft", target_id=draft.pk)
        locked.delete()


def key_of(draft: Draft) -> str:
    return signing.dumps([str(draft.pk), draft.owner_id], salt=KEY_SALT)


def key_opens(key: str, draft_id: uuid.UUID) -> bool:
    """Whether this key was made for this draft and its owner within the last twelve hours."""
    try:
        made_for, owner_id = signing.loads(key, salt=KEY_SALT, max_age=KEY_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return False
    return made_for == str(draft_id) and Draft.objects.filter(pk=draft_id, owner_id=owner_id).exists()


def context_of(draft: Draft, language: str) -> CheckContext:
    """What this draft's answers are checked against now. `language` is the form's; the house speaks the active one."""
    return CheckContext(
        sources=Lists(draft.owner),
        today=timezone.localdate(),
        occurred_on=timezone.localdate(draft.occurred_at),
        language=language,
        house_language=get_language() or language,
        attachments=files_of_draft(draft),
    )
