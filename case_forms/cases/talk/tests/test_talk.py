"""The officer and the unit talk inside a notice: through HTTP, with the clock, and when somebody's part has ended."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.cases.models import Case, CaseEvent, Deadline
from notifications.briefs.erasing import erase_all_from
from notifications.briefs.links import NOT_ME, revoke_link
from notifications.briefs.models import TalkMessage, TalkNotice
from notifications.briefs.replies import answer
from notifications.briefs.talk import awaiting
from notifications.briefs.talk.actions import (
    MAX_MESSAGES,
    MAX_PER_HOUR,
    CannotSay,
    write_as_recipient,
    write_as_unit,
)
from notifications.briefs.talk.telling import send_due_mails
from notifications.directory.models import Role
from notifications.escalation import clock as notice_clock
from notifications.outbox.actions import create_notice
from notifications.outbox.models import Attempt, Notice, Purpose
from notifications.outbox.requests import NoticeRequest
from notifications.outbox.service_briefs import NO_OUTCOME
from tests.world.consents import record_consent
from tests.world.offices import PIN, make_office, put_on_duty
from tests.world.places import make_coordinator, make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ... import deadline_clock
from ..writing import QUESTION, WORD

pytestmark = pytest.mark.django_db

ASKED = "Kanarina: where does she wait now?"
SAID = "Kanarina: she is at the station now"


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def case(scene: Scene) -> Case:
    return Case.objects.get(reference=scene.send().receipt["case"])


@pytest.fixture
def notice(case: Case) -> Notice:
    return Notice.objects.get(case_id=case.pk, role=Role.POLICE, purpose=Purpose.FIRST)


@pytest.fixture
def officer(notice: Notice) -> Client:
    """The officer's browser, behind the PIN."""
    return open_with_pin(notice)


@pytest.fixture
def worker(scene: Scene) -> Client:
    browser = Client()
    browser.force_login(scene.worker)
    return browser


def open_with_pin(notice: Notice) -> Client:
    browser = Client()
    assert browser.post(f"/n/{notice.link_token}/", {"pin": PIN}).status_code == 303
    return browser


def ask(browser: Client, notice: Notice, text: str = ASKED, do: str = "ask", **more: Any) -> Any:
    sent = {"key": str(uuid.uuid4()), "text": text, "do": do, **more}
    return browser.post(f"/n/{notice.link_token}/talk/", sent)


def page_of(case: Case, notice: Notice) -> str:
    return f"/field/cases/{case.reference}/notices/{notice.pk}/talk/"


def add(browser: Client, case: Case, notice: Notice, text: str = SAID, do: str = "add", **more: Any) -> Any:
    return browser.post(page_of(case, notice), {"key": str(uuid.uuid4()), "text": text, "do": do, **more})


def mails_about(notice: Notice) -> list[Notice]:
    return [row.notice for row in TalkNotice.objects.filter(about=notice).order_by("notice__owed_at")]


# ---- a question and its answer ----


