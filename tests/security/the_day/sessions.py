"""Informative sessions, their cards, pages, numbers and calendars; and what operators and auditors do."""

import uuid
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from audit.models import PutAside
from case_forms.form_builder.models import FormVersion
from case_forms.session_requests.actions import receive_request
from case_forms.session_requests.models import SessionRequest
from outreach_pages.models import InformativeSession
from outreach_pages.pages.actions import compute_state_mark, get_pages
from outreach_pages.records.actions import record_session
from outreach_pages.records.forms.outcome import CELLS, cell_name
from outreach_pages.records.models import CalendarAddress
from outreach_pages.records.phones.actions import set_aside
from outreach_pages.records.phones.models import PhoneRecord, ReturnedWhy

from .acts import act, each_of
from .day import Day, in_days
from .staff import Staff


def get_plan(day: Day, ahead: int = 3) -> dict[str, Any]:
    return {
        "unit": "vlore", "municipality": "himare", "place_type": "high_school",
        "place_name": f"Shkolla Kanarina {day.number()}", "date": in_days(ahead).isoformat(), "starts_at": "10:00",
        "ends_at": "10:45", "audience": "high_school", "language": "sq", "topics": ["reporting"],
    }  # fmt: skip


def planned(day: Day, *, ahead: int = 3) -> InformativeSession:
    day.worker.post("sessions:plan", **get_plan(day))
    made = InformativeSession.objects.latest("planned_at")
    InformativeSession.objects.filter(pk=made.pk).update(date=in_days(ahead))
    made.refresh_from_db()
    return made


def counts() -> dict[str, Any]:
    cells = {cell_name(*cell): 0 for cell in CELLS} | {cell_name(*CELLS[0]): 12}
    return {"total": 12, "topics": ["reporting"], "method": "talk", "language": "sq", **cells}


@each_of(("worker", "coordinator"))
def _planning(who: str) -> None:
    @act("session.planned", who, "sessions:plan")
    def plan_a_session(day: Day, me: Staff) -> Any:
        me.post("sessions:plan", **get_plan(day))
        return InformativeSession.objects.latest("planned_at")

    @act("session.changed", who, "sessions:change")
    def change_a_session(day: Day, me: Staff) -> Any:
        made = planned(day)
        me.fill("sessions:change", made.pk, starts_at="11:00", ends_at="11:45")
        return made

    @act("session.cancelled", who, "sessions:cancel")
    def call_a_session_off(day: Day, me: Staff) -> Any:
        made = planned(day)
        me.post("sessions:cancel", made.pk, reason="weather")
        return made

    @act("session.planned_again", who, "sessions:again")
    def put_a_session_back(day: Day, me: Staff) -> Any:
        made = call_a_session_off(day, me)
        me.post("sessions:again", made.pk)
        return made

    @act("calendar_address.made", who, "sessions:make_subscription")
    def make_a_calendar_address(day: Day, me: Staff) -> Any:
        me.post("sessions:make_subscription")
        return CalendarAddress.objects.get(user=me.user, revoked_at=None)

    @act("calendar_address.revoked", who, "sessions:revoke_subscription")
    def stop_a_calendar_address(day: Day, me: Staff) -> Any:
        made = make_a_calendar_address(day, me)
        me.post("sessions:revoke_subscription")
        return made

    @act("session.page_made", who, "session_cards:page")
    def make_a_sessions_page(day: Day, me: Staff) -> Any:
        made = planned(day, ahead=-1)
        me.post("session_cards:page", made.pk)
        return "informativesession", made.pk

    @act("session.page_renewed", who, "session_cards:renew")
    def renew_a_sessions_page(day: Day, me: Staff) -> Any:
        kind, pk = make_a_sessions_page(day, me)
        me.post("session_cards:renew", pk)
        return kind, pk

    @act("session.card_kept_until", who, "session_cards:keep")
    def end_a_card(day: Day, me: Staff) -> Any:
        made = planned(day, ahead=-1)
        me.post("session_cards:keep", made.pk, how_long="ends")
        return made

    @act("sessions.numbers_exported", who, "sessions:numbers_file")
    def take_numbers_out(day: Day, me: Staff) -> Any:
        me.send(reverse("sessions:numbers_file"), "get")
        return None


@act("session.held", "worker", "sessions:outcome")
def record_a_session(day: Day, me: Staff) -> Any:
    made = planned(day, ahead=-1)
    me.post("sessions:outcome", made.pk, **counts())
    return made


@act("session.corrected", "worker", "sessions:outcome")
def correct_a_session(day: Day, me: Staff) -> Any:
    made = record_a_session(day, me)
    me.post("sessions:outcome", made.pk, **counts() | {"method": "seminar"})
    return made


