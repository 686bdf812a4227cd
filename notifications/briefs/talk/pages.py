"""What the conversation looks like to a recipient: worked out here, so that templates only lay out."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from django.core.paginator import Page, Paginator

from notifications.outbox.models import Notice
from notifications.outbox.sender import get_sender
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import TalkKind, TalkMessage
from .thread import get_messages, get_root, may_talk, why_over

MAX_SHOWN = 6  # on the notice's own page; all of them stand on a page of their own
ON_A_PAGE = 50

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Line:
    """One message as it is read. `text` is None where it can't be decrypted, "" where it was erased."""

    id: uuid.UUID
    kind: str
    kind_words: str
    who: str
    text: str | None = field(repr=False)
    at: datetime
    is_of_unit: bool
    read_at: datetime | None
    waits: bool  # a question without an answer
    is_erased: bool = False


@dataclass(frozen=True)
class Talk:
    """The conversation on a notice's page: the newest messages, how many there are, and whether more can be said."""

    lines: list[Line]
    count: int
    unread: int
    why_over: str
    key: uuid.UUID

    @property
    def new_lines(self) -> list[Line]:
        """What the unit wrote and this recipient hasn't said to have read, as far as it is shown here."""
        return [line for line in self.lines if line.is_of_unit and line.read_at is None]

    @property
    def more(self) -> int:
        return self.count - len(self.lines)


def build_talk(notice: Notice) -> Talk | None:
    """Build the conversation for a recipient's page; None for a notice without one."""
    root = get_root(notice)
    if not may_talk(notice, root):
        return None
    messages = get_messages(root)
    newest = list(messages.order_by("-at", "-pk")[:MAX_SHOWN])[::-1]
    unread = messages.filter(kind__in=(TalkKind.ANSWER, TalkKind.ADDITION), read_at__isnull=True).count()
    return Talk([build_line(row) for row in newest], messages.count(), unread, why_over(root), uuid.uuid4())


def build_page(notice: Notice, number: Any) -> "Page[Any]":
    """Return one page of the whole conversation, the newest page first, each from the oldest to the newest."""
    rows: Any = get_messages(get_root(notice)).order_by("-at", "-pk")
    page: Page[Any] = Paginator(rows, ON_A_PAGE).get_page(number)
    page.object_list = [build_line(row) for row in list(page.object_list)[::-1]]
    return page


def build_line(message: TalkMessage) -> Line:
    return Line(
        id=message.pk,
        kind=message.kind,
        kind_words=str(message.get_kind_display()),
        who=get_writer(message),
        text=_read(message),
        at=message.at,
        is_of_unit=message.is_of_unit,
        read_at=message.read_at,
        waits=message.kind == TalkKind.QUESTION and message.answered_at is None and message.erased_at is None,
        is_erased=message.erased_at is not None,
    )


def get_writer(message: TalkMessage) -> str:
    """Return who wrote it: a recipient by name, the unit as a whole, whoever of it held the phone."""
    if message.contact is not None:
        return message.contact.name
    sender, unit = get_sender(message.notice), message.notice.unit
    return sender.name_unit(unit.name) if unit is not None else str(sender.organisation)


def _read(message: TalkMessage) -> str | None:
    try:
        return message.text or ""
    except (SealBroken, KeyRingError) as error:
        log.error("talk_unreadable", message=str(message.pk), code=type(error).__name__)
        return None
