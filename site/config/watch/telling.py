"""Tell operators by SMS and webhook what isn't well, above all that mails don't go out: mail alone can't say that.

Each minute the parts of `/readyz` are looked at. A matter is told when it begins, at most once an hour while it lasts,
and once when it is well again; also where it comes and goes. What no way took is tried again after five minutes. Each
is a row (`Matter`), so two workers tell it once, and the operator's page shows it.
"""

import json
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.languages import DEFAULT_LANGUAGE
from config.health import describe_parts
from notifications.channels.base import ChannelError, Message, get_channel
from notifications.channels.outgoing_http import parse_endpoint, post, raise_for
from notifications.channels.webhook import build_signed_headers, write_time
from notifications.texts.gsm import fold

from .matters import MATTERS, MatterKind
from .models import Matter

AGAIN = timedelta(hours=1)
RETRY_AFTER = timedelta(minutes=5)
KEPT = timedelta(days=400)
RUN_SECONDS = 12.0  # the sweeper may be the one who tells, and must go on
SMS = "sms"
TYPE = "service.matter"

log = structlog.get_logger(__name__)


def each_minute(argument: str = "", *, now: datetime | None = None) -> int:
    """Look at every matter, and tell what is due. Return how many messages were taken."""
    moment = now or timezone.now()
    until = time.monotonic() + RUN_SECONDS
    parts = describe_parts(moment)
    if "migrations" not in parts:  # without a database nothing is known, nor could it be written down
        return 0
    opened = {matter.name: matter for matter in Matter.objects.filter(ended_at__isnull=True)}
    taken = 0
    for kind in MATTERS.values():
        taken += _follow(kind, opened.get(kind.name), is_ill=kind.is_ill(parts, moment), now=moment, until=until)
    return taken


def has_second_way() -> bool:
    return bool(settings.OPERATOR_SMS or settings.OPERATOR_WEBHOOK)


def _follow(kind: MatterKind, matter: Matter | None, *, is_ill: bool, now: datetime, until: float) -> int:
    """Begin, go on with or end one matter."""
    if is_ill:
        matter = matter or _begin(kind, now)
        return _tell_if_due(kind, matter, now, until) if matter is not None else 0
    if matter is None or not Matter.objects.filter(pk=matter.pk, ended_at__isnull=True).update(ended_at=now):
        return 0
    log.info("matter_ended", matter=kind.name)
    return _send(kind, "well", until)[0] if matter.heard_at is not None else 0


def _begin(kind: MatterKind, now: datetime) -> Matter | None:
    log.error("matter_began", matter=kind.name)
    try:
        with transaction.atomic():
            return Matter.objects.create(name=kind.name, began_at=now)
    except IntegrityError:  # another worker has just begun it
        return None


def _tell_if_due(kind: MatterKind, matter: Matter, now: datetime, until: float) -> int:
    if not has_second_way():
        return 0
    # Of this name, not of this row: what comes and goes is told once an hour too.
    last = Matter.objects.filter(name=kind.name).aggregate(heard=Max("heard_at"), tried=Max("tried_at"))
    if not (_is_over(last["heard"], AGAIN, now) and _is_over(last["tried"], RETRY_AFTER, now)):
        return 0
    claimed = Matter.objects.filter(pk=matter.pk).filter(Q(tried_at=matter.tried_at) | Q(tried_at__isnull=True))
    if not claimed.update(tried_at=now):
        return 0
    taken, error = _send(kind, "ill", until)
    changes: dict[str, Any] = {"error": error, "messages": F("messages") + taken}
    if taken:
        changes["heard_at"] = now
    Matter.objects.filter(pk=matter.pk).update(**changes)
    return taken


def _is_over(last: datetime | None, length: timedelta, now: datetime) -> bool:
    # A time ahead of now is left from a clock that was set back.
    return last is None or last > now or now - last >= length


def _send(kind: MatterKind, state: str, until: float) -> tuple[int, str]:
    with translation.override(DEFAULT_LANGUAGE):
        if state == "ill":
            text = _("Vatra: %(what)s. See %(page)s.") % {"what": kind.ill, "page": kind.page}
        else:
            text = _("Vatra: %(what)s.") % {"what": kind.well}
    return send_to_operators(str(text), {"matter": kind.name, "state": state, "page": kind.page}, until=until)


def send_to_operators(text: str, data: dict[str, str], *, until: float) -> tuple[int, str]:
    """Send a text by every way of the settings. Return how many messages were taken, and the last failure's code."""
    taken, error = 0, ""
    for way, send in _iter_ways(text, data):
        if time.monotonic() >= until:
            return taken, error or "no_time"
        try:
            send()
        except ChannelError as failure:
            error = failure.code
        except Exception as failure:  # noqa: BLE001  # one way that fails keeps no other from being tried
            error = type(failure).__name__[:40]
        else:
            taken += 1
            log.info("operators_told", way=way, **data)
            continue
        log.error("operators_not_told", way=way, code=error, **data)
    return taken, error


def _iter_ways(text: str, data: dict[str, str]) -> Iterator[tuple[str, Any]]:
    if settings.OPERATOR_WEBHOOK:
        yield "webhook", lambda: _post(text, data)
    for number in settings.OPERATOR_SMS:
        yield SMS, lambda number=number: _send_sms(number, text)


def _send_sms(number: str, text: str) -> None:
    reference = uuid.uuid4().hex
    channel = get_channel(SMS)
    channel.open()
    try:
        channel.send(Message(id=reference, address=number, subject="", text=fold(text), reference=reference))
    finally:
        channel.close()


def _post(text: str, data: dict[str, str]) -> None:
    now, webhook_id = timezone.now(), f"msg_{uuid.uuid4().hex}"
    body = {"type": TYPE, "id": webhook_id, "timestamp": write_time(now), "text": text, "data": data}
    content = json.dumps(body, ensure_ascii=True).encode()
    keys = [settings.OPERATOR_WEBHOOK_KEY] if settings.OPERATOR_WEBHOOK_KEY else []
    headers = build_signed_headers(webhook_id, content, keys, now)
    if not keys:
        del headers["webhook-signature"]
    raise_for(post(parse_endpoint(settings.OPERATOR_WEBHOOK), content=content, headers=headers))


def tidy(argument: str = "", *, now: datetime | None = None) -> int:
    """Delete what ended long ago."""
    return Matter.objects.filter(ended_at__lt=(now or timezone.now()) - KEPT).delete()[0]
