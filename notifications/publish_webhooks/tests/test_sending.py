"""Changes become one signed webhook for each receiver, sent outside of the request and tried again for a while."""

import base64
import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from standardwebhooks import Webhook

from content.models import Hotline
from content.public_changes import public_content_changed
from notifications.channels.tests.servers import receiver
from notifications.outbox.models import Heartbeat

from .. import recording, sending
from ..models import PublishWebhook
from ..sending import TRY_AGAIN, describe_health, send_due, send_gathered

pytestmark = pytest.mark.django_db
KEYS = ["whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
LATER = timedelta(seconds=6)


@pytest.fixture(autouse=True)
def queued(monkeypatch, settings) -> list[str]:
    """The tasks that were enqueued."""
    found: list[str] = []
    monkeypatch.setattr(recording, "enqueue_bulk", lambda path, argument: found.append(path) or True)
    monkeypatch.setenv("PUBLISH_WEBHOOK_KEY", KEYS[0])
    return found


@pytest.fixture
def tell(settings):
    """Name these receivers in the settings."""

    def name(*urls: str, keys: tuple[str, ...] = ("PUBLISH_WEBHOOK_KEY",)) -> None:
        settings.PUBLISH_WEBHOOKS = [
            {"name": f"front-{number}", "url": url, "keys_env": list(keys)} for number, url in enumerate(urls, 1)
        ]

    return name


@pytest.fixture
def change(django_capture_on_commit_callbacks):
    """Announce a change, as a transaction that is committed."""

    def announce(kind: str = "page", language: str = "sq") -> None:
        with django_capture_on_commit_callbacks(execute=True):
            public_content_changed.send(sender=Hotline, kind=kind, language=language)

    return announce


def send_later(after: timedelta = LATER) -> int:
    return send_due(now=timezone.now() + after)


def the_row() -> PublishWebhook:
    return PublishWebhook.objects.get()


def test_changes_of_a_few_seconds_are_one_webhook_of_kinds_and_languages(tell, change, queued):
    with receiver() as there:
        tell(there.url)
        change()
        change()
        change("page", "en")
        change("hotline", "")
        assert queued == ["notifications.publish_webhooks.sending.send_gathered"]
        assert send_due() == 0  # they are still being gathered
        assert there.requests == []
        assert send_later() == 1
        assert send_later() == 0
    (request,) = there.requests
    body = Webhook(KEYS[0]).verify(request.content, request.headers)
    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == "content.changed"
    assert body["data"] == {"kinds": ["hotline", "page"], "languages": ["en", "sq"]}
    assert set(request.headers) == {
        "host", "content-length", "content-type", "user-agent",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip
    row = the_row()
    assert (row.kinds, row.languages, row.next_try_at, row.tries) == ([], [], None, 0)
    assert row.taken_at is not None


def test_the_task_waits_until_all_is_gathered(tell, change, monkeypatch):
    waited: list[float] = []
    monkeypatch.setattr(sending.time, "sleep", waited.append)
    with receiver() as there:
        tell(there.url)
        change()
        send_gathered()
        assert there.requests == []  # in this test nobody has really waited
        assert 3 < waited[0] <= 5
        PublishWebhook.objects.update(next_try_at=timezone.now())
        assert send_gathered() == 1
        assert waited[1] < 1


def test_what_is_rolled_back_is_told_to_nobody(tell, django_capture_on_commit_callbacks):
    tell("https://build.example/")
    with django_capture_on_commit_callbacks() as noted, transaction.atomic():
        public_content_changed.send(sender=Hotline, kind="page", language="sq")
        transaction.set_rollback(True)
    assert noted == []


def test_where_nobody_is_told_nothing_is_asked(settings, change, queued, django_assert_num_queries):
    settings.PUBLISH_WEBHOOKS = []
    with django_assert_num_queries(0):
        change()
        assert send_due() == 0
    assert queued == []
    assert describe_health({}, timezone.now()) == {}


def test_it_is_tried_again_under_the_same_id_until_it_is_given_up(tell, change):
    with receiver((503, {})) as there:
        tell(there.url)
        change()
        now = timezone.now() + LATER
        for pause in TRY_AGAIN:
            send_due(now=now)
            assert the_row().next_try_at == now + pause
            now = the_row().next_try_at
        send_due(now=now)
        assert the_row().next_try_at is None
        assert len(there.requests) == len(TRY_AGAIN) + 1
        assert len({each.headers["webhook-id"] for each in there.requests}) == 1
        assert len({each.content for each in there.requests}) == 1
        # What was given up is said by the next change.
        there.answers[:] = [(204, {})]
        change("hotline", "")
        assert send_later() == 1
    body = json.loads(there.requests[-1].content)
    assert body["data"] == {"kinds": ["hotline", "page"], "languages": ["en", "sq"]}
    assert there.requests[-1].headers["webhook-id"] != there.requests[0].headers["webhook-id"]


def test_a_rest_that_is_asked_for_is_given(tell, change):
    with receiver((429, {"Retry-After": "600"})) as there:
        tell(there.url)
        change()
        now = timezone.now() + LATER
        send_due(now=now)
        assert the_row().next_try_at == now + timedelta(seconds=600)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 302])
