"""Actions on hotlines: record a test call, hide one, mail editors about their states."""

from collections.abc import Sequence
from datetime import date

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.log_actions import log as log_action

from access.models import User
from audit.chain import get_actor, log_event
from audit.put_aside import for_each_row

from ..models import Hotline
from ..models.hotline_rules import are_ways_due, get_caller_name
from ..models.hotline_ways import mark_failed, was_entered_by
from ..models.hotlines import Publish
from ..phone_numbers import get_digits
from ..review.models import EditorNews
from ..review.news import get_editors_to_mail, queue_news
from .models import ToldState
from .states import NEEDS_ACTION, HotlineState, HotlineStatus, get_statuses

CALLED_ACTION = "content.line_called"
HIDDEN_ACTION = "content.line_hidden"
WAY_FAILED_ACTION = "content.line_way_failed"

log = structlog.get_logger(__name__)


class CallRefused(Exception):
    """The call can't be recorded; the message says why."""


@transaction.atomic
def record_call(*, hotline: Hotline, by: User, number: str = "", ways: str = "") -> Hotline:
    """Record that `by` has called the hotline today and it answered. Shown hotlines stay, stale ones come back.

    A number that was entered by hand is confirmed only by another editor, and only the `number` that they called; the
    same for its ways besides calling, by the mark of those that they tried (`ways`; "" when they tried none). Ways that
    were before readers already are tried by anybody. Raises CallRefused.
    """
    # Read anew under a lock: the number may have been changed since the page was opened.
    hotline = Hotline.objects.select_for_update().get(pk=hotline.pk)
    was_held = hotline.needs_call
    if was_held and hotline.changed_by_id == by.pk:
        raise CallRefused(_("You entered this number: another editor must call it."))
    # Compared as dialled, so that spaces and the country code make no other number of it.
    if was_held and get_digits(number) != get_digits(hotline.number):
        raise CallRefused(
            _("The number is now %(number)s. Call that one, then record it.") % {"number": hotline.number}
        )
    tried = bool(ways) and bool(hotline.ways)
    # Whoever entered any of them: somebody else may have changed another one since.
    if tried and was_entered_by(hotline.ways, by.pk):
        raise CallRefused(
            _("You entered one of these ways, or found that it didn't work: another editor must try them.")
        )
    if tried and ways != hotline.ways_mark:
        raise CallRefused(_("The ways besides calling were changed meanwhile. Try them, then record it."))
    hotline.verified_on = timezone.localdate()
    hotline.verified_by = get_caller_name(by)
    hotline.needs_call, hotline.changed_by = False, None
    if tried:
        hotline.ways_need_try, hotline.ways_changed_by = False, None
        hotline.ways_tried_on, hotline.ways_told_on = timezone.localdate(), None
        hotline.ways = [{"kind": each["kind"], "address": each["address"]} for each in hotline.ways]
    hotline.save(
        update_fields=[
            "verified_on",
            "verified_by",
            "needs_call",
            "changed_by",
            "ways",
            "ways_need_try",
            "ways_changed_by",
            "ways_tried_on",
            "ways_told_on",
        ]
    )
    log_action(hotline, CALLED_ACTION, user=by)
    log_event(
        "line.called",
        actor=get_actor(by),
        target_kind="hotline",
        target_id=hotline.pk,
        was_held=was_held,
        ways_tried=tried,
    )
    return hotline


@transaction.atomic
def hide_hotline(*, hotline: Hotline, by: User) -> bool:
    """Hide the hotline from readers at once and mail every editor. Returns False when it wasn't meant to be shown."""
    hotline = Hotline.objects.select_for_update().get(pk=hotline.pk)
    if not hotline.is_published:
        return False
    # One person is enough: a wrong number must be gone within seconds, also at night (docs/adr/0076).
    hotline.publish = Publish.NO
    hotline.save(update_fields=["publish"])
    queue_news(EditorNews.What.LINE_HIDDEN, title=str(hotline), by=by)
    log_action(hotline, HIDDEN_ACTION, user=by)
    log_event("line.hidden", actor=get_actor(by), target_kind="hotline", target_id=hotline.pk)
    return True


