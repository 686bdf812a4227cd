"""The ways that a notice takes beside e-mail."""

import itertools
from datetime import datetime, time, timedelta
from string import ascii_letters
from unittest import mock

import pytest
from django.conf import settings as project_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit.models import AuditEntry
from notifications import signals
from notifications.channels.base import RecipientGone, RecipientRefused, Unreached
from notifications.directory.models import ContactWay
from notifications.directory.ways.choosing import is_for, is_within_hours
from notifications.directory.ways.ending import end_way
from notifications.directory.ways.models import SentFor
from notifications.texts.values import word_until_briefly
from tests.world.notices import BRIEF, notify_officer
from tests.world.phones import NUMBER, add_way

from ..actions import cancel, mark_opened
from ..delivery import send_due
from ..models import Attempt, Dispatch, Notice, Purpose
from ..repeating import repeat
from ..sweep import enqueue_due_ways, sweep
from ..tasks import deliver_ways
from ..ways import sending
from ..ways.receipts import record_receipt
from ..ways.sending import claim, send_due_ways

pytestmark = pytest.mark.django_db

URGENT = {**BRIEF, "urgent": True}


def now() -> datetime:
    return timezone.now()


def later(monkeypatch, minutes):
    """Let this many minutes pass for the sender."""
    moment = now() + timedelta(minutes=minutes)
    monkeypatch.setattr(sending.clock, "now", lambda: moment)
    return moment


def test_a_notice_goes_out_by_mail_and_by_sms_and_says_nothing_but_code_link_and_time(staffed, postbox, phones):
    add_way(staffed.officer)
    notice = notify_officer(staffed)
    assert send_due() == 1
    assert send_due_ways() == 1
    assert send_due_ways() == 0
    (text,) = phones.texts()
    until = word_until_briefly(notice.answer_by, now())
    link = f"{project_settings.PUBLIC_URL}/n/{notice.link_token}/"
    assert text == f"Vatra {notice.code}: njoftim, pergjigju deri {until}. {link}"
    dispatch = Dispatch.objects.get()
    assert (dispatch.state, dispatch.provider, dispatch.provider_id) == ("taken", "phones", "id-1")
    by_way = {attempt.channel: attempt for attempt in Attempt.objects.all()}
    assert {name: attempt.outcome for name, attempt in by_way.items()} == {"email": "accepted", "sms": "accepted"}
    assert by_way["sms"].address == NUMBER
    ways = [entry.detail.get("way") for entry in AuditEntry.objects.filter(action="notice.sent")]
    assert sorted(ways, key=str) == [None, "sms"]


def test_an_sms_is_written_in_the_letters_that_cost_one_message(staffed, postbox, phones):
    gsm = set("@£$¥èéùìòÇØøÅåÆæßÉ !#%&()*+,-./0123456789:;<=>?_ÄÖÑÜ§¿äöñüà") | set(ascii_letters)
    add_way(staffed.officer)
    add_way(staffed.coordinator, address="+355697654321")
    for purpose in (Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.CALL, Purpose.FALLBACK, Purpose.DIGEST):
        for contact in (staffed.officer, staffed.coordinator):
            notify_officer(staffed, contact=contact, purpose=purpose, is_drill=True)
            send_due_ways()
            Dispatch.objects.update(taken_at=now() - timedelta(hours=1))
    texts = phones.texts()
    assert len(texts) == 12
    for text in texts:
        assert set(text) <= gsm, sorted(set(text) - gsm)
        assert len(text) <= 160


def test_an_sms_goes_out_while_the_mail_server_is_away(staffed, postbox, phones):
    add_way(staffed.officer)
    notice = notify_officer(staffed)
    postbox.closed = Unreached("connection_refused")
    send_due()
    assert send_due_ways() == 1
    notice.refresh_from_db()
    # The contact was notified; the e-mail is still tried.
    assert notice.sent_at is not None
    assert (notice.state, notice.reason) == ("failed", "unreached")
    assert notice.next_attempt_at is not None


def test_an_sms_that_is_out_before_the_mail_was_tried_breaks_nothing(staffed, postbox, phones):
    add_way(staffed.officer)
    notice = notify_officer(staffed)
    assert send_due_ways() == 1
    assert send_due() == 1
    notice.refresh_from_db()
    assert (notice.state, len(postbox.letters)) == ("sent", 1)


