"""Moving a form at the same moment as something else: real threads, each with a connection of its own.

In a file of SQLite it runs beside the browsers' tests, on PostgreSQL with what locks.
"""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from access.models import User
from case_forms.cases.models import Case, CaseEvent, FormMove
from notifications.briefs.replies import AnswerRefused, answer
from notifications.outbox.models import Notice, ReplyKind
from tests.world.places import make_coordinator, make_user
from tests.world.scene import Scene, make_scene

from ..actions import CorrectedSince
from ..correcting import CorrectionRefused
from ..models import Submission
from ..moving.actions import MoveRefused, agree_to_move, propose_move
from .test_correcting import correct

IS_ON_A_SERVER = os.environ.get("DATABASE_URL", "").startswith("postgres")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    *([] if IS_ON_A_SERVER else [pytest.mark.browser]),
]


def at_once(*deeds: Callable[[], Any]) -> list[Exception]:
    """Does all of them at once, and returns what went wrong beside what a person may be told."""
    start, failed = threading.Barrier(len(deeds)), []

    def go(deed: Callable[[], Any]) -> None:
        start.wait()
        try:
            deed()
        except (MoveRefused, AnswerRefused, CorrectionRefused, CorrectedSince):
            pass  # the other was faster, and the page says so
        except Exception as error:  # noqa: BLE001
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


def begin() -> tuple[Scene, Submission, Case, User, User]:
    scene = make_scene()
    wrong, right = scene.send().submission.case, scene.send().submission.case
    assert wrong is not None
    assert right is not None
    sent = scene.follow(wrong.reference, new_status="victim").submission
    return scene, sent, right, make_user("worker", unit=scene.unit), make_coordinator(scene.place)


def test_of_two_who_agree_at_once_one_moves_it() -> None:
    scene, sent, right, mate, coordinator = begin()
    move = propose_move(submission=sent, target=right, reason="x", by=scene.worker)
    deeds = [
        lambda by=by: agree_to_move(move=FormMove.objects.get(pk=move.pk), by=by)  # type: ignore[misc]
        for by in (mate, coordinator)
    ]
    assert at_once(*deeds) == []
    assert Submission.objects.get(pk=sent.pk).case == right
    assert CaseEvent.objects.filter(case=right, submission_id=sent.pk).count() == 1


def test_of_two_who_propose_at_once_one_is_stored() -> None:
    scene, sent, right, mate, _coordinator = begin()
    deeds = [
        lambda by=by: propose_move(submission=Submission.objects.get(pk=sent.pk), target=right, reason="x", by=by)  # type: ignore[misc]
        for by in (scene.worker, mate)
    ]
    assert at_once(*deeds) == []
    assert FormMove.objects.waiting().count() == 1


def test_a_correction_at_once_is_moved_with_it_or_stops_it() -> None:
    scene, sent, right, mate, _coordinator = begin()
    move = propose_move(submission=sent, target=right, reason="x", by=scene.worker)
    failed = at_once(
        lambda: agree_to_move(move=FormMove.objects.get(pk=move.pk), by=mate),
        lambda: correct(Submission.objects.get(pk=sent.pk), scene.worker, new_status="at_risk"),
    )
    # A correction that was begun before the form was moved names the case of then, and is refused as its answer.
    assert [error for error in failed if type(error).__name__ != "AnswersRefused"] == []
    cases = set(Submission.objects.filter(form_version=scene.follow_up).values_list("case", flat=True))
    assert len(cases) == 1


def test_whoever_answers_at_once_answers_before_it_or_not_at_all() -> None:
    scene, sent, right, mate, _coordinator = begin()
    move = propose_move(submission=sent, target=right, reason="x", by=scene.worker)
    notice = Notice.objects.filter(case_id=move.source_id, role="police").first()
    assert notice is not None
    failed = at_once(
        lambda: agree_to_move(move=FormMove.objects.get(pk=move.pk), by=mate),
        lambda: answer(notice=Notice.objects.get(pk=notice.pk), kind=ReplyKind.ACCEPTED),
    )
    assert failed == []
    assert Submission.objects.get(pk=sent.pk).case == right
