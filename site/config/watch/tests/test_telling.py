"""The second way to operators: told at once, once an hour, once when it is well again, and nothing of a case in it."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.utils import timezone
from standardwebhooks import Webhook

from config import health
from config.tests.test_health import FACTS
from config.watch import telling
from config.watch.matters import MATTERS
from config.watch.models import Matter
from config.watch.telling import each_minute
from notifications.channels.base import Unreached
from notifications.channels.outgoing_http import Answer
from notifications.outbox.models import Heartbeat
from notifications.texts.gsm import count_sms
from tests.world.notices import Postbox, PostboxChannel

from .scraping import ROOT

pytestmark = pytest.mark.django_db
NUMBER, SECOND = "+355691234567", "+355681234567"
KEY = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = "https://hooks.vatra.test/operators"
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


def after(**length: float) -> datetime:
    return NOON + timedelta(**length)


def find(part: str, **facts: Any) -> None:
    # A day ahead: no finding grows too old while a test goes through hours.
    Heartbeat.objects.update_or_create(
        part=part, defaults={"at": after(days=1), "facts": {**FACTS.get(part, {}), **facts}}
    )


@pytest.fixture(autouse=True)
def well(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR, settings.DISK_MIN_MB, settings.BACKUP_MAX_HOURS = tmp_path, 0, 0
    for part in ("canary.urgent", "canary.bulk", "sweeper", "findings", "audit", "roster", "drills", "means"):
        find(part)
    find("audit_chain", verified_at=after(days=1).isoformat())


@pytest.fixture
def sms(settings: Any, postbox: Postbox) -> Postbox:
    settings.OPERATOR_SMS = [NUMBER]
    settings.NOTIFICATION_CHANNELS = {
        **settings.NOTIFICATION_CHANNELS,
        "sms": f"{PostboxChannel.__module__}.PostboxChannel",
    }
    return postbox


def let_mail_fail(seconds: float = 90.0) -> None:
    find("findings", smtp_failing_s=seconds)


def test_that_mails_do_not_go_out_is_said_by_sms_at_once_once_an_hour_and_when_they_do_again(sms: Postbox) -> None:
    assert each_minute(now=NOON) == 0
    let_mail_fail()
    assert each_minute(now=after(minutes=1)) == 1
    for minute in (2, 30, 60):
        assert each_minute(now=after(minutes=minute)) == 0
    assert each_minute(now=after(minutes=61)) == 1
    let_mail_fail(0)
    assert each_minute(now=after(minutes=62)) == 1
    assert each_minute(now=after(minutes=63)) == 0
    texts = [message.text for message in sms.letters]
    assert texts == [
        "Vatra: e-mailet nuk nisen. Shihni VatraMailDown.",
        "Vatra: e-mailet nuk nisen. Shihni VatraMailDown.",
        "Vatra: e-mailet nisen perseri.",
    ]
    assert {message.address for message in sms.letters} == {NUMBER}
    row = Matter.objects.get()
    assert (row.name, row.messages, row.error) == ("mail", 2, "")
    assert (row.began_at, row.heard_at, row.ended_at) == (after(minutes=1), after(minutes=61), after(minutes=62))


def test_a_moment_without_the_mail_server_wakes_nobody(sms: Postbox) -> None:
    let_mail_fail(50)
    assert each_minute(now=NOON) == 0
    assert not Matter.objects.exists()


def test_what_comes_and_goes_is_said_once_an_hour_too(sms: Postbox) -> None:
    for minute in range(0, 60, 2):
        let_mail_fail()
        each_minute(now=after(minutes=minute))
        let_mail_fail(0)
        each_minute(now=after(minutes=minute + 1))
    assert len(sms.letters) == 2  # that it began, and that it was well again, once
    let_mail_fail()
    each_minute(now=after(minutes=60))
    assert len(sms.letters) == 3


def test_what_no_way_took_is_tried_again_after_five_minutes(sms: Postbox, settings: Any) -> None:
    settings.OPERATOR_SMS = [NUMBER, SECOND]
    sms.failures = {NUMBER: Unreached("timeout"), SECOND: Unreached("timeout")}
    let_mail_fail()
    assert each_minute(now=NOON) == 0
    assert Matter.objects.get().error == "timeout"
    del sms.failures[SECOND]
    assert each_minute(now=after(minutes=4)) == 0
    assert each_minute(now=after(minutes=5)) == 1  # one number that fails keeps no other from being tried
    assert [message.address for message in sms.letters] == [SECOND]


def test_two_workers_say_it_once(sms: Postbox) -> None:
    let_mail_fail()
    opened = Matter.objects.create(name="mail", began_at=NOON)
    stale = Matter.objects.get()
    assert each_minute(now=NOON) == 1
    kind = MATTERS["mail"]
    with mock.patch.object(telling, "_is_over", return_value=True):
        stale.tried_at = after(days=-1)  # as another worker read it
        assert telling._tell_if_due(kind, stale, after(minutes=1), telling.time.monotonic() + 5) == 0
    assert Matter.objects.get().pk == opened.pk


@pytest.mark.parametrize(
    ("name", "part", "facts"),
    [
        ("late", "findings", {"overdue_s": 301.0}),
        ("nobody", "findings", {"nobody_told": {"ok": False, "cases": 2, "oldest_s": 9.0}}),
        ("record", "audit_chain", {"broken": 1}),
        ("record", "audit_chain", {"put_back": 1}),
        ("record", "audit_chain", {"rows": 1}),
        ("backup", health.BACKUP_FAILED, {"code": "disk"}),
        ("certificate", "certificate", {"ends_at": (NOON + timedelta(days=3)).isoformat(), "error": ""}),
    ],
)
def test_each_matter_is_said_when_its_part_is_ill(
    name: str, part: str, facts: dict[str, Any], sms: Postbox, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://vatra.test"
    find(part, **({"verified_at": after(days=1).isoformat()} if part == "audit_chain" else {}), **facts)
    assert each_minute(now=NOON) == 1
    assert [row.name for row in Matter.objects.all()] == [name]


def test_a_queue_that_is_not_reached_for_half_a_minute_is_said_and_that_it_is_again(sms: Postbox) -> None:
    probes = FACTS["sweeper"]["probes"]
    for seconds in (10.0, 40.0):
        broken = {"ok": False, "age_s": 1.0, "failing_s": seconds, "error": "TimeoutError"}
        find("sweeper", probes={**probes, "broker": broken})
        each_minute(now=after(minutes=seconds / 10))
    assert [row.name for row in Matter.objects.all()] == ["queue"]
    assert "radha" in sms.letters[0].text
    find("sweeper")
    each_minute(now=after(minutes=10))
    assert len(sms.letters) == 2


def test_a_full_disk_is_said(sms: Postbox, settings: Any) -> None:
    settings.DISK_MIN_MB = 10**9
    each_minute(now=NOON)
    assert "disku" in sms.letters[0].text


def test_every_text_fits_one_sms_and_leads_to_a_page_of_the_runbook(sms: Postbox) -> None:
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    for kind in MATTERS.values():
        assert f"\n## {kind.page}\n" in runbook
        for state in ("ill", "well"):
            telling._send(kind, state, telling.time.monotonic() + 5)
    assert len(sms.letters) == 2 * len(MATTERS)
    for message in sms.letters:
        assert count_sms(message.text).messages == 1
        assert not count_sms(message.text).is_wide
        assert not message.link


def test_without_a_second_way_the_matter_is_written_down_and_nothing_is_sent(postbox: Postbox) -> None:
    let_mail_fail()
    assert each_minute(now=NOON) == 0
    assert Matter.objects.get().tried_at is None


def test_the_webhook_is_signed_and_says_what_an_sms_says(settings: Any) -> None:
    settings.OPERATOR_WEBHOOK, settings.OPERATOR_WEBHOOK_KEY = HOOK, KEY
    let_mail_fail()
    with mock.patch.object(telling, "post", return_value=Answer(200)) as posted:
        assert each_minute(now=NOON) == 1
    endpoint, sent = posted.call_args.args[0], posted.call_args.kwargs
    assert endpoint.url == HOOK
    Webhook(KEY).verify(sent["content"], sent["headers"])
    body = json.loads(sent["content"])
    assert set(body) == {"type", "id", "timestamp", "text", "data"}
    assert body["text"] == "Vatra: e-mailet nuk nisen. Shihni VatraMailDown."
    assert body["data"] == {"matter": "mail", "state": "ill", "page": "VatraMailDown"}


def test_a_webhook_that_refuses_is_a_code_and_never_its_address(settings: Any, capfd: Any) -> None:
    settings.OPERATOR_WEBHOOK = HOOK
    let_mail_fail()
    with mock.patch.object(telling, "post", return_value=Answer(404)) as posted:
        assert each_minute(now=NOON) == 0
    assert "webhook-signature" not in posted.call_args.kwargs["headers"]
    assert Matter.objects.get().error == "http_404"
    assert "hooks.vatra.test" not in "".join(capfd.readouterr())


def test_while_no_bulk_worker_can_be_asked_the_sweeper_says_it(sms: Postbox) -> None:
    from notifications.escalation.management.commands import sweeper

    find("findings", smtp_failing_s=90.0)
    Heartbeat.objects.update(at=timezone.now())  # the sweeper asks the clock, not the test
    with mock.patch.object(sweeper, "enqueue_each_minute", return_value=False), mock.patch.object(sweeper, "ring"):
        sweeper.Sweeper(1.0)._enqueue_minute_tasks(timezone.now())
    assert len(sms.letters) == 1


def test_old_matters_are_deleted_and_open_ones_stay(sms: Postbox) -> None:
    Matter.objects.create(name="disk", began_at=after(days=-500), ended_at=after(days=-499))
    Matter.objects.create(name="mail", began_at=after(days=-500))
    assert telling.tidy(now=NOON) == 1
    assert Matter.objects.get().name == "mail"


# ---- settings, and the command that tries them ----


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"OPERATOR_SMS": ["12"]}, "watch.E001"),
        ({"OPERATOR_SMS": [NUMBER], "NOTIFICATION_CHANNELS": {}}, "watch.E002"),
        ({"OPERATOR_WEBHOOK": "http://hooks.vatra.test/"}, "watch.E003"),
        ({"OPERATOR_WEBHOOK": HOOK, "OPERATOR_WEBHOOK_KEY": "whsec_x"}, "watch.E004"),
        ({"PROFILE": "production"}, "watch.W001"),
    ],
)
def test_a_second_way_that_cannot_be_used_is_said_at_the_start(settings: Any, changes: Any, code: str) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)
    found = [issue for issue in run_checks() if issue.id and issue.id.startswith("watch.")]
    assert code in [issue.id for issue in found]
    assert NUMBER not in str(found)


def test_the_command_sends_a_test_and_says_what_failed(sms: Postbox) -> None:
    said = StringIO()
    call_command("test_second_way", stdout=said)
    assert "1 taken" in said.getvalue()
    assert "test" in sms.letters[0].text
    sms.failures = {NUMBER: Unreached("timeout")}
    with pytest.raises(CommandError, match="timeout"):
        call_command("test_second_way")


def test_without_a_second_way_the_command_says_so() -> None:
    with pytest.raises(CommandError, match="no second way"):
        call_command("test_second_way")
