"""An SMS or a pressed key answers a notice: once, from its own recipient's phone, and without opening it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEntry
from notifications.briefs.models import UnreadAcceptance
from notifications.briefs.replies import answer
from notifications.briefs.talk import unread
from notifications.briefs.talk.models import TalkNotice
from notifications.channels.gateways.incoming import Key, Sms
from notifications.directory.models import Contact, ContactWay
from notifications.outbox.actions import build_link, cancel, mark_opened
from notifications.outbox.models import Attempt, Notice, Purpose, Reply
from notifications.outbox.ways.sending import send_due_ways
from tests.world.notices import notify_officer
from tests.world.phones import NUMBER, add_way

from ..actions import FROM_ONE_SENDER, take_key, take_sms
from ..confirming import confirm
from ..housekeeping import tidy
from ..models import InboundRecord
from .conftest import Hooks

pytestmark = pytest.mark.django_db


def send(notice: Notice, word: str = "PO", *, sender: str = NUMBER, id: str = "1") -> str:
    return take_sms("phones", Sms(id, sender, f"{notice.code} {word}"))


def test_yes_accepts_without_opening_the_brief(hooks: Hooks) -> None:
    notice = hooks.notify()

    assert hooks.sms(f"{notice.code.lower()} po") == 200

    notice.refresh_from_db()
    assert (notice.state, notice.answered_by, notice.opened_at) == ("accepted", "sms", None)
    assert notice.accepted_at is not None
    reply = Reply.objects.get()
    assert (reply.kind, reply.by, reply.reason) == ("accepted", "sms", "")
    entry = AuditEntry.objects.get(action="notice.accepted")
    assert entry.detail["by"] == "sms"
    assert not AuditEntry.objects.filter(action="notice.opened").exists()
    assert InboundRecord.objects.get().outcome == "taken"


def test_on_the_way_takes_the_minutes(hooks: Hooks) -> None:
    notice = hooks.notify()

    assert send(notice, "RRUGË 20") == "taken"

    reply = Reply.objects.get()
    assert (reply.kind, reply.minutes) == ("on_the_way", 20)


def test_no_declines_and_is_asked_for_no_reason(hooks: Hooks) -> None:
    notice = hooks.notify()

    assert send(notice, "JO") == "taken"

    notice.refresh_from_db()
    assert (notice.state, notice.opened_at) == ("declined", None)
    assert Reply.objects.get().reason == "not_asked"


def test_yes_and_then_no_is_no(hooks: Hooks) -> None:
    notice = hooks.notify()
    assert send(notice, "PO", id="1") == "taken"
    assert send(notice, "JO", id="2") == "taken"
    # And that one stays: who has passed it on can't take it back by what came before.
    assert send(notice, "PO", id="1") == ""
    assert send(notice, "PO", id="3") == "refused"

    notice.refresh_from_db()
    assert notice.state == "declined"


def test_the_same_sms_twice_and_the_same_words_again_are_one_answer(hooks: Hooks) -> None:
    notice = hooks.notify()

    assert send(notice, id="1") == "taken"
    assert send(notice, id="1") == ""
    assert send(notice, id="2") == "taken"

    assert Reply.objects.count() == 1
    assert AuditEntry.objects.filter(action="notice.accepted").count() == 1


@pytest.mark.parametrize("sender", ["069 123 4567", "0691234567", "00355691234567", "+355 69 123 4567"])
def test_a_number_is_the_same_however_a_network_writes_it(hooks: Hooks, sender: str) -> None:
    assert send(hooks.notify(), sender=sender) == "taken"


@pytest.mark.parametrize("sender", ["+355691234568", "+3556912345678", "Vatra", "", "069 123 45", "+44 69 1234567"])
def test_nobody_answers_from_another_number(hooks: Hooks, sender: str) -> None:
    notice = hooks.notify()

    assert send(notice, sender=sender) == "wrong_sender"

    notice.refresh_from_db()
    assert notice.accepted_at is None
    record = InboundRecord.objects.get()
    assert (record.notice, record.dispatch) == (None, None)
    (entry,) = AuditEntry.objects.filter(action="inbound.passed_over")
    assert notice.code not in str(entry.detail)
    assert "69123" not in str(entry.detail)


def _end(way: ContactWay) -> None:
    ContactWay.objects.filter(pk=way.pk).update(is_active=False)


def _unconfirm(way: ContactWay) -> None:
    ContactWay.objects.filter(pk=way.pk).update(confirmed_at=None)


def _leave(way: ContactWay) -> None:
    Contact.objects.filter(pk=way.contact_id).update(is_active=False)


@pytest.mark.parametrize("change", [_end, _unconfirm, _leave])
def test_a_way_that_does_not_count_any_more_answers_nothing(hooks: Hooks, change: Any) -> None:
    notice = hooks.notify()
    change(hooks.way)

    assert send(notice) == "wrong_sender"


def test_a_notice_that_never_went_to_this_phone_is_not_answered_from_it(hooks: Hooks) -> None:
    notice = notify_officer(hooks.staffed)  # owed by SMS, and not handed over yet

    assert send(notice) == "wrong_sender"
    assert send_due_ways() == 1
    assert send(notice, id="2") == "taken"


def test_a_deputys_notice_is_not_answered_from_the_officers_phone(hooks: Hooks) -> None:
    first = hooks.notify()
    deputy = notify_officer(hooks.staffed, contact=hooks.staffed.deputy, chases=first, purpose=Purpose.DEPUTY)

    assert send(deputy) == "wrong_sender"


@pytest.mark.parametrize("purpose", [Purpose.CALL, Purpose.TALK, Purpose.INFORM, Purpose.DUTY, Purpose.VOID])
def test_what_is_to_be_read_is_not_answered_by_a_word(hooks: Hooks, purpose: str) -> None:
    assert send(hooks.notify(purpose=purpose)) == "not_here"


def test_a_withdrawn_or_revoked_notice_takes_no_answer(hooks: Hooks) -> None:
    notice = hooks.notify()
    cancel(notice=notice, reason="drill_over")

    assert send(notice) == "wrong_sender"


def test_who_writes_in_somebodys_name_keeps_them_from_nothing(hooks: Hooks) -> None:
    notice = hooks.notify()
    for number in range(FROM_ONE_SENDER.most + 10):
        take_sms("phones", Sms(f"x{number}", NUMBER, "2345678 po"))
    assert InboundRecord.objects.count() == FROM_ONE_SENDER.most

    assert send(notice) == "taken"


def test_key_1_accepts_once_and_no_other_key_does(hooks: Hooks) -> None:
    add_way(hooks.staffed.officer, "voice")
    call = hooks.call(hooks.notify())
    for key in ("2", "11", "*", " ", "one"):
        assert take_key("phones", Key("", call.reference.hex, key)) in ("unreadable", "")
    assert take_key("calls", Key("", call.reference.hex, "1")) == "unknown"  # that gateway didn't ring
    assert take_key("phones", Key(call.provider_id, "", "1")) == "taken"
    assert take_key("phones", Key("", call.reference.hex, "1")) == ""

    notice = Notice.objects.get(pk=call.notice_id)
    assert (notice.state, notice.answered_by, notice.opened_at) == ("accepted", "voice", None)
    assert Reply.objects.get().by == "voice"


def test_an_answer_that_arrives_before_the_mail_could_be_sent_counts(hooks: Hooks) -> None:
    notice = hooks.notify()
    Attempt.objects.filter(dispatch__isnull=True).delete()
    Notice.objects.filter(pk=notice.pk).update(state="owed", attempts=0, sent_at=None, next_attempt_at=timezone.now())

    assert send(notice) == "taken"
    notice.refresh_from_db()
    assert notice.attempts == 1
    assert notice.sent_at is not None


def test_opening_it_afterwards_is_opening_it(hooks: Hooks) -> None:
    notice = hooks.notify()
    send(notice)
    notice.refresh_from_db()
    accepted_at = notice.accepted_at

    assert mark_opened(notice=notice, at=timezone.now())
    assert not mark_opened(notice=notice, at=timezone.now())

    notice.refresh_from_db()
    assert (notice.state, notice.accepted_at) == ("accepted", accepted_at)
    assert notice.opened_at is not None


def test_who_accepted_unread_is_sent_back_until_it_is_opened(hooks: Hooks) -> None:
    notice = hooks.notify()
    send(notice)
    began = timezone.now()
    assert unread.chase_unread(began) == 0

    assert unread.chase_unread(began + timedelta(minutes=11)) == 1
    sent_back = TalkNotice.objects.get().notice
    assert sent_back.contact == notice.contact
    assert sent_back.next_step_at is not None  # reminded, and then a coordinator is asked to call
    assert unread.find_stranded(began) == []
    # Its page leads to what they accepted: the mails before it may be far down.
    assert unread.get_unread_link(sent_back) == build_link(notice)
    assert unread.get_unread_link(notice) == ""

    # Read, and the notice itself not opened: asked again.
    answer(notice=sent_back, kind="accepted")
    unread.chase_unread(began + timedelta(minutes=12))
    assert unread.chase_unread(began + timedelta(minutes=23)) == 1
    assert TalkNotice.objects.count() == 2

    mark_opened(notice=notice, at=began + timedelta(minutes=25))
    assert unread.get_unread_link(TalkNotice.objects.last().notice) == ""
    assert unread.chase_unread(began + timedelta(minutes=26)) == 1
    assert UnreadAcceptance.objects.get().ended_at is not None
    assert not Notice.objects.open().filter(purpose=Purpose.TALK).exists()
    assert unread.chase_unread(began + timedelta(days=1)) == 0


def test_an_acceptance_on_the_page_waits_for_nothing(hooks: Hooks) -> None:
    answer(notice=hooks.notify(), kind="accepted")
    assert not UnreadAcceptance.objects.exists()


def test_what_nobody_is_asked_about_is_found(hooks: Hooks) -> None:
    notice = hooks.notify()
    send(notice)
    UnreadAcceptance.objects.all().delete()

    assert unread.find_stranded(timezone.now()) == [str(notice.pk)]


def test_one_sms_goes_back_and_only_one(hooks: Hooks) -> None:
    notice = hooks.notify()
    hooks.phones.empty()
    for number in range(5):
        send(notice, id=str(number))
    for record in InboundRecord.objects.order_by("pk"):
        confirm(str(record.pk))
        confirm(str(record.pk))

    (text,) = hooks.phones.texts()
    assert text.startswith(f"{notice.code}: e pranuat. Lexojeni me PIN: http")
    assert text.isascii()
    assert hooks.phones.taken[0][1].address == hooks.way.address
    assert AuditEntry.objects.filter(action="inbound.confirmed").count() == 1


def test_what_fits_nothing_gets_no_sms(hooks: Hooks) -> None:
    notice = hooks.notify()
    hooks.phones.empty()
    send(notice, sender="+355691234568", id="1")
    take_sms("phones", Sms("2", NUMBER, "hello"))
    take_sms("phones", Sms("3", NUMBER, "23456-789 PO"))
    for record in InboundRecord.objects.all():
        confirm(str(record.pk))

    assert InboundRecord.objects.count() == 3
    assert hooks.phones.taken == []


def test_who_comes_too_late_is_told_once(hooks: Hooks) -> None:
    notice = hooks.notify()
    Notice.objects.filter(pk=notice.pk).update(
        state="closed", reason="taken", closed_at=timezone.now(), next_step_at=None, next_attempt_at=None
    )
    hooks.phones.empty()

    assert send(notice) == "refused"
    confirm(str(InboundRecord.objects.get().pk))

    (text,) = hooks.phones.texts()
    assert "nuk u pranua" in text


def test_what_came_in_is_forgotten_after_its_days(hooks: Hooks) -> None:
    send(hooks.notify())
    tidy()
    assert InboundRecord.objects.count() == 1
    InboundRecord.objects.update(at=timezone.now() - timedelta(days=91))
    tidy()
    assert InboundRecord.objects.count() == 0


def test_no_column_holds_a_number_or_a_word(hooks: Hooks) -> None:
    send(hooks.notify())
    take_sms("phones", Sms(f"IN_{NUMBER}_00", "+355691111111", "fjala e fshehte"))
    for row in InboundRecord.objects.values():
        text = str(row)
        assert "69123" not in text
        assert "fshehte" not in text