def set_aside_from_a_phone(day: Day, me: Staff) -> PhoneRecord:
    made = planned(day, ahead=-1)
    fields = [("_session", str(made.pk)), *((name, str(value)) for name, value in counts().items() if value)]
    return set_aside(identity=uuid.uuid4(), fields=fields, by=me.user, unit=made.unit, why=ReturnedWhy.CHANGED)


@act("session.phone_record_ended", "worker", "sessions:phone_record")
def delete_what_came_from_a_phone(day: Day, me: Staff) -> Any:
    record = set_aside_from_a_phone(day, me)
    me.post("sessions:phone_record", record.pk, do="delete")
    return record.session


@act("session.phone_record_named", "worker", "sessions:phone_record")
def say_of_which_session_it_is(day: Day, me: Staff) -> Any:
    made = planned(day, ahead=-1)
    fields = [("_session", str(uuid.uuid4())), ("_seen", "planned_here"), ("total", "3")]
    record = set_aside(identity=uuid.uuid4(), fields=fields, by=me.user, unit=made.unit, why=ReturnedWhy.NO_PLAN)
    me.post("sessions:phone_record", record.pk, do="which", session=str(made.pk))
    return made


@act("session.page_taken_back", "worker", "session_cards:difference")
def put_the_records_words_back_on_a_page(day: Day, me: Staff) -> Any:
    made = planned(day, ahead=-1)
    me.post("session_cards:page", made.pk)
    for page in get_pages(made):
        page.intro = "Kanarina"
        page.save_revision(user=day.editor.user).publish()
    me.post("session_cards:difference", made.pk, seen=compute_state_mark(get_pages(made)))
    return "informativesession", made.pk


@act("put_aside.retried", "operator", "put_aside")
def try_rows_again(day: Day, me: Staff) -> Any:
    now = timezone.now()
    PutAside.objects.create(
        kind="page.check", row="1", code="ValueError", first_at=now, last_at=now, retry_at=now + timedelta(days=1)
    )
    me.post("put_aside")
    return None


@act("audit.read", "auditor", "audit")
def read_the_record(day: Day, me: Staff) -> Any:
    me.send("/cms/audit/", "get")
    return None


# ---- requests for a session ----


def asked(day: Day) -> SessionRequest:
    return receive_request(
        secret=uuid.uuid4().bytes + uuid.uuid4().bytes,
        form_version=FormVersion.objects.newest().for_public().get(form__key="session_request"),
        answers={"municipality": "himare", "institution": "Shkolla Kanarina", "contact_name": "Kanarina"},
        language="sq",
    ).request


@each_of(("worker", "coordinator"))
def _answering(who: str) -> None:
    @act("session_request.read", who, "session_requests:request")
    def read_a_request(day: Day, me: Staff) -> Any:
        found = asked(day)
        me.send(reverse("session_requests:request", args=[found.reference]), "get")
        return found

    @act("session_request.taken", who, "session_requests:take")
    def take_a_request(day: Day, me: Staff) -> Any:
        found = asked(day)
        me.post("session_requests:take", found.reference)
        return found

    @act("session_request.answered", who, "session_requests:answer")
    def answer_a_request(day: Day, me: Staff) -> Any:
        found = asked(day)
        me.post("session_requests:answer", found.reference, answer="contact", text="Kanarina")
        return found

    @act("session_request.declined", who, "session_requests:decline")
    def decline_a_request(day: Day, me: Staff) -> Any:
        found = asked(day)
        me.post("session_requests:decline", found.reference, reason="other", text="Kanarina")
        return found

    @act("session_request.handed_over", who, "session_requests:hand_over")
    def hand_a_request_over(day: Day, me: Staff) -> Any:
        found = asked(day)
        me.post("session_requests:hand_over", found.reference)
        return found

    @act("session_request.planned", who, "session_requests:plan")
    def plan_what_was_asked_for(day: Day, me: Staff) -> Any:
        found = asked(day)
        me.post("session_requests:plan", found.reference, **get_plan(day))
        return found


# ---- what people asked ----


def asked_at_session(day: Day) -> InformativeSession:
    made = planned(day, ahead=-1)
    return record_session(session=made, by=day.worker.user, values={"questions_raised": "Kanarina?"}, counts={})


@act("session.questions_marked", "editor", "people_asked_one")
def say_that_it_is_not_for_a_page(day: Day, me: Staff) -> Any:
    made = asked_at_session(day)
    me.post("people_asked_one", made.pk, do="not_for_a_page")
    return made


@act("session.questions_opened_again", "editor", "people_asked_one")
def open_what_was_asked_again(day: Day, me: Staff) -> Any:
    made = say_that_it_is_not_for_a_page(day, me)
    me.post("people_asked_one", made.pk, do="open")
    return made
