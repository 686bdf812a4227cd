"""A notice by webhook and push, from its row to real receivers on loopback, and what their answers do to the way."""

import json

import pytest
from django.utils import timezone
from standardwebhooks import Webhook

from access.models import Assignment, Region, StaffRole, User
from config.sandbox import push_service
from notifications.channels import vapid
from notifications.channels.tests.servers import receiver
from notifications.directory.models import ContactWay
from notifications.directory.ways.phones import add_phone
from notifications.directory.webhooks.actions import agree, ask_for_key
from tests.world.notices import notify_officer

from ..actions import build_link
from ..delivery import send_due
from ..models import Attempt, AttemptOutcome, Dispatch, Notice, Purpose
from ..ways.models import DispatchState
from ..ways.sending import send_due_ways

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def channels(postbox, settings):
    """The real channels beside the box of e-mails."""
    settings.NOTIFICATION_CHANNELS = {
        **settings.NOTIFICATION_CHANNELS,
        "webhook": "notifications.channels.webhook.WebhookChannel",
        "push": "notifications.channels.push.PushChannel",
    }


def coordinators() -> tuple[User, User]:
    Region.objects.update(is_outreach=True)
    made = []
    for name in ("first", "second"):
        user = User.objects.create_user(name, email=f"{name}@vatra.example")
        for region in Region.objects.all():
            Assignment.objects.create(user=user, role=StaffRole.COORDINATOR, region=region)
        made.append(user)
    return made[0], made[1]


def make_webhook(staffed, url: str) -> tuple[ContactWay, str]:
    """A confirmed webhook of the officer's institution, and its key."""
    way = ContactWay.objects.create(
        contact=staffed.officer, channel="webhook", address=url, confirmed_at=timezone.now()
    )
    first, second = coordinators()
    return way, agree(request=ask_for_key(way=way, by=first), by=second)


def test_an_institutions_system_is_told_beside_the_mail(staffed):
    with receiver() as there:
        _way, key = make_webhook(staffed, there.url)
        notice = notify_officer(staffed)
        assert (send_due(), send_due_ways()) == (1, 1)
    (sent,) = there.requests
    body = Webhook(key).verify(sent.content, sent.headers)
    assert body["data"]["code"] == notice.code
    assert body["data"]["link"] == build_link(notice)
    assert body["data"]["answer_by"]
    dispatch = Dispatch.objects.get()
    assert (dispatch.state, sent.headers["webhook-id"]) == (DispatchState.TAKEN, f"msg_{dispatch.reference.hex}")


def test_a_system_that_is_down_is_told_later_under_the_same_id(staffed):
    with receiver((503, {"retry-after": "60"}), (204, {})) as there:
        make_webhook(staffed, there.url)
        notify_officer(staffed)
        send_due_ways()
        dispatch = Dispatch.objects.get()
        assert dispatch.state == DispatchState.WAITING
        assert (dispatch.next_attempt_at - timezone.now()).total_seconds() > 50
        Dispatch.objects.update(next_attempt_at=timezone.now())
        send_due_ways()
    first, second = (each.headers["webhook-id"] for each in there.requests)
    assert first == second
    assert Dispatch.objects.get().state == DispatchState.TAKEN
    assert list(Attempt.objects.exclude(dispatch=None).values_list("outcome", flat=True).order_by("number")) == [
        AttemptOutcome.UNREACHED, AttemptOutcome.ACCEPTED,
    ]  # fmt: skip


def test_a_webhook_that_says_it_is_gone_is_ended(staffed):
    with receiver((410, {})) as there:
        way, _key = make_webhook(staffed, there.url)
        notify_officer(staffed)
        send_due_ways()
    way.refresh_from_db()
    assert (way.is_active, way.end_reason) == (False, "gone")


def test_the_first_key_brings_the_test_of_the_way_with_it(staffed):
    with receiver() as there:
        way = ContactWay.objects.create(contact=staffed.officer, channel="webhook", address=there.url)
        first, second = coordinators()
        agree(request=ask_for_key(way=way, by=first), by=second)
        test = Notice.objects.get(purpose=Purpose.TEST, way=way)
        send_due()
        send_due_ways()
    assert json.loads(there.requests[0].content)["data"]["code"] == test.code


def test_a_phone_is_woken_and_one_that_is_lost_is_ended(staffed, tmp_path):
    with receiver((201, {}), (410, {})) as there:
        origin = f"http://127.0.0.1:{there.port}"
        made = push_service.make_phone(tmp_path, f"{origin}/", vapid.get_public_key())
        way = add_phone(
            contact=staffed.officer, name="x", values={"endpoint": made["endpoint"], **made["keys"]}, at=timezone.now()
        )
        notice = notify_officer(staffed)
        assert send_due_ways() == 1
        name = made["endpoint"].rstrip("/").rsplit("/", 1)[1]
        sent = there.requests[0]
        shown = push_service.receive(tmp_path, name, sent.headers, sent.content, origin=origin)
        assert shown["link"] == build_link(notice)
        assert notice.code not in shown["body"]
        notify_officer(staffed)
        send_due_ways()
    way.refresh_from_db()
    assert (way.is_active, way.end_reason) == (False, "gone")
