"""Attachments: stored, claimed by a submission, forgotten. Every change of one is made here.

`store_attachment` does, in this order:

1. cleans the content in a process of its own (`laundry`), outside any transaction: writers wait for nobody's pictures;
2. writes the sealed file;
3. in one transaction: looks again whether the draft takes one more, writes the row, records it.

Whatever fails leaves no row; a file that a crash leaves behind can't be opened without its row, and is tidied away.
"""

import re
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from access.models import MobileUnit, User
from audit.chain import ANONYMOUS, SYSTEM, Actor, AuditEvent, get_actor, log_event, record_all
from audit.put_aside import each
from vault.seal import fingerprint

from ..models import Attachment, AttachmentQuerySet, Draft, Submission
from .file_types import ENDINGS, FileRefused
from .sanitizer import sanitize_file
from .storage import left_behind, remove_content, write_content

BOTH = frozenset(("image", "pdf"))
MAX_UNCLAIMED = 5  # times as many as a draft may have
UNUSED = timedelta(hours=1)  # after which a draft's file that no answer names makes room for another
LONGEST_NAME = 120
UNPRINTED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]')


class UnknownAttachment(Exception):
    """An answer names a file that this person hasn't put in for this form, or that another submission has."""


def store_attachment(
    *,
    content: bytes,
    name: str,
    owner: User,
    unit: MobileUnit,
    draft: Draft | None = None,
    accept: Collection[str] = BOTH,
    with_key: bool = False,
) -> Attachment:
    """Keeps a clean copy of a file for this draft, or until a submission of its owner names it.

    The same content twice in one draft is kept once. `with_key`: put in with the draft's key after the session had
    ended. Raises Refused (codes of `kinds`, and too_many, sent).
    """
    _refuse_one_too_many(owner, draft)
    clean = sanitize_file(content, accept=frozenset(accept), most_bytes=settings.ATTACHMENT_MAX_BYTES, by=owner.pk)
    mark = fingerprint(clean.content)
    if draft is not None and (same := draft.attachments.filter(fingerprint=mark).first()) is not None:
        return same
    identity = uuid.uuid4()
    attachment = Attachment(
        id=identity,
        draft=draft,
        owner=owner,
        unit=unit,
        media_type=clean.media_type,
        size=len(clean.content),
        fingerprint=mark,
        name=tidy_name(name, clean.media_type),
        content_key=write_content(identity, clean.content),
    )
    try:
        with transaction.atomic():
            _save(attachment, ANONYMOUS if with_key else get_actor(owner))
    except BaseException:
        remove_content(identity)
        raise
    return attachment


def _save(attachment: Attachment, actor: Actor) -> None:
    """Raises Refused."""
    draft = attachment.draft
    if draft is not None and Draft.objects.select_for_update().get(pk=draft.pk).submitted_at is not None:
        raise FileRefused("sent")
    _refuse_one_too_many(attachment.owner, draft)
    attachment.save(force_insert=True)
    log_event(
        "attachment.stored",
        actor=actor,
        target_kind="attachment",
        target_id=attachment.pk,
        draft=draft.pk if draft else "",
        kind=attachment.media_type,
        size=attachment.size,
    )


def claim_attachments(
    *, submission: Submission, named: Collection[uuid.UUID], by: User, draft: Draft | None = None
) -> None:
    """Gives the files that the answers name to the submission; a draft's other files are deleted.

    In the caller's transaction: two submissions can't both have one. Raises UnknownAttachment.
    """
    within = Attachment.objects.filter(draft=draft) if draft else Attachment.objects.unclaimed().filter(owner=by)
    claimed = within.filter(pk__in=named).update(submission=submission, draft=None, unit=submission.unit)
    if claimed != len(set(named)):
        raise UnknownAttachment
    if draft is not None:
        forget_attachments(Attachment.objects.filter(draft=draft), actor=get_actor(by))


def forget_attachments(rows: AttachmentQuerySet, *, actor: Actor = SYSTEM) -> int:
    """Deletes files that haven't been sent; their contents go after the commit (`receivers`). Returns how many."""
    with transaction.atomic():
        gone = list(rows.filter(submission__isnull=True).values_list("pk", flat=True))
        if gone:
            Attachment.objects.filter(pk__in=gone).delete()
            record_all([AuditEvent("attachment.deleted", "attachment", pk) for pk in gone], actor=actor)
    return len(gone)


def make_room(draft: Draft, used: Collection[uuid.UUID]) -> None:
    """Deletes what was put into a draft a while ago and no answer names: put in, and taken back before it was saved."""
    unused = draft.attachments.exclude(pk__in=used).filter(uploaded_at__lt=timezone.now() - UNUSED)
    forget_attachments(unused)


def tidy_attachments(now: datetime) -> tuple[int, int]:
    """(files of apps that no submission has named in time, files without a row) that were deleted."""
    late = now - timedelta(hours=settings.ATTACHMENT_UNCLAIMED_HOURS)
    unclaimed = forget_attachments(Attachment.objects.unclaimed().filter(uploaded_at__lt=late))
    strays = {path.name: path for path in left_behind(now)}
    deleted = each("attachment.stray", strays, lambda name: _unlinked(strays[name]), at=now)
    return unclaimed, deleted


def _unlinked(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def tidy_name(name: str, media_type: str) -> str:
    """The file's own name without folders and signs that mislead, with the ending of what it is now."""
    last = PurePosixPath(PureWindowsPath(name).name).name
    stem = UNPRINTED.sub("", PurePosixPath(last).stem).strip(" .")[:LONGEST_NAME]
    return f"{stem or 'file'}{ENDINGS[media_type]}"


def _refuse_one_too_many(owner: User, draft: Draft | None) -> None:
    most = settings.ATTACHMENTS_PER_DRAFT
    if draft is not None:
        is_full = draft.attachments.count() >= most
    else:
        is_full = Attachment.objects.unclaimed().filter(owner=owner).count() >= most * MAX_UNCLAIMED
    if is_full:
        raise FileRefused("too_many")
