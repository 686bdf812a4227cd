"""An officer and the unit write about one notice at the same moment: both arrive, none is lost, the order is one.

Real threads, each with a connection of its own: on SQLite that needs a database in a file, as the browsers' tests do;
on PostgreSQL it runs with the servers' leg.
"""

import threading
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection

from audit.models import AuditEntry
from audit.verification import verify_chain
from case_forms.cases.models import Case, CaseEvent, Deadline
from notifications.briefs.models import TalkMessage
from notifications.briefs.talk.actions import write_as_recipient
from notifications.briefs.talk.thread import get_messages, get_waiting_questions
from notifications.directory.models import Role
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice, Purpose
from tests.world.scene import Scene, make_scene

from ..writing import QUESTION, write

ROUNDS = 5


def at_once(*deeds: Callable[[], Any]) -> list[BaseException]:
    start, failed = threading.Barrier(len(deeds)), []

    def go(deed: Callable[[], Any]) -> None:
        start.wait(60)
        try:
            deed()
        except BaseException as error:  # noqa: BLE001  # said by the test
            failed.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=go, args=(deed,)) for deed in deeds]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return failed


def ask(notice: Notice, text: str) -> TalkMessage:
    fresh = Notice.objects.get(pk=notice.pk)
    return write_as_recipient(notice=fresh, text=text, key=uuid.uuid4(), wants_answer=True)


def add(scene: Scene, notice: Notice, text: str, answers: uuid.UUID | None = None) -> TalkMessage:
    case = Case.objects.get(pk=notice.case_id)
    root = Notice.objects.get(pk=notice.pk)
    return write(case=case, root=root, text=text, key=uuid.uuid4(), by=scene.worker, answers=answers)


def begin() -> tuple[Scene, Notice]:
    scene = make_scene()
    case = Case.objects.get(reference=scene.send().receipt["case"])
    notice = Notice.objects.get(case_id=case.pk, role=Role.POLICE, purpose=Purpose.FIRST)
    mark_opened(notice=notice, at=notice.owed_at)
    return scene, notice


def check() -> None:
    scene, notice = begin()
    shown: uuid.UUID | None = None
    for number in range(ROUNDS):
        before = set(get_waiting_questions(notice).values_list("pk", flat=True))
        # Two questions, an answer to what was asked before them, and an addition, all in the same moment.
        failed = at_once(
            partial(ask, notice, f"question {number} a"),
            partial(ask, notice, f"question {number} b"),
            partial(add, scene, notice, f"answer {number}", shown),
            partial(add, scene, notice, f"addition {number}"),
        )
        assert failed == []
        waiting = set(get_waiting_questions(notice).values_list("pk", flat=True))
        # What was asked in that moment nobody had before them yet: it waits, with its own clock.
        assert not waiting & before
        assert len(waiting) == 2
        clocks = Deadline.objects.unmet().filter(key=QUESTION, case_id=notice.case_id)
        assert clocks.count() == 2
        shown = get_waiting_questions(notice).order_by("-at", "-pk").values_list("pk", flat=True).first()

    said = [message.text for message in get_messages(notice)]
    words = ("question {} a", "question {} b", "answer {}", "addition {}")
    assert sorted(said) == sorted(each.format(number) for number in range(ROUNDS) for each in words)
    assert [message.text for message in get_messages(notice)] == said
    # In the order in which they were written down: whoever waited for the other comes after.
    recorded = AuditEntry.objects.filter(action__startswith="notice.talk_", detail__has_key="message")
    keys = [entry.detail["message"] for entry in recorded.order_by("number")]
    assert [str(message.pk) for message in get_messages(notice)] == keys
    assert CaseEvent.objects.filter(kind=QUESTION).count() == 2 * ROUNDS
    assert verify_chain().ok


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_moment_lose_nothing_on_sqlite() -> None:
    check()


if connection.vendor == "postgresql":

    @pytest.mark.django_db(transaction=True)
    def test_writers_at_the_same_moment_lose_nothing_on_postgresql() -> None:
        check()
