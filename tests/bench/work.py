"""What the bulk cluster is kept busy with."""


def render_again(notice_id: str) -> int:
    """Renders a notice's PDF as if it had none yet; returns its size in bytes."""
    from notifications.briefs.documents import render
    from notifications.outbox.models import Notice

    return len(render(Notice.objects.get(id=notice_id)).pdf)
