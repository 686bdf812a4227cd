"""Mails that come back: what a genuine report does at once, and that nothing else does anything."""

import random
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from access.models import Assignment, Region, StaffRole, User
from audit.models import AuditEntry
from notifications.briefs.replies import answer
from notifications.directory.models import Contact, Role
from notifications.escalation.clock import advance
from tests.examples import FACTOR
from tests.world.notices import notify_officer
from tests.world.phones import add_way

from ...delivery import send_due
from ...models import Attempt, AttemptOutcome, Dispatch, Notice, Purpose
from ...repeating import repeat
from ...states import NoticeState
from .. import mailbox
from ..actions import MAX_AGE, NotYet, take_report
from ..mailbox import read_mailbox
from ..reports import read_report
from ..return_path import build_return_path, build_token, find_attempts, read_token
from .made import ADDRESS, imap_server, report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on(settings):
    settings.EMAIL_BOUNCE_ADDRESS = ADDRESS
    settings.EMAIL_BOUNCE_HOOK_TOKEN = "relay-token"


@pytest.fixture
def sent(staffed, postbox) -> Notice:
    notice = notify_officer(staffed)
    send_due()
    notice.refresh_from_db()
    return notice


def attempt_of(notice: Notice) -> Attempt:
    return Attempt.objects.filter(notice=notice, dispatch=None).latest("number")


def came_back(notice: Notice, **how) -> int:
    return take_report(report(build_return_path(attempt_of(notice)), **how), at=timezone.now())


def state() -> list[object]:
    """Everything that a report could change."""
    return [
        list(Attempt.objects.order_by("pk").values_list("pk", "outcome", "error_code")),
        list(
            Notice.objects.order_by("pk").values_list("pk", "state", "next_step_at", "ladder_step", "next_attempt_at")
        ),
        AuditEntry.objects.count(),
    ]


# ---- what a genuine report does ----


def test_each_attempt_has_a_return_path_of_its_own(sent, postbox):
    (letter,) = postbox.letters
    assert letter.return_path == build_return_path(attempt_of(sent))
    repeat(notice=sent, at=timezone.now())
    send_due()
    first, second = postbox.letters
    assert first.return_path != second.return_path


def test_where_it_is_off_a_mail_has_no_return_path_and_nothing_is_read(settings, staffed, postbox):
    settings.EMAIL_BOUNCE_ADDRESS = ""
    notice = notify_officer(staffed)
    send_due()
    assert postbox.letters[0].return_path == ""
    assert find_attempts([ADDRESS.replace("{token}", build_token(attempt_of(notice).pk))]) == []


def test_the_deputy_is_notified_at_once(sent, staffed, postbox):
    assert sent.next_step_at > timezone.now() + timedelta(minutes=5)
    assert came_back(sent) == 1
    advance(timezone.now())
    send_due()
    deputy = Notice.objects.get(purpose=Purpose.DEPUTY)
    assert deputy.contact == staffed.deputy
    assert postbox.letters[-1].address == staffed.deputy.email


def test_the_attempt_says_in_words_that_it_came_back(sent, in_english):
    came_back(sent)
    attempt = attempt_of(sent)
    assert attempt.outcome == AttemptOutcome.BOUNCED
    assert "came back" in attempt.get_outcome_display()
    entry = AuditEntry.objects.get(action="notice.came_back")
    assert (entry.target_kind, entry.target_id) == ("notice", str(sent.pk))
    assert sent.contact.email not in str(entry.detail)


def test_another_way_that_was_to_come_later_is_due_now(staffed, postbox, phones):
    add_way(staffed.officer, after_minutes=10)
    notice = notify_officer(staffed)
    send_due()
    came_back(notice)
    assert Dispatch.objects.get(notice=notice).next_attempt_at <= timezone.now()


def test_the_coordinators_of_the_office_are_mailed_once_a_day(sent, staffed, django_capture_on_commit_callbacks):
    Region.objects.update(is_outreach=True)
    Contact.objects.filter(pk=staffed.officer.pk).update(name="Artan Leka")
    user = User.objects.create_user("c", email="c@vatra.example", language="en")
    for region in Region.objects.all():
        Assignment.objects.create(user=user, role=StaffRole.COORDINATOR, region=region)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        came_back(sent)
    (letter,) = mail.outbox
    assert letter.to == ["c@vatra.example"]
    assert "Artan Leka" in letter.body
    assert sent.code not in letter.body
    assert sent.case_reference not in letter.body
    again = notify_officer(staffed)
    send_due()
    with django_capture_on_commit_callbacks(execute=True):
        assert came_back(again) == 1
    assert len(mail.outbox) == 1


