import uuid
from unittest import mock

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisDown

from notifications.directory.models import Role
from tests.queues import all_waiting_tasks, waiting_tasks
from tests.world.notices import notify_officer

from .. import queueing
from ..actions import mark_opened
from ..models import Notice
from ..queueing import enqueue_canary, enqueue_delivery, queue_length

pytestmark = pytest.mark.django_db


@pytest.fixture
def enqueued():
    """What was put into the queues: (path, argument, cluster)."""
    calls = []
    with mock.patch.object(
        queueing, "async_task", lambda path, argument, cluster: calls.append((path, argument, cluster))
    ):
        yield calls


def owe_and_fail(staffed):
    notify_officer(staffed)
    raise RuntimeError


def test_one_transaction_wakes_once_for_all_its_notices(staffed, enqueued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        event = uuid.uuid4()
        notices = [notify_officer(staffed, event_id=event, contact=who) for who in (staffed.officer, staffed.deputy)]
        assert enqueued == []
    assert enqueued == [(queueing.DELIVER, [str(notice.pk) for notice in notices], "urgent")]


def test_a_document_is_made_once_the_notice_was_opened(staffed, enqueued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        notice = notify_officer(staffed, needs_document=True)
    assert [path for path, _argument, _cluster in enqueued] == [queueing.DELIVER]
    for _time in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            mark_opened(notice=notice, at=timezone.now())
    assert enqueued[1:] == [(queueing.RENDER_DOCUMENT, str(notice.pk), "bulk")]


def test_a_notice_without_a_document_asks_for_none(staffed, enqueued, django_capture_on_commit_callbacks):
    notice = notify_officer(staffed)
    with django_capture_on_commit_callbacks(execute=True):
        mark_opened(notice=notice, at=timezone.now())
    assert enqueued == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_woken_for_what_was_rolled_back(staffed, enqueued):
    with pytest.raises(RuntimeError), transaction.atomic():
        owe_and_fail(staffed)
    kept = notify_officer(staffed)
    assert enqueued == [(queueing.DELIVER, [str(kept.pk)], "urgent")]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_savepoint_does_not_silence_the_rest(staffed, enqueued):
    with transaction.atomic():
        with pytest.raises(RuntimeError), transaction.atomic():
            owe_and_fail(staffed)
        kept = notify_officer(staffed)
    assert [path for path, _ids, _cluster in enqueued] == [queueing.DELIVER]
    assert str(kept.pk) in enqueued[0][1]


@pytest.mark.parametrize("failure", [OperationalError("x"), RedisDown("x"), OSError("x")])
def test_a_broker_that_is_down_never_fails_the_request(staffed, failure, django_capture_on_commit_callbacks):
    with (
        mock.patch.object(queueing, "async_task", side_effect=failure),
        django_capture_on_commit_callbacks(execute=True),
    ):
        notice = notify_officer(staffed)
    assert Notice.objects.get(pk=notice.pk).next_attempt_at is not None


def test_a_mistake_of_ours_is_not_taken_for_a_broker_that_is_down():
    with mock.patch.object(queueing, "async_task", side_effect=TypeError), pytest.raises(TypeError):
        enqueue_delivery(["x"])


def test_the_queues_row_carries_ids_only(staffed):
    notice = notify_officer(staffed)
    assert enqueue_delivery([str(notice.pk)])
    assert enqueue_canary("bulk")
    assert [(task["func"], task["args"], task["kwargs"]) for task in all_waiting_tasks()] == [
        (queueing.DELIVER, ([str(notice.pk)],), {}),
        ("notifications.outbox.tasks.canary", ("bulk",), {}),
    ]
    assert (len(waiting_tasks("urgent")), queue_length("urgent")) == (1, 1)


def test_an_unknown_queue_length_is_not_zero():
    with mock.patch.object(queueing, "get_broker", side_effect=RedisDown("x")):
        assert queue_length("urgent") is None


def test_a_notice_for_nobody_wakes_nobody(staffed, enqueued, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        notify_officer(staffed, contact=None)
    fallback = Notice.objects.get(role=Role.COORDINATOR)
    assert enqueued == [(queueing.DELIVER, [str(fallback.pk)], "urgent")]
