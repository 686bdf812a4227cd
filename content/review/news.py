"""Mails to every editor about what one of them did alone: within a minute, gathered, in each reader's language.

Whoever did it gets the mail too: if it wasn't them, their account is in other hands. The rows are the truth; a mail
server that is away delays the news and loses nothing.
"""

from collections.abc import Sequence

import structlog
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from access.models import Assignment, StaffRole, User
from access.staff_mail import send_staff_mail

from .models import EditorNews

log = structlog.get_logger(__name__)
MAX_NEWS = 200


def queue_news(what: str, *, title: str, by: User | None) -> None:
    """Note it for the next mail, in the caller's transaction. `what`: a value of EditorNews.What."""
    EditorNews.objects.create(what=what, title=title[:255], by=by)


def send_news() -> int:
    """Mail each of today's editors about everything that is new. Returns how many things were reported."""
    news = list(EditorNews.objects.filter(told_at__isnull=True).select_related("by")[:MAX_NEWS])
    if not news:
        return 0
    editors = get_editors_to_mail()
    if not editors:
        log.warning("no_editor_to_tell", news=len(news))
        return 0
    # Nobody's mail was accepted: the rows stay for the next minute. One editor who got it is enough, or a single wrong
    # address would have all others mailed every minute.
    if not sum(_mail_editor(editor, news) for editor in editors):
        return 0
    EditorNews.objects.filter(pk__in=[each.pk for each in news]).update(told_at=timezone.now())
    return len(news)


def _mail_editor(editor: User, news: Sequence[EditorNews]) -> bool:
    with translation.override(editor.language):
        stopped = [each for each in news if each.what == EditorNews.What.NOT_PUBLISHED]
        proposed = [each for each in news if each.what == EditorNews.What.PROPOSED]
        due = [each for each in news if each.what == EditorNews.What.WAYS_DUE]
        alone = [each for each in news if each not in (*stopped, *proposed, *due)]
        subject = _("What an editor changed on Vatra's public pages")
        if due and not alone and not stopped and not proposed:
            subject = _("Helplines: other ways must be tried")
        elif not alone:
            subject = _("A page was not published") if stopped else _("Pages wait for your approval")
        context = {
            "news": alone,
            "stopped": stopped,
            "proposed": proposed,
            "due": due,
            "hidden_after": settings.HOTLINE_TEST_DAYS,
            "pages": f"{settings.PUBLIC_URL}{reverse('wagtailadmin_home')}",
            "lines": f"{settings.PUBLIC_URL}{reverse('lines_report')}",
        }
        body = render_to_string("content_admin/news_mail.txt", context)
    return send_staff_mail(subject, body, editor.email, "editor_mail_failed", editor=editor.pk)


def get_editors_to_mail() -> list[User]:
    """Return today's active editors that have an e-mail address."""
    today = Assignment.objects.current().filter(role=StaffRole.EDITOR).values("pk")
    staff = User.objects.filter(is_active=True, assignments__in=today).exclude(email="")
    return list(staff.distinct().order_by("pk"))
