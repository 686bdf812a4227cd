"""What a new recipient means for the link: they begin anew, and whoever had the notice before them is out."""

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from notifications import signals
from notifications.outbox.models import Notice

from .models import BriefSession, PinTry


@receiver(signals.notice_resolved, dispatch_uid="briefs.begin_anew")
def begin_anew(notice: Notice, **kwargs: Any) -> None:
    """Wrong PINs were entered at another link, for another PIN: they count no more (the audit keeps each try). What a
    right one opened is closed. In the transaction of the deed."""
    PinTry.objects.filter(notice=notice).delete()
    BriefSession.objects.filter(notice=notice, closed_at__isnull=True).update(closed_at=timezone.now())
