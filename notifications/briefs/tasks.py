"""The tasks of this room on the bulk cluster. Arguments are UUIDs."""

from notifications.outbox.models import Notice

from . import documents


def render_document(notice_id: str) -> None:
    """Render the PDF of a notice that was opened, and keep it. One that is gone, or already has it, is no error."""
    notice = Notice.objects.select_related("contact__partner", "partner").filter(pk=notice_id).first()
    if notice is not None and notice.needs_document:
        documents.render_document(notice)
