"""Download of attached files."""

import uuid

import structlog
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from access.scoping import visible_or_404
from audit.chain import get_actor, log_event
from case_forms.cases.consent.gate import may_leave

from ..attachments.storage import ContentLost, get_content
from ..models import Attachment
from .page import staff

log = structlog.get_logger(__name__)


def attachment(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """Download a file: its owner while it belongs to a draft, then whoever may read the submission.

    It is to be saved, never shown. Each download is audited. 404 for everybody else.
    """
    user = staff(request)
    found = visible_or_404(Attachment, user, pk=attachment_id)
    if not may_leave(found.submission.case if found.submission else None, "attached_file").is_allowed:
        raise Http404
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
    # should a browser show it all the same, nothing in it may run or load anything
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