def test_a_refusal_is_tried_no_more_until_the_next_change(tell, change, status):
    with receiver((status, {"Location": "http://127.0.0.1:1/"})) as there:
        tell(there.url)
        change()
        assert send_later() == 0
        assert the_row().next_try_at is None
        assert the_row().error_code == f"http_{status}"
        assert send_later(timedelta(days=1)) == 0
        assert len(there.requests) == 1
        change()
        send_later()
        assert len(there.requests) == 2


def test_a_change_while_one_is_on_its_way_is_sent_after_it(tell, change, queued):
    with receiver() as there:
        tell(there.url)
        change()
        # It leaves while an editor publishes something else.
        there_before = there.requests
        post = sending.post

        def post_and_change(*args, **kwargs):
            answer = post(*args, **kwargs)
            if len(there_before) == 1:
                change("hotline", "")
            return answer

        sending.post = post_and_change
        try:
            assert send_later() == 1
            assert the_row().next_try_at is not None
            assert len(queued) == 2
            assert send_later() == 1
        finally:
            sending.post = post
    first, second = (json.loads(each.content)["data"]["kinds"] for each in there.requests)
    assert first == ["page"]
    assert "hotline" in second
    assert the_row().next_try_at is None


def test_one_that_is_dead_keeps_nothing_from_the_others(tell, change):
    with receiver() as there:
        tell("http://127.0.0.1:1/", there.url)
        change()
        assert send_later() == 1
    assert len(there.requests) == 1
    failing = PublishWebhook.objects.get(name="front-1")
    assert (failing.error_code, failing.tries) == ("connection_refused", 1)


def test_while_a_key_is_changed_both_sign(tell, change, monkeypatch):
    monkeypatch.setenv("PUBLISH_WEBHOOK_NEXT", KEYS[1])
    with receiver() as there:
        tell(there.url, keys=("PUBLISH_WEBHOOK_KEY", "PUBLISH_WEBHOOK_NEXT"))
        change()
        send_later()
    for key in KEYS:
        Webhook(key).verify(there.requests[0].content, there.requests[0].headers)


def test_a_private_address_is_never_asked(tell, change, settings, monkeypatch):
    settings.LOOPBACK_ENDPOINTS = False
    monkeypatch.setattr(
        "notifications.channels.outgoing_http.socket.getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("10.0.0.5", 443))]
    )
    tell("https://build.example/hook")
    change()
    assert send_later() == 0
    assert the_row().error_code == "endpoint_not_public"


def test_readiness_says_who_is_not_reached_and_no_log_says_an_address(tell, change, caplog, capsys):
    with receiver((500, {}), (204, {})) as there:
        tell(there.url)
        change()
        send_later()
        beats = {beat.part: beat for beat in Heartbeat.objects.all()}
        now = timezone.now() + LATER
        part = describe_health(beats, now)["publish_webhooks"]
        assert (part["ok"], part["failing"]) == (False, 1)
        PublishWebhook.objects.update(next_try_at=timezone.now())
        assert send_due() == 1
        beats = {beat.part: beat for beat in Heartbeat.objects.all()}
        assert describe_health(beats, now)["publish_webhooks"]["ok"]
        said = caplog.text + "".join(capsys.readouterr())
        assert there.url not in said
        assert f":{there.port}" not in said
    assert not describe_health(beats, now + timedelta(hours=1))["publish_webhooks"]["ok"]
    assert not describe_health({}, now)["publish_webhooks"]["ok"]


def test_one_that_left_the_settings_is_forgotten(tell, change):
    tell("https://build.example/a", "https://build.example/b")
    change()
    tell("https://build.example/a")
    send_due()
    assert the_row().name == "front-1"


def test_an_editor_is_answered_when_it_cannot_be_noted(tell, change, settings, monkeypatch):
    settings.PUBLISH_WEBHOOKS = [{"name": "front", "url": "https://build.example/", "keys_env": ["PUBLISH_WEBHOOK_X"]}]
    change()  # the variable isn't set, which the start would have said
    assert not PublishWebhook.objects.exists()
    assert send_due() == 0