def test_a_way_that_was_not_tested_or_has_ended_takes_nothing(staffed, postbox, phones):
    add_way(staffed.officer, confirmed_at=None)
    add_way(staffed.officer, address="+355692222222", is_active=False)
    notify_officer(staffed)
    assert Dispatch.objects.count() == 0


def test_a_channel_that_this_server_has_not_got_takes_nothing(staffed, postbox, phones, settings):
    settings.NOTIFICATION_CHANNELS = {"email": settings.NOTIFICATION_CHANNELS["email"]}
    add_way(staffed.officer)
    notify_officer(staffed)
    assert Dispatch.objects.count() == 0


@pytest.mark.parametrize(
    ("sent_for", "brief", "purpose", "taken"),
    [
        (SentFor.ALL, BRIEF, Purpose.FIRST, True),
        (SentFor.URGENT, BRIEF, Purpose.FIRST, False),
        (SentFor.URGENT, URGENT, Purpose.FIRST, True),
        (SentFor.URGENT, BRIEF, Purpose.REMINDER, True),
        (SentFor.UNANSWERED, URGENT, Purpose.FIRST, False),
        (SentFor.UNANSWERED, BRIEF, Purpose.CALL, True),
    ],
)
def test_what_a_way_is_for_decides_which_notices_take_it(staffed, postbox, phones, sent_for, brief, purpose, taken):
    add_way(staffed.officer, sent_for=sent_for)
    notify_officer(staffed, brief=brief, purpose=purpose)
    assert Dispatch.objects.exists() is taken


@given(st.times(), st.times(), st.times())
def test_hours_hold_from_their_beginning_until_their_end_over_midnight_too(begins, ends, hour):
    way = ContactWay(hours_from=begins, hours_until=ends)
    if begins == ends:
        return

    def after(moment: time) -> float:
        """Seconds since the way's hours began, within one day."""
        at = [t.hour * 3600 + t.minute * 60 + t.second + t.microsecond / 1e6 for t in (begins, moment)]
        return (at[1] - at[0]) % 86400

    assert is_within_hours(way, hour) is (after(hour) < after(ends))


@given(st.sampled_from(SentFor.values), st.booleans(), st.booleans())
def test_whatever_was_not_answered_takes_every_way(sent_for, urgent, unanswered):
    found = is_for(ContactWay(sent_for=sent_for), is_urgent=urgent, is_unanswered=unanswered)
    assert found or not unanswered
    assert found or sent_for != SentFor.ALL


def test_a_later_way_is_taken_only_when_nobody_has_opened_the_notice(staffed, postbox, phones, monkeypatch):
    add_way(staffed.officer, after_minutes=5)
    opened, ignored = notify_officer(staffed), notify_officer(staffed)
    send_due()
    assert send_due_ways() == 0
    mark_opened(notice=opened, at=now())
    later(monkeypatch, 5.1)
    assert send_due_ways() == 1
    assert ignored.code in phones.texts()[0]
    assert dict(Dispatch.objects.values_list("notice", "state")) == {opened.pk: "not_needed", ignored.pk: "taken"}


def test_when_the_mail_fails_the_next_way_is_taken_at_once(staffed, postbox, phones):
    add_way(staffed.officer, after_minutes=30)
    notify_officer(staffed)
    postbox.failures[staffed.officer.email] = RecipientRefused("rcpt_550")
    send_due()
    assert send_due_ways() == 1


def test_when_one_way_fails_the_next_is_taken_at_once(staffed, postbox, phones):
    add_way(staffed.officer)
    add_way(staffed.officer, "push", after_minutes=10)
    notify_officer(staffed)
    phones.failures["sms"] = Unreached("timeout")
    assert send_due_ways() == 1
    assert [name for name, _message in phones.taken] == ["push"]
    sms = Dispatch.objects.get(channel="sms")
    assert (sms.state, sms.error_code) == ("waiting", "timeout")


def test_a_number_that_is_refused_is_not_tried_again_and_nothing_else_is_held_up(staffed, postbox, phones):
    add_way(staffed.officer)
    add_way(staffed.deputy, address="+355692222222")
    first, second = notify_officer(staffed), notify_officer(staffed, contact=staffed.deputy)
    phones.failures[NUMBER] = RecipientRefused("not_a_number")
    assert send_due_ways() == 1
    assert dict(Dispatch.objects.values_list("notice", "state")) == {first.pk: "failed", second.pk: "taken"}


