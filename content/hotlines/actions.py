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

from ..models import Hotline
from ..models.hotline_rules import get_caller_name
from ..models.hotline_ways import was_entered_by
from ..models.hotlines import Publish
from ..phone_numbers import get_digits
from ..review.models import EditorNews
from ..review.news import get_editors_to_mail, queue_news
from .models import ToldState
from .states import NEEDS_ACTION, HotlineState, HotlineStatus, get_statuses

CALLED_ACTION = "content.line_called"
HIDDEN_ACTION = "content.line_hidden"

log = structlog.get_logger(__name__)


class CallRefused(Exception):
    """The call can't be recorded; the message says why."""


@transaction.atomic
def record_call(*, hotline: Hotline, by: User, number: str = "", ways: str = "") -> Hotline:
    """Record that `by` has called the hotline today and it answered. Shown hotlines stay, stale ones come back.

    A number that was entered by hand is confirmed only by another editor, and only the `number` that they called; the
    same for its ways besides calling, by the mark of those that they tried (`ways`; "" when they tried none). Raises
    CallRefused.
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
    tried = bool(ways) and hotline.ways_need_try
    # Whoever entered any of them: somebody else may have changed another one since.
    if tried and was_entered_by(hotline.ways, by.pk):
        raise CallRefused(_("You entered these ways: another editor must try them."))
    if tried and ways != hotline.ways_mark:
        raise CallRefused(_("The ways besides calling were changed meanwhile. Try them, then record it."))
    hotline.verified_on = timezone.localdate()
    hotline.verified_by = get_caller_name(by)
    hotline.needs_call, hotline.changed_by = False, None
    if tried:
        hotline.ways_need_try, hotline.ways_changed_by = False, None
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
