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

from ..editors import get_editors_to_mail
from ..models import Hotline
from ..models.hotline_rules import called_as
from ..models.hotlines import Publish
from ..phone_numbers import get_digits
from ..review.models import EditorNews
from ..review.news import tell
from .models import ToldState
from .states import TO_DO, LineState, Standing, standings

CALLED = "content.line_called"
HIDDEN = "content.line_hidden"

log = structlog.get_logger(__name__)


class CallRefused(Exception):
    """The call can't be recorded; the message says why."""


@transaction.atomic
def record_call(*, line: Hotline, by: User, number: str = "") -> Hotline:
    """Record that `by` has called the hotline today and it answered. Shown hotlines stay, stale ones come back.

    A number that was entered by hand is confirmed only by another editor, and only the `number` that they called.
    Raises CallRefused.
    """
    # Read anew under a lock: the number may have been changed since the page was opened.
    line = Hotline.objects.select_for_update().get(pk=line.pk)
    was_held = line.needs_call
    if was_held and line.changed_by_id == by.pk:
        raise CallRefused(_("You entered this number: another editor must call it."))
    # Compared as dialled, so that spaces and the country code make no other number of it.
    if was_held and get_digits(number) != get_digits(line.number):
        raise CallRefused(_("The number is now %(number)s. Call that one, then record it.") % {"number": line.number})
    line.verified_on = timezone.localdate()
    line.verified_by = called_as(by)
    line.needs_call, line.changed_by = False, None
    line.save(update_fields=["verified_on", "verified_by", "needs_call", "changed_by"])
    log_action(line, CALLED, user=by)
    log_event("line.called", actor=get_actor(by), target_kind="hotline", target_id=line.pk, was_held=was_held)
    return line


@transaction.atomic
def hide(*, line: Hotline, by: User) -> bool:
    """Hide the hotline from readers at once and mail every editor. Returns False when it wasn't meant to be shown."""
    line = Hotline.objects.select_for_update().get(pk=line.pk)
    if not line.is_published:
        return False
    # One person is enough: a wrong number must be gone within seconds, also at night (docs/adr/0076).
    line.publish = Publish.NO
    line.save(update_fields=["publish"])
    tell(EditorNews.What.LINE_HIDDEN, title=str(line), by=by)
    log_action(line, HIDDEN, user=by)
    log_event("line.hidden", actor=get_actor(by), target_kind="hotline", target_id=line.pk)
    return True


def tell_editors(on: date | None = None) -> int:
    """Mail each editor about the hotlines whose state now needs a call. Returns how many hotlines.

    The state is recorded as mailed only once a mail has gone out, so a mail server that is away delays the news and
    loses nothing. A hotline that is fine again is recorded without a mail.
    """
    told = dict(ToldState.objects.values_list("line_id", "state"))
    changed = [each for each in standings(on) if told.get(each.line.pk, LineState.FINE) != each.state]
    news = [each for each in changed if each.state in TO_DO]
    # Nobody got the mail: only what needed none is recorded, and the rest is tried again at the next run.
    if news and not _send(news):
        changed = [each for each in changed if each.state not in TO_DO]
        news = []
    for each in changed:
        ToldState.objects.update_or_create(line=each.line, defaults={"state": each.state, "told_at": timezone.now()})
    return len(news)


def _send(news: Sequence[Standing]) -> bool:
    """Mail every editor; return True when at least one mail was accepted. Nothing in it is secret."""
    editors = get_editors_to_mail()
    if not editors:
        log.warning("nobody_to_tell_of_lines", lines=len(news))
        return False
    return sum(_told(editor, news) for editor in editors) > 0


def _told(editor: User, news: Sequence[Standing]) -> bool:
    """Mail one editor over a connection of their own, so that a refused address delays nobody else's mail."""
    try:
        return _letter(editor, news).send() > 0
    # A database that doesn't answer is no fault of this mail: the run ends and is tried again.
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # a server that refuses, a letter that can't be made: the others get theirs
        log.error("lines_mail_failed", code=type(error).__name__, editor=editor.pk)
        return False


def _letter(editor: User, news: Sequence[Standing]) -> EmailMessage:
    with translation.override(editor.language):
        gone = sum(each.state == LineState.STALE for each in news)
        subject = _("Helplines: test calls are due")
        if gone:
            words = ngettext(
                "Helplines: %(count)d is no longer shown to readers",
                "Helplines: %(count)d are no longer shown to readers",
                gone,
            )
            subject = words % {"count": gone}
        body = render_to_string(
            "content_admin/lines_mail.txt",
            {"news": news, "address": settings.PUBLIC_URL + reverse("lines_report")},
        )
    return EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [editor.email])