def test_a_deputys_mail_that_comes_back_makes_the_call_due(sent, staffed, postbox):
    now = timezone.now()
    came_back(sent)
    advance(now + timedelta(seconds=1))
    send_due()
    came_back(Notice.objects.get(purpose=Purpose.DEPUTY))
    advance(now + timedelta(seconds=2))
    assert Notice.objects.filter(purpose=Purpose.CALL, role=Role.COORDINATOR).exists()


# ---- what changes nothing ----


def test_a_report_that_comes_again_changes_nothing_more(sent):
    assert came_back(sent) == 1
    before = state()
    for _again in range(3):
        assert came_back(sent) == 0
    assert state() == before


@pytest.mark.parametrize(
    "how", [{"action": "delayed", "status": "4.4.1"}, {"action": "delivered"}, {"action": "relayed"}]
)
def test_a_server_that_still_tries_or_has_delivered_changes_nothing(sent, how):
    before = state()
    assert came_back(sent, **how) == 0
    assert state() == before


def test_what_is_no_report_changes_nothing(sent):
    path = build_return_path(attempt_of(sent))
    before = state()
    reply = f"To: {path}\r\nSubject: Automatic reply\r\n\r\nAction: failed\r\n".encode()
    inside = report("x@y.example").replace(b"text/rfc822-headers", b"message/rfc822")
    for content in (reply, b"", b"\xff" * 5000, inside, report(path, kind="disposition-notification")):
        assert take_report(content, at=timezone.now()) == 0
    assert state() == before


def test_a_report_attached_to_the_mail_that_came_back_is_none(sent):
    path = build_return_path(attempt_of(sent))
    inner = report(path)
    outer = b"To: " + path.encode() + b"\r\nContent-Type: message/rfc822\r\n\r\n" + inner
    assert take_report(outer, at=timezone.now()) == 0


def test_an_accepted_notice_goes_on_as_it_was(sent):
    answer(notice=sent, kind="accepted")
    sent.refresh_from_db()
    came_back(sent)
    sent.refresh_from_db()
    assert (sent.state, sent.next_step_at) == (NoticeState.ACCEPTED, None)
    assert attempt_of(sent).outcome == AttemptOutcome.BOUNCED


def test_a_notice_opened_by_another_way_is_not_passed_on(sent):
    Notice.objects.filter(pk=sent.pk).update(state=NoticeState.OPENED, opened_at=timezone.now())
    before = Notice.objects.get(pk=sent.pk).next_step_at
    came_back(sent)
    assert Notice.objects.get(pk=sent.pk).next_step_at == before


def test_a_report_before_its_attempt_is_recorded_is_asked_for_again(sent):
    Attempt.objects.update(outcome=AttemptOutcome.STARTED)
    with pytest.raises(NotYet):
        came_back(sent)
    assert attempt_of(sent).outcome == AttemptOutcome.STARTED


def test_an_old_attempt_is_none_that_a_report_can_be_about(sent):
    Attempt.objects.update(started_at=timezone.now() - MAX_AGE - timedelta(hours=1))
    assert came_back(sent) == 0


def test_a_token_of_an_earlier_key_of_the_ring_still_fits_and_a_strange_one_never(sent, settings):
    token = build_token(attempt_of(sent).pk)
    old = settings.VAULT_KEYS
    settings.VAULT_KEYS = ["new1:bmV3LS12YXVsdC1rZXktb2YtMzItYnl0ZXMtbmV3LSE=", *old]
    assert read_token(token) == attempt_of(sent).pk
    assert build_token(attempt_of(sent).pk) != token
    settings.VAULT_KEYS = ["new1:bmV3LS12YXVsdC1rZXktb2YtMzItYnl0ZXMtbmV3LSE="]
    assert read_token(token) is None


def test_a_server_on_the_way_may_write_the_address_in_capitals(sent):
    assert take_report(report(build_return_path(attempt_of(sent)).upper()), at=timezone.now()) == 1