@transaction.atomic
def record_dead_way(*, hotline: Hotline, kind: str, address: str, by: User) -> bool:
    """Record that a way didn't work: readers don't see it from now on, and every editor is mailed.

    One person is enough; it comes back once another editor has tried the ways. Returns False when it was changed, taken
    away or reported meanwhile.
    """
    hotline = Hotline.objects.select_for_update().get(pk=hotline.pk)
    ways = mark_failed(hotline.ways, kind, address, by=by.pk, on=timezone.localdate())
    if ways is None:
        return False
    hotline.ways = ways
    hotline.save(update_fields=["ways"])
    queue_news(EditorNews.What.WAYS_DEAD, title=str(hotline), by=by)
    log_action(hotline, WAY_FAILED_ACTION, user=by)
    # The kind alone: an address is no word for the record.
    log_event("line.way_failed", actor=get_actor(by), target_kind="hotline", target_id=hotline.pk, way=kind)
    return True


def get_due_ways(on: date | None = None) -> list[Hotline]:
    """Return the published hotlines whose ways nobody has tried for HOTLINE_WAYS_DAYS, the longest ago first."""
    lines = Hotline.objects.filter(publish=Publish.YES, ways_need_try=False).exclude(ways=[])
    return [each for each in lines.order_by("ways_tried_on", "key") if are_ways_due(each.ways_tried_on, on)]


def tell_of_due_ways(on: date | None = None) -> int:
    """Put ways that must be tried again into the editors' news, each once. Returns of how many hotlines."""
    today = on or timezone.localdate()
    return for_each_row("content.due_ways", [each.pk for each in get_due_ways(today)], lambda pk: _tell_of(pk, today))


@transaction.atomic
def _tell_of(pk: int, today: date) -> bool:
    hotline = Hotline.objects.select_for_update().get(pk=pk)
    if hotline.ways_told_on is not None or not are_ways_due(hotline.ways_tried_on, today):
        return False
    hotline.ways_told_on = today
    hotline.save(update_fields=["ways_told_on"])
    queue_news(EditorNews.What.WAYS_DUE, title=str(hotline), by=None)
    return True


def mail_editors(on: date | None = None) -> int:
    """Mail each editor about the hotlines whose state now needs a call. Returns how many hotlines.

    The state is recorded as mailed only once a mail has gone out, so a mail server that is away delays the news and
    loses nothing. A hotline that is fine again is recorded without a mail.
    """
    mailed = dict(ToldState.objects.values_list("line_id", "state"))
    changed = [each for each in get_statuses(on) if mailed.get(each.line.pk, HotlineState.FINE) != each.state]
    news = [each for each in changed if each.state in NEEDS_ACTION]
    # Nobody got the mail: only what needed none is recorded, and the rest is tried again at the next run.
    if news and not _send_news(news):
        changed = [each for each in changed if each.state not in NEEDS_ACTION]
        news = []
    for each in changed:
        ToldState.objects.update_or_create(line=each.line, defaults={"state": each.state, "told_at": timezone.now()})
    return len(news)


def _send_news(news: Sequence[HotlineStatus]) -> bool:
    """Mail every editor; return True when at least one mail was accepted. Nothing in it is secret."""
    editors = get_editors_to_mail()
    if not editors:
        log.warning("nobody_to_tell_of_lines", lines=len(news))
        return False
    return sum(_mail_editor(editor, news) for editor in editors) > 0


def _mail_editor(editor: User, news: Sequence[HotlineStatus]) -> bool:
    """Mail one editor over a connection of their own, so that a refused address delays nobody else's mail."""
    try:
        return _build_mail(editor, news).send() > 0
    # A database that doesn't answer is no fault of this mail: the run ends and is tried again.
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # a server that refuses, a letter that can't be made: the others get theirs
        log.error("lines_mail_failed", code=type(error).__name__, editor=editor.pk)
        return False


def _build_mail(editor: User, news: Sequence[HotlineStatus]) -> EmailMessage:
    with translation.override(editor.language):
        stale = sum(each.state == HotlineState.STALE for each in news)
        subject = _("Helplines: test calls are due")
        if stale:
            words = ngettext(
                "Helplines: %(count)d is no longer shown to readers",
                "Helplines: %(count)d are no longer shown to readers",
                stale,
            )
            subject = words % {"count": stale}
        body = render_to_string(
            "content_admin/lines_mail.txt",
            {"news": news, "address": settings.PUBLIC_URL + reverse("lines_report")},
        )
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [editor.email])