def test_a_fault_in_one_message_holds_up_no_other(staffed, postbox, phones):
    add_way(staffed.officer)
    add_way(staffed.deputy, address="+355692222222")
    first, second = notify_officer(staffed), notify_officer(staffed, contact=staffed.deputy)
    really = sending.build_way_message

    def build(notice, *args, **kwargs):
        if notice.pk == first.pk:
            raise ValueError("broken")
        return really(notice, *args, **kwargs)

    with mock.patch.object(sending, "build_way_message", build):
        assert send_due_ways() == 1
    broken = Dispatch.objects.get(notice=first)
    assert (broken.state, broken.error_code) == ("waiting", "fault_ValueError")
    assert Dispatch.objects.get(notice=second).state == "taken"


def test_a_provider_that_asks_for_patience_gets_it_up_to_five_minutes(staffed, postbox, phones):
    add_way(staffed.officer)
    notify_officer(staffed)
    for asked, given_seconds in ((60, 60), (86400, 300)):
        phones.failures["sms"] = Unreached("http_429", connection_lost=False, wait=asked)
        send_due_ways()
        wait = (Dispatch.objects.get().next_attempt_at - now()).total_seconds()
        assert given_seconds - 2 < wait <= given_seconds
        Dispatch.objects.update(next_attempt_at=now())


def test_what_could_not_be_sent_for_a_day_is_given_up(staffed, postbox, phones, monkeypatch):
    add_way(staffed.officer)
    notify_officer(staffed)
    phones.failures["sms"] = Unreached("timeout")
    send_due_ways()
    phones.failures.clear()
    later(monkeypatch, 24 * 60 + 1)
    assert send_due_ways() == 0
    assert Dispatch.objects.get().state == "failed"


def test_an_address_that_is_gone_ends_the_way_and_is_said(staffed, postbox, phones):
    way = add_way(staffed.officer, "push")
    notify_officer(staffed)
    heard = []

    def hear(way, **kwargs):
        heard.append(way.pk)

    signals.way_ended.connect(hear)
    try:
        phones.failures["push"] = RecipientGone("http_410")
        send_due_ways()
    finally:
        signals.way_ended.disconnect(hear)
    way.refresh_from_db()
    assert (way.is_active, way.end_reason, heard) == (False, "gone", [way.pk])
    notify_officer(staffed)
    assert Dispatch.objects.count() == 1


def test_a_dispatch_has_one_holder_and_a_dead_ones_is_sent_again_under_the_same_reference(
    staffed, postbox, phones, settings
):
    add_way(staffed.officer)
    notify_officer(staffed)
    (dead,) = claim("sms", now())
    assert claim("sms", now()) == []
    after = now() + timedelta(seconds=settings.NOTICE_LEASE_SECONDS + 1)
    (alive,) = claim("sms", after)
    assert alive.first.reference == dead.first.reference
    assert alive.first.token == dead.first.token + 1
    # Whoever comes back from the dead writes nothing to what another one holds.
    dead.finish("accepted")
    sending.record_results([dead])
    assert Dispatch.objects.get().state == "sending"
    assert Attempt.objects.filter(channel="sms").count() == 2


def test_a_channel_that_hangs_is_left_to_its_worker_and_the_other_channels_go_on(staffed, postbox, phones, settings):
    add_way(staffed.officer)
    add_way(staffed.officer, "push")
    notify_officer(staffed)
    claim("sms", now())
    notify_officer(staffed)
    lease = now() + timedelta(seconds=settings.NOTICE_LEASE_SECONDS - 3)
    Dispatch.objects.filter(state="sending").update(lease_until=lease)  # since three seconds
    assert send_due_ways() == 2
    assert {name for name, _message in phones.taken} == {"push"}


def test_nothing_goes_to_a_phone_about_what_is_settled_or_withdrawn(staffed, postbox, phones):
    add_way(staffed.officer)
    notice = notify_officer(staffed)
    cancel(notice=notice, reason="drill_over")
    assert send_due_ways() == 0
    assert Dispatch.objects.get().state == "not_needed"


def test_nothing_goes_to_a_phone_whose_contact_counts_no_more(staffed, postbox, phones):
    add_way(staffed.officer)
    notify_officer(staffed)
    staffed.officer.is_active = False
    staffed.officer.save()
    assert send_due_ways() == 0


