"""Deciding about what people asked. One mutation each, logged; a corrected text is open again (`on_corrected`)."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from wagtail.models import Page

from access.models import User
from audit import clock
from audit.chain import get_actor, log_event

from ..records.models import InformativeSession
from ..records.signals import session_corrected, session_not_held
from .models import Outcome, QuestionsReview

TARGET_KIND = "session"
TEXT = "questions_raised"


def mark_answered(*, session: InformativeSession, by: User, page: Page) -> QuestionsReview:
    """Note which page answers what was asked."""
    return _mark(session, by, Outcome.ANSWERED, page)


def mark_not_for_a_page(*, session: InformativeSession, by: User) -> QuestionsReview:
    """Note that what was asked isn't for a page."""
    return _mark(session, by, Outcome.NOT_FOR_A_PAGE, None)


def open_again(*, session: InformativeSession, by: User) -> bool:
    """Take a decision back. False when there is none."""
    with transaction.atomic():
        gone, _models = QuestionsReview.objects.filter(session=session).delete()
        if gone:
            log_event(
                "session.questions_opened_again", actor=get_actor(by), target_kind=TARGET_KIND, target_id=session.pk
            )
    return bool(gone)


def _mark(session: InformativeSession, by: User, outcome: Outcome, page: Page | None) -> QuestionsReview:
    with transaction.atomic():
        # Locked: a correction of the text, which opens it again, comes before or after, never between.
        InformativeSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
        review, _made = QuestionsReview.objects.update_or_create(
            session=session, defaults={"outcome": outcome, "page": page, "by": by, "at": clock.now()}
        )
        log_event(
            "session.questions_marked",
            actor=get_actor(by),
            target_kind=TARGET_KIND,
            target_id=session.pk,
            outcome=str(outcome),
            page=page.pk if page else "",
        )
    return review


@receiver(session_corrected, dispatch_uid="asked.corrected")
def on_corrected(sender: Any, *, session: InformativeSession, fields: Collection[str], **_more: Any) -> None:
    """Open again what was decided about a text that reads otherwise now."""
    if TEXT in fields:
        QuestionsReview.objects.filter(session=session).delete()


@receiver(session_not_held, dispatch_uid="asked.not_held")
def on_not_held(sender: Any, *, session: InformativeSession, **_more: Any) -> None:
    """Forget what was decided about a session that wasn't held after all."""
    QuestionsReview.objects.filter(session=session).delete()