def test_a_question_is_read_and_answered_on_the_case_and_read_behind_the_pin(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    assert ask(officer, notice).status_code == 303
    duty = Deadline.objects.get(case=case, key=QUESTION)
    assert CaseEvent.objects.filter(case=case, kind=QUESTION).count() == 1
    shown = worker.get(f"/field/cases/{case.reference}/").content.decode()
    assert f"/notices/{notice.pk}/talk/" in shown
    assert notice.code in shown
    assert ASKED not in shown
    page = worker.get(page_of(case, notice)).content.decode()
    assert ASKED in page
    question = TalkMessage.objects.get()
    assert add(worker, case, notice, "By the kiosk", "answer", shown=str(question.pk)).status_code == 302
    duty.refresh_from_db()
    question.refresh_from_db()
    assert duty.met_at is not None
    assert question.answered_at is not None
    assert question.read_at is not None
    read = officer.get(f"/n/{notice.link_token}/").content.decode()
    assert "By the kiosk" in read


def test_an_unanswered_question_reaches_the_unit_and_then_a_coordinator(
    scene: Scene, case: Case, notice: Notice, officer: Client
) -> None:
    put_on_duty(make_office(Role.MOBILE_UNIT, slug="unit-office", region=scene.place.region))
    ask(officer, notice)
    deadline_clock.advance(timezone.now() + timedelta(minutes=11))
    told = Notice.objects.get(case_id=case.pk, purpose=Purpose.DUTY)
    assert told.role == Role.MOBILE_UNIT
    assert ASKED not in str(told.brief)
    assert [step["do"] for step in told.ladder][-1] == "call"


def test_a_question_that_came_in_meanwhile_stays_open(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    ask(officer, notice)
    first = TalkMessage.objects.get()
    ask(officer, notice, "And her sister?")
    add(worker, case, notice, "By the kiosk", "answer", shown=str(first.pk))
    waiting = TalkMessage.objects.filter(kind="question", answered_at=None)
    assert [row.text for row in waiting] == ["And her sister?"]
    assert Deadline.objects.filter(case=case, key=QUESTION, met_at=None).count() == 1


def test_an_answer_by_phone_ends_the_clock_and_is_recorded(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    ask(officer, notice)
    question = TalkMessage.objects.get()
    assert add(worker, case, notice, "", "phoned", shown=str(question.pk)).status_code == 302
    assert Deadline.objects.get(case=case, key=QUESTION).met_at is not None
    assert AuditEntry.objects.filter(action="notice.talk_phoned").count() == 1
    assert add(worker, case, notice, "", "phoned", shown=str(question.pk)).status_code == 409


def test_what_needs_no_answer_starts_no_clock(case: Case, notice: Notice, officer: Client) -> None:
    ask(officer, notice, "We are at the kiosk", "word")
    assert TalkMessage.objects.get().kind == "word"
    assert not Deadline.objects.filter(case=case, key=QUESTION).exists()


# ---- what the unit adds ----


def test_an_addition_sends_the_open_notice_again_without_a_word_of_it(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    add(worker, case, notice)
    notice.refresh_from_db()
    assert notice.repeats == 1
    assert mails_about(notice) == []
    assert SAID in officer.get(f"/n/{notice.link_token}/").content.decode()


def test_whoever_accepted_gets_a_notice_that_leads_back_and_reading_it_ends_it(
    case: Case, notice: Notice, worker: Client
) -> None:
    open_with_pin(notice)
    answer(notice=notice, kind="accepted")
    add(worker, case, notice)
    (back,) = mails_about(notice)
    assert back.purpose == Purpose.TALK
    assert back.next_step_at is not None  # chased until it is read
    assert SAID not in str(back.brief)
    add(worker, case, notice, "And she wears a red coat")
    back.refresh_from_db()
    assert len(mails_about(notice)) == 1  # the one that wasn't read yet goes again
    browser = open_with_pin(back)
    page = browser.get(f"/n/{back.link_token}/").content.decode()
    assert SAID in page
    assert "red coat" in page
    back.refresh_from_db()
    assert not back.is_open
    assert TalkMessage.objects.filter(read_at=None).count() == 0
    add(worker, case, notice, "He has left")
    assert len(mails_about(notice)) == 2


def test_mails_are_bounded_and_what_had_to_wait_goes_later(
    case: Case, notice: Notice, worker: Client, settings: Any
) -> None:
    open_with_pin(notice)
    answer(notice=notice, kind="accepted")
    for number in range(settings.NOTICE_ALARMS_PER_HOUR + 3):
        add(worker, case, notice, f"word {number}")
    waiting = TalkMessage.objects.filter(mail_due_at__isnull=False)
    assert waiting.count() == 3
    assert send_due_mails(timezone.now()) == 0
    assert send_due_mails(timezone.now() + timedelta(minutes=61)) == 1
    assert not waiting.exists()


def test_the_same_message_twice_is_one(case: Case, notice: Notice, officer: Client, worker: Client) -> None:
    key = str(uuid.uuid4())
    ask(officer, notice, key=key)
    ask(officer, notice, key=key)
    other = str(uuid.uuid4())
    add(worker, case, notice, key=other)
    add(worker, case, notice, key=other)
    assert TalkMessage.objects.count() == 2
    assert Deadline.objects.filter(case=case, key=QUESTION).count() == 1


@pytest.mark.parametrize(("text", "status"), [("", 422), ("  \r\n ", 422), ("x" * 2001, 422), ("é\r\n" * 600, 303)])
def test_what_is_empty_or_too_long_is_refused_beside_the_field_and_nothing_is_lost(
    notice: Notice, officer: Client, text: str, status: int
) -> None:
    found = ask(officer, notice, text)
    assert found.status_code == status
    if status == 422 and text.strip():
        assert text in found.content.decode()


def test_two_hundred_messages_are_shown_in_pages(
    scene: Scene, case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    long_ago = timezone.now() - timedelta(days=1)
    rows = [
        TalkMessage(
            notice=notice, author=scene.worker, key=uuid.uuid4(), kind="addition", text=f"word no. {number};",
            at=long_ago + timedelta(seconds=number), read_at=long_ago,
        )
        for number in range(200)
    ]  # fmt: skip
    TalkMessage.objects.bulk_create(rows)
    page = officer.get(f"/n/{notice.link_token}/").content.decode()
    assert "word no. 199;" in page
    assert "word no. 100;" not in page
    assert "word no. 100;" in officer.get(f"/n/{notice.link_token}/talk/?page=2").content.decode()
    assert "word no. 10;" in worker.get(page_of(case, notice) + "?page=4").content.decode()


def test_rates_are_bounded_for_each_side(scene: Scene, notice: Notice, officer: Client) -> None:
    for number in range(MAX_PER_HOUR):
        write_as_recipient(notice=notice, text=f"{number}", key=uuid.uuid4(), wants_answer=False)
    found = ask(officer, notice, "one more")
    assert found.status_code == 409
    assert "one more" in found.content.decode()
    # The other side isn't silenced by it.
    assert write_as_unit(root=notice, text="we hear you", key=uuid.uuid4(), by=scene.worker).pk
    assert MAX_MESSAGES > MAX_PER_HOUR


# ---- whose part has ended ----


def test_whoever_passed_the_notice_on_reads_and_writes_nothing_more(
    scene: Scene, case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    answer(notice=notice, kind="accepted")
    add(worker, case, notice)
    (back,) = mails_about(notice)
    later = open_with_pin(back)
    answer(notice=notice, kind="declined", reason="busy_elsewhere")
    assert ask(officer, notice).status_code == 404
    assert SAID not in later.get(f"/n/{back.link_token}/").content.decode()
    assert ask(later, back).status_code == 404


def test_a_recipient_whose_link_was_ended_gets_in_by_no_other(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    answer(notice=notice, kind="accepted")
    add(worker, case, notice)
    (back,) = mails_about(notice)
    browser = open_with_pin(back)
    revoke_link(notice=notice, why=NOT_ME)
    assert officer.get(f"/n/{notice.link_token}/talk/").status_code == 404
    assert browser.get(f"/n/{back.link_token}/talk/").status_code == 404
    assert ask(browser, back).status_code == 404
    assert SAID not in browser.get(f"/n/{back.link_token}/").content.decode()


def test_what_leads_back_to_a_notice_that_has_ended_is_withdrawn(case: Case, notice: Notice, worker: Client) -> None:
    open_with_pin(notice)
    answer(notice=notice, kind="accepted")
    add(worker, case, notice)
    (back,) = mails_about(notice)
    revoke_link(notice=notice, why=NOT_ME)
    awaiting.advance(timezone.now())
    back.refresh_from_db()
    assert back.state == "cancelled"


def test_a_closed_case_takes_nothing_more_and_says_so(
    scene: Scene, case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    assert ask(officer, notice).status_code == 409
    found = add(worker, case, notice)
    assert found.status_code == 409
    assert SAID in found.content.decode()
    assert not TalkMessage.objects.exists()


def test_consent_that_has_ended_stops_what_the_unit_adds(scene: Scene, case: Case) -> None:
    office = make_office(Role.HEALTH, slug="doctor")
    record_consent(case, partner=office)
    made = create_notice(
        NoticeRequest(
            event_id=uuid.uuid4(), case_id=case.pk, case_reference=case.reference, role=Role.HEALTH,
            contact=put_on_duty(office), municipality=case.municipality, brief={"sections": []}, unit=case.unit,
        )
    )  # fmt: skip
    record_consent(case, partner=office, answer="withdrawn")
    with pytest.raises(CannotSay):
        write_as_unit(root=made, text=SAID, key=uuid.uuid4(), by=scene.worker)
    assert not TalkMessage.objects.exists()


def test_people_of_another_region_find_nothing(case: Case, notice: Notice) -> None:
    place = make_place()
    _unit, stranger = make_unit_with_worker(place)
    for user in (stranger, make_coordinator(place)):
        browser = Client()
        browser.force_login(user)
        assert browser.get(page_of(case, notice)).status_code == 404
        assert add(browser, case, notice).status_code == 404


def test_a_notice_of_another_case_is_not_opened_through_this_one(scene: Scene, case: Case, worker: Client) -> None:
    other = Case.objects.get(reference=scene.send().receipt["case"])
    theirs = Notice.objects.filter(case_id=other.pk, role=Role.POLICE).first()
    assert theirs is not None
    assert worker.get(page_of(case, theirs)).status_code == 404


def test_what_was_written_is_sealed_and_goes_with_its_case(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    ask(officer, notice)
    add(worker, case, notice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM briefs_talkmessage")
        stored = [bytes(row[0]) if not isinstance(row[0], str) else row[0].encode() for row in cursor.fetchall()]
    assert all(b"Kanarina" not in each for each in stored)
    assert all("Kanarina" not in str(entry.detail) for entry in AuditEntry.objects.all())
    erase_all_from(case.pk, at=timezone.now())
    assert [row.text for row in TalkMessage.objects.all()] == [None, None]
    assert ASKED not in worker.get(page_of(case, notice)).content.decode()


# ---- outcomes ----


def sent(notice: Notice) -> None:
    assert Attempt.objects.filter(notice=notice).exists()


def test_an_accepted_notice_without_an_outcome_is_asked_about_and_the_outcome_is_taken_there(
    case: Case, notice: Notice
) -> None:
    open_with_pin(notice)
    sent(notice)
    at = timezone.now()
    answer(notice=notice, kind="accepted", at=at)
    assert awaiting.advance(at + timedelta(hours=23)) == 0
    assert awaiting.advance(at + timedelta(hours=25)) == 1
    assert awaiting.advance(at + timedelta(hours=25)) == 0
    (asked,) = mails_about(notice)
    assert asked.purpose == Purpose.OUTCOME
    assert asked.next_step_at is not None
    browser = open_with_pin(asked)
    page = browser.get(f"/n/{asked.link_token}/").content.decode()
    assert 'value="outcome"' in page
    sent_on = browser.post(f"/n/{asked.link_token}/reply/", {"kind": "outcome", "outcome_reason": "met_safe"})
    assert sent_on.status_code == 303
    notice.refresh_from_db()
    assert notice.state == "closed"
    awaiting.advance(at + timedelta(hours=26))
    asked.refresh_from_db()
    assert not asked.is_open
    assert awaiting.find_stranded(timezone.now()) == []


def test_nothing_to_report_yet_is_asked_again_later(case: Case, notice: Notice) -> None:
    open_with_pin(notice)
    at = timezone.now()
    answer(notice=notice, kind="accepted", at=at)
    awaiting.advance(at + timedelta(hours=25))
    (asked,) = mails_about(notice)
    open_with_pin(asked)
    answer(notice=asked, kind="accepted", at=at + timedelta(hours=25))
    assert awaiting.find_stranded(at) == []
    awaiting.advance(at + timedelta(hours=48))
    assert len(mails_about(notice)) == 1
    awaiting.advance(at + timedelta(days=5))
    assert len(mails_about(notice)) == 2


def test_a_further_outcome_comes_after_the_first(case: Case, notice: Notice, officer: Client) -> None:
    address = f"/n/{notice.link_token}/reply/"
    officer.post(address, {"kind": "accepted"})
    officer.post(address, {"kind": "outcome", "outcome_reason": "met_safe"})
    assert officer.post(address, {"kind": "outcome", "outcome_reason": "proceedings_opened"}).status_code == 303
    assert list(notice.replies.values_list("reason", flat=True)) == ["", "met_safe", "proceedings_opened"]


@pytest.mark.parametrize(("typed", "stored"), [("15", 15), ("", None), (" 5 ", 5)])
def test_on_the_way_may_say_in_how_many_minutes(
    case: Case, notice: Notice, officer: Client, worker: Client, typed: str, stored: int | None
) -> None:
    officer.post(f"/n/{notice.link_token}/reply/", {"kind": "on_the_way", "minutes": typed})
    assert notice.replies.get().minutes == stored
    shown = worker.get(f"/field/cases/{case.reference}/").content.decode()
    assert (str(stored) in shown) if stored else True


@pytest.mark.parametrize("typed", ["0", "601", "soon", "-3", "1e2", "٣"])
def test_minutes_that_are_no_number_are_asked_about(notice: Notice, officer: Client, typed: str) -> None:
    found = officer.post(f"/n/{notice.link_token}/reply/", {"kind": "on_the_way", "minutes": typed})
    assert found.status_code == 422
    assert not notice.replies.exists()


def test_who_never_reports_an_outcome_is_reminded_and_then_a_coordinator_calls(case: Case, notice: Notice) -> None:
    open_with_pin(notice)
    at = timezone.now()
    answer(notice=notice, kind="accepted", at=at)
    awaiting.advance(at + timedelta(hours=25))
    (asked,) = mails_about(notice)
    notice_clock.advance(at + timedelta(hours=38))
    notice_clock.advance(at + timedelta(hours=51))
    call = Notice.objects.get(chases=asked, purpose=Purpose.CALL)
    assert call.role == Role.COORDINATOR
    assert str(NO_OUTCOME) in str(call.brief)
    assert awaiting.advance(at + timedelta(hours=51)) == 0
    open_with_pin(call)
    answer(notice=call, kind="accepted", at=at + timedelta(hours=52))
    answer(notice=call, kind="outcome", reason="reached", at=at + timedelta(hours=52))
    asked.refresh_from_db()
    assert not asked.is_open
    assert awaiting.find_stranded(at) == []
    awaiting.advance(at + timedelta(days=6))
    assert len(mails_about(notice)) == 2


# ---- only let them know ----


def test_a_word_that_nobody_reads_reaches_the_unit_and_then_a_coordinator(
    scene: Scene, case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    put_on_duty(make_office(Role.MOBILE_UNIT, region=scene.place.region))
    assert ask(officer, notice, SAID, "word").status_code == 303
    assert ask(officer, notice, "Kanarina: and a second word", "word").status_code == 303
    duty = Deadline.objects.get(case=case, key=WORD)  # one, however many come in
    due = duty.starts_at + timedelta(hours=4)
    assert duty.amber_at == due
    assert deadline_clock.advance(due - timedelta(minutes=1)) == 0
    for minutes in (0, 120, 240, 480):
        deadline_clock.advance(due + timedelta(minutes=minutes, seconds=1))
        notice_clock.advance(due + timedelta(minutes=minutes, seconds=1))
    told = Notice.objects.filter(chase_id=Deadline.objects.get(pk=duty.pk).chase_id).order_by("owed_at")
    roles = [(each.purpose, each.role) for each in told]
    assert roles[0] == ("duty", "mobile_unit")
    assert roles[-1] == ("call", "coordinator")
    assert not any("Kanarina" in str(each.brief) for each in told)
    page = f"/field/cases/{case.reference}/"
    assert f"/notices/{notice.pk}/talk/" in worker.get(page).content.decode()
    assert worker.get(page_of(case, notice)).status_code == 200
    duty.refresh_from_db()
    assert duty.met_at is None  # looking changes nothing
    assert worker.post(page_of(case, notice), {"do": "read"}).status_code == 302
    duty.refresh_from_db()
    assert duty.met_at is not None
    deadline_clock.advance(due + timedelta(days=3))
    assert not Notice.objects.open().filter(chase_id=duty.chase_id).exists()


def test_the_next_word_after_reading_is_a_duty_of_its_own(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    ask(officer, notice, SAID, "word")
    worker.post(page_of(case, notice), {"do": "read"})
    ask(officer, notice, "And more", "word")
    first, second = Deadline.objects.filter(key=WORD).order_by("pk")
    assert first.met_at is not None
    assert second.met_at is None


def test_whoever_answers_or_adds_has_read_what_came_before(
    case: Case, notice: Notice, officer: Client, worker: Client
) -> None:
    ask(officer, notice, SAID, "word")
    assert add(worker, case, notice, "Thank you").status_code == 302
    assert Deadline.objects.get(key=WORD).met_at is not None