def test_after_an_outage_one_message_names_what_waits(staffed, postbox, phones):
    add_way(staffed.officer)
    notices = [notify_officer(staffed) for _n in range(61)]
    assert send_due_ways() == 61
    (text,) = phones.texts()
    assert text.startswith("Vatra: presin 61 njoftime: ")
    assert [notice.code in text for notice in notices].count(True) == 4
    assert "dhe 57 te tjera" in text
    assert set(Dispatch.objects.values_list("state", flat=True)) == {"taken"}


def test_two_that_waited_for_a_gateway_that_was_away_are_one_message(staffed, postbox, phones, monkeypatch):
    add_way(staffed.officer)
    phones.failures["sms"] = Unreached("http_503")
    for _n in range(2):
        notify_officer(staffed)
        assert send_due_ways() == 0
    phones.failures.clear()
    later(monkeypatch, 7)
    assert send_due_ways() == 2
    (text,) = phones.texts()
    assert text.startswith("Vatra: presin 2 njoftime: ")


def test_a_phone_gets_no_storm_and_what_waits_is_named_later(staffed, postbox, phones, settings, monkeypatch):
    settings.NOTICE_WAY_BURST = 3
    add_way(staffed.officer)
    for _n in range(3):
        notify_officer(staffed)
        send_due_ways()
    for _n in range(5):
        notify_officer(staffed)
        assert send_due_ways() == 0
    assert len(phones.taken) == 3
    later(monkeypatch, 10.1)
    assert send_due_ways() == 5
    assert len(phones.taken) == 4


def test_a_flood_keeps_the_next_notice_from_a_phone_for_two_minutes_and_no_longer(
    staffed, postbox, phones, settings, monkeypatch
):
    settings.NOTICE_WAY_BURST = 3
    add_way(staffed.officer)
    for _n in range(3):
        notify_officer(staffed)
        send_due_ways()
    first, second = notify_officer(staffed), notify_officer(staffed)
    assert send_due_ways() == 0
    later(monkeypatch, 2.1)
    assert send_due_ways() == 2
    assert all(notice.code in phones.texts()[-1] for notice in (first, second))
    assert len(phones.taken) == 4


def test_an_institutions_system_gets_each_notice_at_once_however_many_there_are(staffed, postbox, phones, settings):
    settings.NOTICE_WAY_BURST = 3
    settings.NOTIFICATION_CHANNELS = {**settings.NOTIFICATION_CHANNELS, "webhook": "tests.world.phones.WebhookChannel"}
    add_way(staffed.officer, "webhook", address="https://partner.example/hook")
    for _n in range(30):
        notify_officer(staffed)
    assert send_due_ways() == 30
    assert [name for name, _message in phones.taken] == ["webhook"] * 30


