"""Handing out the files that people have put in."""

import uuid

import structlog
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from access.scoping import visible_or_404
from audit.chain import get_actor, log_event

from ..attachments.storage import ContentLost, get_content
from ..models import Attachment
from .page import staff

log = structlog.get_logger(__name__)


def attachment(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """The file, to be saved and not shown: its owner's while it belongs to a draft, then of who may read what was sent.

    Each reading is recorded. 404 for everybody else.
    """
    user = staff(request)
    found = visible_or_404(Attachment, user, pk=attachment_id)
    try:
        content = get_content(found)
    except ContentLost as lost:
        log.error("attachment_lost", attachment=str(found.pk), reason=str(lost))
        raise Http404 from None
    with transaction.atomic():
        log_event(
            "attachment.read",
            actor=get_actor(user),
            target_kind="attachment",
            target_id=found.pk,
            submission=found.submission_id or "",
        )
    answer = HttpResponse(content, content_type=found.media_type)
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