@given(st.binary(max_size=2000), st.text(max_size=200))
def test_no_bytes_raise_and_no_text_is_a_token(content, text):
    read_report(content)
    read_report(b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n" + content)
    assert read_token(text) is None


def test_thousands_of_forged_replayed_and_mangled_reports_change_nothing(sent, staffed, postbox):
    other = notify_officer(staffed, case_id=uuid4(), event_id=uuid4())
    send_due()
    assert came_back(other) == 1
    paths = [build_return_path(attempt_of(sent)), build_return_path(attempt_of(other))]
    before = state()
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for number in range(max(200, int(5000 * FACTOR))):
        content = _forge(chance, paths)
        assert take_report(content, at=timezone.now()) == 0, f"seed {seed}, try {number}"
    assert state() == before, f"seed {seed}"


def _forge(chance: random.Random, paths: list[str]) -> bytes:
    genuine, replayed = paths
    key, mac = genuine[len("kthim+") :].split("@")[0].split("-")
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    kind = chance.randrange(6)
    if kind == 0:  # another hash
        return report(ADDRESS.replace("{token}", f"{key}-{''.join(chance.choices(letters, k=20))}"))
    if kind == 1:  # the hash of one at the number of another
        return report(ADDRESS.replace("{token}", f"{int(key) + chance.randrange(1, 10**6)}-{mac}"))
    if kind == 2:  # one letter of the hash is another
        at = chance.randrange(20)
        wrong = chance.choice([each for each in letters if each != mac[at]])
        return report(ADDRESS.replace("{token}", f"{key}-{mac[:at]}{wrong}{mac[at + 1 :]}"))
    if kind == 3:  # replayed
        return report(replayed)
    if kind == 4:  # genuine, of a server that is still trying
        return report(genuine, action=chance.choice(["delayed", "delivered", "expanded", "", "failing", "x failed"]))
    # mangled: the action is cut off, or the address is
    whole = report(genuine)
    return whole[: chance.randrange(whole.index(b"Action:") + 7)]


# ---- the mailbox, and the relay's address ----


@pytest.fixture
def box(settings, sent):
    with imap_server(report(build_return_path(attempt_of(sent))), b"Subject: hello\r\n\r\nhello") as found:
        settings.EMAIL_BOUNCE_MAILBOX = found.url
        yield found


def test_the_mailbox_is_read_once(box, sent):
    assert read_mailbox() == 1
    assert box.seen == {1, 2}
    assert read_mailbox() == 0
    assert attempt_of(sent).outcome == AttemptOutcome.BOUNCED


def test_a_mail_that_came_too_early_is_left_for_the_next_pass(box, sent):
    Attempt.objects.update(outcome=AttemptOutcome.STARTED)
    assert read_mailbox() == 0
    assert box.seen == {2}
    Attempt.objects.update(outcome=AttemptOutcome.ACCEPTED)
    assert read_mailbox() == 1
    assert box.seen == {1, 2}


def test_a_pass_reads_a_bounded_number_of_mails(box, monkeypatch):
    monkeypatch.setattr(mailbox, "MAX_MAILS", 1)
    box.mails.extend([b"Subject: x\r\n\r\n"] * 3)
    read_mailbox()
    assert box.seen == {1}


def test_without_a_mailbox_none_is_read(settings):
    settings.EMAIL_BOUNCE_MAILBOX = ""
    assert read_mailbox() == 0


@pytest.mark.parametrize(
    "change",
    [{"password": "other"}, {"hang_after": "SELECT"}, {"hang_after": "UID FETCH"}],
)
def test_a_mailbox_that_refuses_or_hangs_stops_nobody(box, monkeypatch, change):
    monkeypatch.setattr(mailbox, "TIMEOUT", 0.3)
    for name, value in change.items():
        setattr(box, name, value)
    assert read_mailbox() == 0
    assert box.seen == set()


@pytest.mark.parametrize("url", ["imap://a:b@mail.example/INBOX", "imaps://127.0.0.1:1/", "x", "imaps://[::/"])
def test_a_mailbox_whose_address_is_wrong_or_in_the_clear_stops_nobody(settings, url, capsys):
    settings.EMAIL_BOUNCE_MAILBOX = url
    assert read_mailbox() == 0


def test_a_relay_hands_over_what_came_back(client, sent):
    content = report(build_return_path(attempt_of(sent)))

    def post(**headers):
        return client.post("/hooks/came-back/", content, content_type="message/rfc822", headers=headers)

    before = state()
    assert post().status_code == 404
    assert post(authorization="Bearer other").status_code == 404
    assert state() == before
    assert post(authorization="Bearer relay-token").status_code == 204
    assert attempt_of(sent).outcome == AttemptOutcome.BOUNCED
    assert client.get("/hooks/came-back/").status_code == 405


def test_a_relay_that_was_too_early_is_asked_to_try_again(client, sent):
    Attempt.objects.update(outcome=AttemptOutcome.STARTED)
    content = report(build_return_path(attempt_of(sent)))
    given = {"authorization": "Bearer relay-token"}
    answered = client.post("/hooks/came-back/", content, content_type="message/rfc822", headers=given)
    assert (answered.status_code, answered["Retry-After"]) == (503, "60")


def test_without_a_token_in_the_settings_there_is_no_address_for_a_relay(client, settings):
    settings.EMAIL_BOUNCE_HOOK_TOKEN = ""
    for shown in ({}, {"authorization": "Bearer "}):
        assert client.post("/hooks/came-back/", b"", content_type="message/rfc822", headers=shown).status_code == 404
