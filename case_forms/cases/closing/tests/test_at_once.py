"""Closing at the same moment as something else: real threads, each with a connection of its own.

In a file of SQLite it runs beside the browsers' tests, on PostgreSQL with what locks.
"""

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from access.models import User
from notifications.briefs.replies import AnswerRefused, answer
from notifications.escalation import clock as notice_clock
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from tests.world.forms import texts
from tests.world.notices import postbox
from tests.world.places import make_coordinator
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from ... import deadline_clock
from ...models import Case, CaseClosing, Deadline
from ..actions import CannotClose, ClosingRequest, ask_to_close, decide_closing
from ..open_ends import find_open_ends
from ..reopening import reopen_case

__all__ = ["postbox"]

IS_ON_A_SERVER = os.environ.get("DATABASE_URL", "").startswith("postgres")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("postbox"),
    *([] if IS_ON_A_SERVER else [pytest.mark.browser]),
]
ROUNDS = 5
OWNED = {"owner": "mobile_unit", "ladder": "quick", "form": "small_follow_up"}


def at_once(*deeds: Callable[[], Any]) -> list[Exception]:
    """Does all of them at once, and returns what went wrong beside what a person may be told."""
    start, failed = threading.Barrier(len(deeds)), []

    def go(deed: Callable[[], Any]) -> None:
        start.wait()
        try:
            deed()
        except (CannotClose, AnswerRefused):
            pass  # the other was faster, and the page says so
        except Exception as error:  # noqa: BLE001
            failed.append(error)
        finally:
            connection.close()

    running = [threading.Thread(target=go, args=(deed,)) for deed in deeds]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(60)
    return failed


class Stage:
    def __init__(self) -> None:
        self.scene: Scene = make_scene()
        procedure = small_procedure()
        procedure["deadlines"]["assessment"] |= OWNED
        flag = {"do": "set_flag", "flag": "seen"}
        procedure["flags"] = {"seen": {"label": texts("seen")}}
        for on in ("task_due", "notice_declined"):
            procedure["rules"].append(
                {"key": on, "title": texts(on), "on": on, "words": texts(on), "then": [flag]},
            )
        enact(procedure, since=timezone.now())
        self.ana: User = make_coordinator(self.scene.place)
        self.besa: User = make_coordinator(self.scene.place)

    def open(self) -> tuple[Case, CaseClosing, str]:
        case = self.scene.send(age_stated=15).submission.case
        assert case is not None
        send_due()
        ends = find_open_ends(case)
        wanted = ClosingRequest(
            act="close", reason="finished", open="Words.", wish="agrees", despite=ends.despite, seen=ends.fingerprint
        )
        return case, ask_to_close(case=case, wanted=wanted, by=self.scene.worker), find_open_ends(case).fingerprint

    def check(self, case: Case) -> None:
        case.refresh_from_db()
        if case.closed_at is not None:
            assert not Deadline.objects.unmet().filter(case=case).exists()
            assert not Deadline.objects.filter(case=case, next_mark_at__isnull=False).exists()
        assert get_stranded_notices(timezone.now()) == []
        waiting = CaseClosing.objects.waiting().filter(case=case).exists()
        assert waiting == (case.closed_at is None)


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    return Stage()


def agree(asked: CaseClosing, by: User, seen: str) -> Callable[[], Any]:
    return lambda: decide_closing(closing=CaseClosing.objects.get(pk=asked.pk), agree=True, by=by, seen=seen)


def test_while_a_form_is_received(stage: Stage) -> None:
    for _round in range(ROUNDS):
        case, asked, seen = stage.open()
        office = stage.scene.offices["protection_service"].slug
        before = Notice.objects.filter(case_id=case.pk).count()
        failed = at_once(
            agree(asked, stage.ana, seen),
            lambda reference=case.reference, office=office: stage.scene.follow(
                reference, to_org=office, service=["shelter"]
            ),
        )
        assert failed == []
        assert Notice.objects.filter(case_id=case.pk).count() > before
        stage.check(case)
        # Either the closing saw the form and asks again, or the form came after it and offers to open the case.
        assert (case.closed_at is None) != (case.form_after_closing_at is not None)


def test_while_the_clocks_tell_and_escalate(stage: Stage) -> None:
    for _round in range(ROUNDS):
        case, asked, seen = stage.open()
        later = timezone.now() + timedelta(days=2)
        failed = at_once(
            agree(asked, stage.ana, seen),
            lambda later=later: deadline_clock.advance(later),
            lambda later=later: notice_clock.advance(later),
        )
        assert failed == []
        stage.check(case)


def test_two_coordinators_decide_once(stage: Stage) -> None:
    for _round in range(ROUNDS):
        case, asked, seen = stage.open()
        assert at_once(agree(asked, stage.ana, seen), agree(asked, stage.besa, seen)) == []
        stage.check(case)
        assert case.closed_at is not None
        assert case.events.filter(kind="case_closed").count() == 1


def test_while_a_recipient_declines(stage: Stage) -> None:
    for _round in range(ROUNDS):
        case, asked, seen = stage.open()
        police = Notice.objects.get(case_id=case.pk, role="police", chases=None)
        mark_opened(notice=police, at=timezone.now())

        def decline(pk: Any = police.pk) -> None:
            answer(notice=Notice.objects.get(pk=pk), kind="declined", reason="not_on_duty")

        assert at_once(agree(asked, stage.ana, seen), decline) == []
        stage.check(case)


def test_reopening_twice_opens_once(stage: Stage) -> None:
    case, asked, seen = stage.open()
    agree(asked, stage.ana, seen)()
    people = (stage.scene.worker, stage.besa)
    failed = at_once(
        *(lambda by=by: reopen_case(case=Case.objects.get(pk=case.pk), reason="new_risk", by=by) for by in people)
    )
    assert failed == []
    assert case.events.filter(kind="case_reopened").count() == 1
