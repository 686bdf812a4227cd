"""What a provider reports back about a message: it has arrived, or it can't arrive."""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, Value, When
from django.db.models.functions import Coalesce

from audit.chain import log_event

from ..models import Notice
from ..states import OPEN, NoticeState
from .models import D, Dispatch
from .sending import hasten_ways


def record_receipt(
    *, provider: str, provider_id: str = "", reference: str = "", delivered: bool, code: str = "", at: datetime
) -> bool:
    """Record that a message has arrived, or can't arrive. False when nothing of ours changes by it.

    It is found by the provider's own id or by our reference, and only among what was handed to that provider. A receipt
    that comes twice, late, or for what has arrived already changes nothing. `code`: ours, of at most 40 characters.
    """
    if not provider or not (provider_id or reference):
        return False
    sent = Dispatch.objects.filter(provider=provider)
    found = sent.filter(reference=reference) if _is_reference(reference) else sent.filter(provider_id=provider_id)
    if not _is_reference(reference) and not provider_id:
        return False
    changed = False
    with transaction.atomic():
        for dispatch in found.select_for_update().order_by("pk")[:200]:
            changed = _record(dispatch, delivered=delivered, code=code, at=at) or changed
    return changed


def _is_reference(text: str) -> bool:
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)


def _record(dispatch: Dispatch, *, delivered: bool, code: str, at: datetime) -> bool:
    if dispatch.state != D.TAKEN:
        return False
    if not delivered:
        Dispatch.objects.filter(pk=dispatch.pk, state=D.TAKEN).update(state=D.FAILED, error_code=code[:40])
        hasten_ways([dispatch.notice_id], at)
        return True
    Dispatch.objects.filter(pk=dispatch.pk, state=D.TAKEN).update(state=D.DELIVERED, delivered_at=at)
    # `delivered` is more than `sent` and less than `opened`; an e-mail that is still tried goes on.
    Notice.objects.filter(pk=dispatch.notice_id, state__in=OPEN).update(
        delivered_at=Coalesce("delivered_at", Value(at)),
        state=Case(When(state=NoticeState.SENT, then=Value(NoticeState.DELIVERED.value)), default="state"),
    )
    log_event(
        "notice.delivered",
        target_kind="notice",
        target_id=dispatch.notice_id,
        way=dispatch.channel,
        case=dispatch.notice.case_id,
    )
    return True
