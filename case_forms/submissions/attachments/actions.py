"""Store, claim and delete attachments. Every change of one is made here.

`store_attachment` does, in this order:

1. cleans the content in a process of its own (`sanitizer`), outside any transaction: no writer waits for a picture;
2. writes the sealed file;
3. in one transaction: checks again whether the draft takes one more, writes the row and the audit event.

Whatever fails leaves no row; a file that a crash leaves behind can't be opened without its row, and is cleaned up.
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
from audit.chain import ANONYMOUS, SYSTEM, Actor, AuditEvent, get_actor, log_event, log_events
from audit.put_aside import for_each_row
from audit.removals import note_removed
from sanitizer.file_types import ENDINGS, FileRefused
from sanitizer.process import sanitize_file
from vault.files import may_remove_strays
from vault.seal import fingerprint

from ..models import Attachment, AttachmentQuerySet, Draft, Submission
from ..refusals import UnknownAttachment
from .storage import left_behind, remove_content, write_content

BOTH = frozenset(("image", "pdf"))
MAX_UNCLAIMED = 5  # times as many as a draft may have
UNUSED = timedelta(hours=1)  # after which a draft's file that no answer names makes room for another
MAX_NAME_LENGTH = 120
# bidirectional characters can show "fdp.exe" as "exe.pdf"; the others aren't allowed in names on Windows
UNPRINTED = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]')


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
    """Store a clean copy of a file for this draft, or until a submission of its owner names it.

    The same content twice in one draft is stored once. `with_key`: uploaded with the draft's key after the session had
    ended. Raises FileRefused (codes of `file_types`, and too_many, sent).
    """
    # asked here to spare the sanitiser, and in `_save` again, under the draft's lock, where it counts
    _refuse_one_too_many(owner, draft)
    clean = sanitize_file(content, accept=frozenset(accept), most_bytes=settings.ATTACHMENT_MAX_BYTES, by=owner.pk)
    mark = fingerprint(clean.content)
    if draft is not None and (same := draft.attachments.filter(fingerprint=mark).first()) is not None:
        return same
    # made here and not by the database: file and key are bound to it before the row exists
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
    # also when the process is told to stop: a file without a row would lie there until the clean-up
    except BaseException:
        remove_content(identity)
        raise
    return attachment


def _save(attachment: Attachment, actor: Actor) -> None:
    """Write the row and its audit event, in the caller's transaction. Raises FileRefused."""
    draft = attachment.draft
    # the lock makes two uploads count each other, and none slip in while the draft is submitted
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
    """Assign the files that the answers name to the submission; delete a draft's other files.

    In the caller's transaction: two submissions can't both have one. Raises UnknownAttachment.
    """
    within = Attachment.objects.filter(draft=draft) if draft else Attachment.objects.unclaimed().filter(owner=by)
    # one conditional UPDATE: what another submission has claimed meanwhile is no longer in `within`; the count tells
    claimed = within.filter(pk__in=named).update(submission=submission, draft=None, unit=submission.unit)
    if claimed != len(set(named)):
        raise UnknownAttachment
    if draft is not None:
        forget_attachments(Attachment.objects.filter(draft=draft), actor=get_actor(by))


def forget_attachments(rows: AttachmentQuerySet, *, actor: Actor = SYSTEM) -> int:
    """Delete files that haven't been submitted; contents go after the commit (`receivers`). Returns how many."""
    with transaction.atomic():
        gone = list(rows.filter(submission__isnull=True).values_list("pk", flat=True))
        if gone:
            Attachment.objects.filter(pk__in=gone).delete()
            log_events([AuditEvent("attachment.deleted", "attachment", pk) for pk in gone], actor=actor)
    return len(gone)


def make_room(draft: Draft, used: Collection[uuid.UUID]) -> None:
    """Delete files that were added to a draft more than UNUSED ago and that no answer names.

    They were chosen on a page that was never saved with them.
    """
    unused = draft.attachments.exclude(pk__in=used).filter(uploaded_at__lt=timezone.now() - UNUSED)
    forget_attachments(unused)


def tidy_attachments(now: datetime) -> tuple[int, int]:
    """Delete unclaimed and stray files; of many strays at once none (`vault.files.may_remove_strays`).

    Returns (files of API clients that no submission has named in time, files without a row).
    """
    late = now - timedelta(hours=settings.ATTACHMENT_UNCLAIMED_HOURS)
    unclaimed = forget_attachments(Attachment.objects.unclaimed().filter(uploaded_at__lt=late))
    strays = {path.name: path for path in left_behind(now)}
    deleted = 0
    if may_remove_strays("attachments", len(strays)):
        deleted = for_each_row("attachment.stray", strays, lambda name: _unlinked(strays[name]), at=now)
    note_removed("attachments", unclaimed + deleted)
    return unclaimed, deleted


def _unlinked(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True


def tidy_name(name: str, media_type: str) -> str:
    """Return the file's own name without folders and misleading characters, with the extension of what it is now."""
    # a client may send a whole path; PureWindowsPath splits at both kinds of separators
    last = PurePosixPath(PureWindowsPath(name).name).name
    stem = UNPRINTED.sub("", PurePosixPath(last).stem).strip(" .")[:MAX_NAME_LENGTH]
    return f"{stem or 'file'}{ENDINGS[media_type]}"


def _refuse_one_too_many(owner: User, draft: Draft | None) -> None:
    most = settings.ATTACHMENTS_PER_DRAFT
    if draft is not None:
        is_full = draft.attachments.count() >= most
    else:
        is_full = Attachment.objects.unclaimed().filter(owner=owner).count() >= most * MAX_UNCLAIMED
    if is_full:
        raise FileRefused("too_many")
