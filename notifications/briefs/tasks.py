"""What the `bulk` workers run for this room. Arguments are UUIDs."""

from notifications.outbox.models import Notice

from . import documents


def render_document(notice_id: str) -> None:
    """Renders a notice's PDF ahead of need. A notice that is gone, or already has its document, is no error."""
    notice = Notice.objects.select_related("contact__partner", "partner").filter(pk=notice_id).first()
    if notice is not None and notice.needs_document:
        documents.render_document(notice)