def test_a_reminder_is_sent_to_the_phone_as_well_while_the_mail_server_is_away(staffed, postbox, phones):
    add_way(staffed.officer)
    notice = notify_officer(staffed)
    postbox.closed = Unreached("connection_refused")
    send_due()
    send_due_ways()
    repeat(notice=notice, at=now())
    assert send_due_ways() == 1
    assert list(Dispatch.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


def test_one_that_is_on_its_way_is_not_owed_twice(staffed, postbox, phones):
    add_way(staffed.officer)
    notice = notify_officer(staffed)
    send_due()
    repeat(notice=notice, at=now())
    assert Dispatch.objects.count() == 1


def test_the_sweeper_has_it_sent_when_the_task_was_lost_and_sends_it_itself_without_a_broker(staffed, postbox, phones):
    add_way(staffed.officer)
    notify_officer(staffed)
    assert not enqueue_due_ways(now())  # its own task has a moment first
    after = now() + timedelta(seconds=3)
    with mock.patch("notifications.outbox.sweep.enqueue_ways", return_value=True) as enqueued:
        sweep(after)
    assert enqueued.call_count == 1
    with mock.patch("notifications.outbox.sweep.enqueue_ways", return_value=False):
        sweep(after)
    assert len(phones.taken) == 1


def test_the_task_sends_what_is_due(staffed, postbox, phones):
    add_way(staffed.officer)
    notify_officer(staffed)
    assert deliver_ways("urgent") == 1


# ---- receipts ----


@pytest.fixture
def sent_sms(staffed, postbox, phones):
    add_way(staffed.officer)
    notify_officer(staffed)
    send_due()
    send_due_ways()
    return Dispatch.objects.get()


def test_a_receipt_makes_the_notice_delivered_once(sent_sms):
    receipt = {"provider": "phones", "provider_id": "id-1", "delivered": True, "at": now()}
    assert record_receipt(**receipt)
    assert not record_receipt(**receipt)
    sent_sms.refresh_from_db()
    assert sent_sms.state == "delivered"
    assert (sent_sms.notice.state, sent_sms.notice.delivered_at) == ("delivered", receipt["at"])
    assert AuditEntry.objects.filter(action="notice.delivered").count() == 1


def test_a_receipt_is_found_by_our_reference_too(sent_sms):
    assert record_receipt(provider="phones", reference=sent_sms.reference.hex, delivered=True, at=now())


def test_a_receipt_that_says_it_cannot_arrive_takes_the_next_way(sent_sms, staffed, phones):
    add_way(staffed.officer, "push", after_minutes=30)
    notify_officer(staffed)
    later_push = Dispatch.objects.get(channel="push")
    send_due_ways()
    sms = Dispatch.objects.get(channel="sms", notice=later_push.notice)
    assert record_receipt(provider="phones", provider_id=sms.provider_id, delivered=False, code="absent", at=now())
    sms.refresh_from_db()
    assert (sms.state, sms.error_code) == ("failed", "absent")
    assert send_due_ways() == 1
    # And what failed is delivered by no later receipt.
    assert not record_receipt(provider="phones", provider_id=sms.provider_id, delivered=True, at=now())


@pytest.mark.parametrize(
    "forged",
    [
        {"provider": "phones", "provider_id": "id-2"},
        {"provider": "another", "provider_id": "id-1"},
        {"provider": "", "provider_id": "id-1"},
        {"provider": "phones"},
        {"provider": "phones", "reference": "f" * 32},
        {"provider": "phones", "reference": "not-hex"},
    ],
)
def test_a_receipt_for_what_was_not_handed_to_that_provider_changes_nothing(sent_sms, forged):
    assert not record_receipt(**forged, delivered=True, at=now())
    sent_sms.refresh_from_db()
    assert (sent_sms.state, sent_sms.notice.state) == ("taken", "sent")


@pytest.mark.parametrize("order", list(itertools.permutations([True, True, False])))
def test_of_receipts_in_any_order_the_first_counts_and_none_stops_the_chase(sent_sms, order):
    """A gateway that is late, repeats itself or lies: what it says first stands, and somebody must still answer."""
    before = sent_sms.notice
    changed = [record_receipt(provider="phones", provider_id="id-1", delivered=said, at=now()) for said in order]
    assert changed == [True, False, False]
    sent_sms.refresh_from_db()
    assert sent_sms.state == ("delivered" if order[0] else "failed")
    after = Notice.objects.get()
    assert after.state == ("delivered" if order[0] else "sent")
    assert (after.next_step_at, after.answer_by, after.opened_at) == (before.next_step_at, before.answer_by, None)


def test_a_receipt_takes_nothing_back_from_a_notice_that_was_opened(sent_sms):
    mark_opened(notice=sent_sms.notice, at=now())
    record_receipt(provider="phones", provider_id="id-1", delivered=True, at=now())
    assert Notice.objects.get().state == "opened"


# ---- the test of a way ----


def test_a_new_way_counts_once_its_own_test_was_opened(staffed, postbox, phones):
    way = add_way(staffed.officer, confirmed_at=None)
    signals.way_untested.send(sender=ContactWay, way=way)
    test = Notice.objects.get()
    assert (test.channel, test.way, test.purpose) == ("sms", way, Purpose.TEST)
    assert send_due() == 1
    assert (len(postbox.letters), len(phones.texts())) == (0, 1)
    assert "prova e numrit" in phones.texts()[0]
    assert "STERVITJE" not in phones.texts()[0], "a test is no drill"
    mark_opened(notice=test, at=now())
    way.refresh_from_db()
    assert way.confirmed_at is not None
    assert AuditEntry.objects.filter(action="directory.way_reached").count() == 1


def test_the_test_of_a_number_that_was_replaced_confirms_nothing(staffed, postbox, phones):
    way = add_way(staffed.officer, confirmed_at=None)
    signals.way_untested.send(sender=ContactWay, way=way)
    old = Notice.objects.get()
    send_due()
    ContactWay.objects.update(address="+355692222222")
    way.refresh_from_db()
    signals.way_untested.send(sender=ContactWay, way=way)
    old.refresh_from_db()
    assert old.state == "cancelled"
    mark_opened(notice=old, at=now())
    way.refresh_from_db()
    assert way.confirmed_at is None


def test_the_test_of_a_way_says_nothing_of_the_contacts_address_and_the_other_way_round(staffed, postbox, phones):
    staffed.officer.reachable_at = None
    staffed.officer.save()
    way = add_way(staffed.officer, confirmed_at=None)
    signals.way_untested.send(sender=ContactWay, way=way)
    send_due()
    mark_opened(notice=Notice.objects.get(), at=now())
    staffed.officer.refresh_from_db()
    assert staffed.officer.reachable_at is None


def test_what_waited_for_a_gateway_goes_out_in_one_message_as_soon_as_it_is_back(staffed, postbox, phones, monkeypatch):
    add_way(staffed.officer)
    add_way(staffed.coordinator, address="+355697654321")
    phones.failures["sms"] = Unreached("http_503")
    for minutes in range(6):
        later(monkeypatch, minutes)  # each has waited for another time when the gateway comes back
        notify_officer(staffed)
        send_due_ways()
    notify_officer(staffed, contact=staffed.coordinator)
    moment = later(monkeypatch, 7)
    Dispatch.objects.filter(way__contact=staffed.officer).update(next_attempt_at=moment + timedelta(minutes=4))
    Dispatch.objects.filter(way__contact=staffed.coordinator).update(attempts=3, next_attempt_at=moment)
    phones.failures.clear()
    assert send_due_ways() == 7
    assert [message.address for _name, message in phones.taken] == ["+355697654321", NUMBER]
    assert "6" in phones.texts()[-1]


def test_a_phone_that_is_back_says_nothing_of_another_ones_push_service(staffed, postbox, phones, monkeypatch):
    add_way(staffed.officer, "push")
    add_way(staffed.coordinator, "push", address="Tjetri")
    notify_officer(staffed)
    notify_officer(staffed, contact=staffed.coordinator)
    moment = later(monkeypatch, 7)
    waits = moment + timedelta(minutes=4)
    Dispatch.objects.filter(way__contact=staffed.officer).update(attempts=3, next_attempt_at=moment)
    Dispatch.objects.filter(way__contact=staffed.coordinator).update(attempts=3, next_attempt_at=waits)
    assert send_due_ways() == 1
    assert Dispatch.objects.get(way__contact=staffed.coordinator).next_attempt_at == waits


def calls_for_coordinators() -> int:
    return Notice.objects.filter(purpose=Purpose.INFORM, role="coordinator").count()


def drop(way: ContactWay, at: datetime) -> None:
    """Let a browser drop its subscription, as its push service reports it."""
    end_way(way, reason="gone", at=at)


def test_the_last_way_that_ends_by_itself_is_said_to_the_coordinators(staffed, postbox, phones):
    drop(add_way(staffed.officer, "push"), now())
    assert calls_for_coordinators() == 1


def test_a_browser_that_drops_one_of_several_ways_asks_nothing_of_the_coordinators(staffed, postbox, phones):
    add_way(staffed.officer)
    drop(add_way(staffed.officer, "push"), now())
    assert calls_for_coordinators() == 0
    assert AuditEntry.objects.filter(action="directory.way_ended").count() == 1


@pytest.mark.parametrize("other", [{"confirmed_at": None}, {"is_active": False}, {"channel": "voice"}])
def test_a_way_that_brings_no_notice_is_no_other_way(staffed, postbox, phones, settings, other):
    settings.NOTIFICATION_CHANNELS = {k: v for k, v in settings.NOTIFICATION_CHANNELS.items() if k != "voice"}
    add_way(staffed.officer, **{"channel": "sms", **other})
    drop(add_way(staffed.officer, "push"), now())
    assert calls_for_coordinators() == 1


def test_a_phone_that_drops_again_and_again_is_said_each_third_time(staffed, postbox, phones):
    add_way(staffed.officer)
    for number, said in ((1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 2)):
        drop(add_way(staffed.officer, "push", address=f"Telefoni {number}"), now())
        assert calls_for_coordinators() == said, number


def test_what_dropped_months_ago_is_not_counted(staffed, postbox, phones):
    add_way(staffed.officer)
    for number, days in ((1, 90), (2, 60), (3, 0)):
        drop(add_way(staffed.officer, "push", address=f"Telefoni {number}"), now() - timedelta(days=days))
    assert calls_for_coordinators() == 0


def test_a_number_that_ends_is_always_said(staffed, postbox, phones):
    add_way(staffed.officer, "push")
    drop(add_way(staffed.officer), now())
    assert calls_for_coordinators() == 1
