"""The field: drafts and submissions, cases, tips, zones and visits, sessions and their cards, files taken out."""

import copy
import json
import uuid
from datetime import timedelta
from typing import Any
from unittest import mock

from django.urls import reverse
from django.utils import timezone

from access.models import FieldToken, Municipality, User
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.models import Case, Deadline, FormMove, Referral, RightsRequest
from case_forms.cases.notes.actions import add_note
from case_forms.cases.notifying_instead import list_choices
from case_forms.cases.rights.held import compute_fingerprint, read_held
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.lists import unresolved
from case_forms.form_builder.models import FormDefinition, FormVersion
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.drafts.actions import start_draft
from case_forms.submissions.drill import drill_answers
from case_forms.submissions.exports.actions import run_export
from case_forms.submissions.exports.models import AnswerExport
from case_forms.submissions.models import Attachment, Draft, Submission
from case_forms.submissions.seeding.demo import CASES, TIP
from case_forms.tips.models import Tip
from case_forms.tips.public_actions import Origin, receive_tip
from case_forms.tips.wav import Recording
from case_forms.zones.models import PlannedVisit, Zone
from notifications.directory.models import DutyShift, Partner
from notifications.outbox.models import Notice
from sanitizer.tests import samples
from tests.world.consents import record_consent

from .acts import act, each_of
from .day import Day, in_days
from .staff import Staff

DANGER = {**TIP["answers"], "danger_now": "yes"}


def identification() -> dict[str, Any]:
    """Answers of the demo's first identification, about somebody else each time: one person has one case."""
    rows = json.loads(CASES.read_text(encoding="utf-8"))["submissions"]
    found: dict[str, Any] = next(row["answers"] for row in rows if row["form"] == "initial_identification")
    unnamed = {key: value for key, value in found.items() if key not in ("first_name", "last_name")}
    return {**unnamed, "safe_contact_phone": f"+35560{uuid.uuid4().int % 10_000_000:07d}"}


def draft(day: Day, **answers: Any) -> Draft:
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    worker = day.worker.user
    return start_draft(form_version=version, unit=worker.units().get(), owner=worker, answers=answers)


def a_case(day: Day) -> Case:
    return Case.objects.visible_to(day.worker.user).filter(closed_at=None).latest("opened_at")


def tip(day: Day, voice: Recording | None = None, **given: Any) -> Tip:
    unit = day.worker.user.units().get()
    return receive_tip(
        secret=uuid.uuid4().bytes + uuid.uuid4().bytes,
        form_version=FormVersion.objects.newest().for_public().get(form__key="public_tip"),
        answers=TIP["answers"] | {"what": "Kanarina"} | given,
        origin=Origin(region=unit.region, unit=unit),
        language="sq",
        voice=voice,
    ).tip


def get(me: Staff, route: str, *args: Any) -> Any:
    return me.send(reverse(route, args=args), "get")


# ---- drafts and submissions ----


@act("draft.started", "worker", "intake:start")
def begin_a_form(day: Day, me: Staff) -> Any:
    me.post("intake:start", "initial_identification")
    return Draft.objects.latest("started_at")


@act("draft.discarded", "worker", "intake:discard")
def throw_a_draft_away(day: Day, me: Staff) -> Any:
    made = draft(day)
    me.post("intake:discard", made.pk)
    return "draft", made.pk


@act("draft.moved", "worker", "intake:move")
def move_a_draft_to_a_newer_version(day: Day, me: Staff) -> Any:
    made = draft(day)
    form = made.form_version.form
    newer = copy.deepcopy(made.form_version.definition)
    newer["title"]["en"] = "Kanarina"
    save_definition(key=form.key, definition=unresolved(newer))
    publish_form(form=FormDefinition.objects.get(pk=form.pk))
    me.fill("intake:move", made.pk)
    return made


@act("submission.received", "worker", "intake:review")
def send_a_form(day: Day, me: Staff) -> Any:
    made = draft(day, **identification())
    me.fill("intake:review", made.pk)
    return Submission.objects.get(pk=made.pk)


@act("submission.received", "worker", "field_api:submissions")
def send_a_form_by_an_app(day: Day, me: Staff) -> Any:
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    token = FieldToken.issue(me.user)
    body = {
        "uuid": str(uuid.uuid4()), "form": "initial_identification", "version": version.number,
        "occurred_at": timezone.now().isoformat(), "answers": identification(),
    }  # fmt: skip
    address = reverse("field_api:submissions")
    headers = {"authorization": f"Bearer {token}"}
    answer = me.client.post(address, json.dumps(body), content_type="application/json", headers=headers)
    assert answer.status_code in (200, 201), answer.content
    me.driven.add("field_api:submissions")
    return Submission.objects.get(pk=body["uuid"])


@act("attachment.stored", "worker", "field_api:attachments")
def put_a_file_in_by_an_app(day: Day, me: Staff) -> Any:
    token = FieldToken.issue(me.user)
    headers = {"authorization": f"Bearer {token}", "x-file-name": "Kanarina.jpg"}
    answer = me.client.post(
        reverse("field_api:attachments"), samples.jpeg(), content_type="image/jpeg", headers=headers
    )
    assert answer.status_code == 201, answer.content
    me.driven.add("field_api:attachments")
    return Attachment.objects.get(pk=answer.json()["id"])


@act("attachment.read", "worker", "intake:attachment")
def open_a_file(day: Day, me: Staff) -> Any:
    found = put_a_file_in_by_an_app(day, me)
    get(me, "intake:attachment", found.pk)
    return found


@act("submission.read", "coordinator", "intake:case_submission")
def read_what_was_sent(day: Day, me: Staff) -> Any:
    found = a_case(day).submissions.latest("received_at")
    get(me, "intake:case_submission", found.case.reference, found.pk)
    return found


@act("draft.started", "worker", "intake:correct")
def correct_what_was_sent(day: Day, me: Staff) -> Any:
    sent = Submission.objects.visible_to(me.user).current().filter(unit__in=me.user.units(), case__isnull=False)
    sent = sent.filter(correcting_drafts=None, form_version__form__key="initial_identification")
    me.post("intake:correct", sent.latest("received_at").pk, reason="Kanarina")
    return Draft.objects.filter(owner=me.user).latest("started_at")


@act("draft.corrects_newer", "worker", "intake:correct_newest")
def go_on_with_a_correction_from_the_newest(day: Day, me: Staff) -> Any:
    draft = correct_what_was_sent(day, me)
    me.post("intake:correct_newest", draft.pk)
    return draft


@act("submission.received", "worker", "intake:review")
def send_a_correction(day: Day, me: Staff) -> Any:
    draft = correct_what_was_sent(day, me)
    warnings = [warning["key"] for warning in draft.form_version.definition["warnings"]]
    me.post("intake:review", draft.pk, confirmed=warnings)
    return "submission", draft.pk


@act("submission.handled", "coordinator", "intake:handled")
def say_that_a_form_is_handled(day: Day, me: Staff) -> Any:
    found = Submission.objects.visible_to(me.user).latest("received_at")
    Submission.objects.filter(pk=found.pk).update(is_unmatched=True, handled_at=None)
    me.post("intake:handled", found.pk)
    return found


@act("answers.exported", "coordinator", "intake:answers_out")
def take_answers_out(day: Day, me: Staff) -> Any:
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    me.fill("intake:answers_out", **get_export(version))
    return "formdefinition", version.form_id


def get_export(version: FormVersion) -> dict[str, Any]:
    since = f"{in_days(-30):%Y-%m-%d}"
    return {"form": version.form.key, "since": since, "format": "csv", "how": "codes"}


@each_of(("cases_case", "cases_referral", "cases_deadline", "intake_submission", "outbox_notice"))
def take_a_register_out(register: str) -> None:
    @act("register.exported", "coordinator", f"{register}_modeladmin_export")
    def take_rows_out(day: Day, me: Staff) -> Any:
        me.post(f"{register}_modeladmin_export", format="csv")
        return "register", register.rpartition("_")[2]


@act("answers.export_requested", "coordinator", "intake:answers_out")
def ask_for_a_large_export(day: Day, me: Staff) -> Any:
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    with mock.patch("case_forms.submissions.exports.views.AT_ONCE", 0):
        me.fill("intake:answers_out", **get_export(version))
    return "formdefinition", version.form_id


@act("answers.names_requested", "coordinator", "intake:answers_with_names")
def ask_for_names(day: Day, me: Staff) -> Any:
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    with mock.patch("case_forms.submissions.exports.with_names.MAX_ALONE", 0):
        me.fill("intake:answers_with_names", **get_export(version), reason="check", words="Kanarina")
    found = AnswerExport.objects.visible_to(me.user).filter(with_names=True).first()
    assert found is not None
    return found


def ask_as_another(day: Day, me: Staff) -> AnswerExport:
    asked = ask_for_names(day, me)
    other = User.objects.exclude(pk=me.user.pk).filter(assignments__role="coordinator").first()
    AnswerExport.objects.filter(pk=asked.pk).update(by=other)
    return asked


@act("answers.names_agreed", "coordinator", "intake:decide_names")
def agree_to_names(day: Day, me: Staff) -> Any:
    asked = ask_as_another(day, me)
    me.post("intake:decide_names", asked.pk, decision="agree", words="Kanarina")
    return asked


@act("answers.names_refused", "coordinator", "intake:decide_names")
def refuse_names(day: Day, me: Staff) -> Any:
    asked = ask_as_another(day, me)
    me.post("intake:decide_names", asked.pk, decision="refuse", words="Kanarina")
    return asked


@act("answers.export_dropped", "coordinator", "intake:drop_export")
def drop_an_export(day: Day, me: Staff) -> Any:
    ask_for_a_large_export(day, me)
    found = AnswerExport.objects.visible_to(me.user).first()
    assert found is not None
    me.post("intake:drop_export", found.pk)
    return found


@act("answers.fetched", "coordinator", "intake:fetch_export")
def fetch_an_export(day: Day, me: Staff) -> Any:
    ask_for_a_large_export(day, me)
    found = AnswerExport.objects.visible_to(me.user).first()
    assert found is not None
    run_export(str(found.pk))
    get(me, "intake:fetch_export", found.pk)
    return found


# ---- cases ----


@act("case.read", "coordinator", "cases:case")
def read_a_case(day: Day, me: Staff) -> Any:
    found = a_case(day)
    get(me, "cases:case", found.reference)
    return found


@act("case.read", "worker", "cases:case")
def read_ones_own_case(day: Day, me: Staff) -> Any:
    return read_a_case(day, me)


@act("case.fact_read", "coordinator", "cases:facts")
def read_what_is_known(day: Day, me: Staff) -> Any:
    found = a_case(day)
    get(me, "cases:facts", found.reference)
    return found


@act("case.fact_read", "worker", "cases:fact")
def read_the_history_of_one_fact(day: Day, me: Staff) -> Any:
    send_a_form(day, day.worker)
    found = a_case(day)
    get(me, "cases:fact", found.reference, "municipality")
    return found


@act("case.fact_ended", "worker", "cases:fact")
def note_that_something_is_no_longer_known(day: Day, me: Staff) -> Any:
    send_a_form(day, day.worker)
    found = a_case(day)
    me.post("cases:fact", found.reference, "municipality")
    return found


@act("case.lead_taken", "worker", "cases:lead")
def take_a_case_on(day: Day, me: Staff) -> Any:
    found = a_case(day)
    Case.objects.filter(pk=found.pk).update(lead=day.coordinator.user)
    me.post("cases:lead", found.reference)
    return found


@act("case.read", "coordinator", "cases_case_modeladmin_inspect")
def read_a_case_in_the_register(day: Day, me: Staff) -> Any:
    found = a_case(day)
    get(me, "cases_case_modeladmin_inspect", found.pk)
    return found


def ask_to_close(day: Day, me: Staff, route: str = "cases:close", **more: Any) -> Case:
    """A case for which closing is asked for, by whoever `me` is."""
    found = send_a_form(day, day.worker).case
    ends = find_open_ends(found)
    given = {"reason": "finished", "contact": "Kanarina", "open": "Kanarina", "notices": "withdraw"}
    given |= {"wish": "wants_more", "wish_words": "Kanarina", "risk": "Kanarina"}
    given |= {"despite": ends.despite, "seen": ends.fingerprint}
    me.post(route, found.reference, **given, **more)
    return found


@act("case.closing_asked", "worker", "cases:close")
def ask_to_close_a_case(day: Day, me: Staff) -> Any:
    return ask_to_close(day, me)


@act("case.closing_asked", "coordinator", "cases:close")
def ask_to_close_a_case_as_coordinator(day: Day, me: Staff) -> Any:
    return ask_to_close(day, me)


@act("case.void_asked", "worker", "cases:void")
def ask_to_void_a_case(day: Day, me: Staff) -> Any:
    found = send_a_form(day, day.worker).case
    me.post("cases:void", found.reference, reason="test", note="Kanarina", seen=find_open_ends(found).fingerprint)
    return found


@act("case.closing_withdrawn", "worker", "cases:closing")
def withdraw_a_closing(day: Day, me: Staff) -> Any:
    found = ask_to_close(day, me)
    me.post("cases:closing", found.reference, do="withdraw")
    return found


@act("case.closing_refused", "coordinator", "cases:closing")
def refuse_a_closing(day: Day, me: Staff) -> Any:
    found = ask_to_close(day, day.worker)
    me.post("cases:closing", found.reference, do="refuse", answer="Kanarina")
    return found


@act("case.closed", "coordinator", "cases:closing")
def agree_to_a_closing(day: Day, me: Staff) -> Any:
    found = ask_to_close(day, day.worker)
    me.post("cases:closing", found.reference, do="agree", seen=find_open_ends(found).fingerprint)
    return found


@act("case.voided", "coordinator", "cases:closing")
def agree_to_a_void(day: Day, me: Staff) -> Any:
    found = ask_to_void_a_case(day, day.worker)
    me.post("cases:closing", found.reference, do="agree", seen=find_open_ends(found).fingerprint)
    return found


def propose_a_status(day: Day, me: Staff) -> Case:
    """A case of which another status is proposed by whoever `me` is."""
    found = send_a_form(day, day.worker).case
    wanted = "victim" if found.status != "victim" else "at_risk"
    me.post("cases:status", found.reference, do="propose", status=wanted, reason="Kanarina")
    return found


def decide_a_status(me: Staff, found: Case, do: str) -> None:
    change = found.status_changes.get(decision="waiting")
    me.post("cases:status", found.reference, do=do, change=str(change.pk), answer="Kanarina")


@act("case.status_proposed", "worker", "cases:status")
def propose_another_status(day: Day, me: Staff) -> Any:
    return propose_a_status(day, me)


@act("case.status_withdrawn", "worker", "cases:status")
def withdraw_a_status(day: Day, me: Staff) -> Any:
    found = propose_a_status(day, me)
    decide_a_status(me, found, "withdraw")
    return found


@act("case.status_refused", "coordinator", "cases:status")
def refuse_a_status(day: Day, me: Staff) -> Any:
    found = propose_a_status(day, day.worker)
    decide_a_status(me, found, "refuse")
    return found


@act("case.status_decided", "coordinator", "cases:status")
def agree_to_a_status(day: Day, me: Staff) -> Any:
    found = propose_a_status(day, day.worker)
    decide_a_status(me, found, "agree")
    return found


def follow(day: Day, found: Case) -> Submission:
    """A form about this case, of the plainest kind."""
    version = FormVersion.objects.newest().get(form__key="follow_up")
    keys = {item["key"]: item for section in version.definition["sections"] for item in section["items"]}
    named = next(key for key, item in keys.items() if item.get("type") == "case_reference")
    answers = drill_answers(
        version.parsed_form,
        {"answers": {named: found.reference}, "text": "Kanarina"},
        municipality=found.municipality.slug,
        occurred_at=timezone.now(),
    )
    return receive_submission(
        uuid=uuid.uuid4(),
        form_key="follow_up",
        version=version.number,
        occurred_at=timezone.now(),
        answers=answers,
        user=day.worker.user,
        confirmed=[warning["key"] for warning in version.definition.get("warnings", [])],
    ).submission


def a_form_in_the_wrong_case(day: Day, me: Staff) -> tuple[Submission, Case]:
    """A form of a case, and the case that it is proposed for by whoever `me` is."""
    wrong, right = send_a_form(day, day.worker).case, send_a_form(day, day.worker).case
    sent = follow(day, wrong)
    me.post("intake:move_form", sent.pk, do="propose", target=right.reference, reason="Kanarina")
    return sent, right


def decide_a_move(me: Staff, sent: Submission, do: str) -> None:
    move = FormMove.objects.waiting().get(submission_id=sent.pk)
    me.post("intake:move_form", sent.pk, do=do, move=str(move.pk), answer="Kanarina")


@act("case.form_move_proposed", "worker", "intake:move_form")
def propose_to_move_a_form(day: Day, me: Staff) -> Any:
    return a_form_in_the_wrong_case(day, me)[0].case


@act("case.form_move_withdrawn", "worker", "intake:move_form")
def withdraw_the_move_of_a_form(day: Day, me: Staff) -> Any:
    sent, _right = a_form_in_the_wrong_case(day, me)
    decide_a_move(me, sent, "withdraw")
    return sent.case


@act("case.form_move_declined", "coordinator", "intake:move_form")
def decline_the_move_of_a_form(day: Day, me: Staff) -> Any:
    sent, _right = a_form_in_the_wrong_case(day, day.worker)
    decide_a_move(me, sent, "decline")
    return sent.case


@act("case.form_moved_away", "coordinator", "intake:move_form")
def move_a_form(day: Day, me: Staff) -> Any:
    sent, _right = a_form_in_the_wrong_case(day, day.worker)
    wrong = sent.case
    decide_a_move(me, sent, "agree")
    return wrong


@act("case.form_moved_here", "coordinator", "intake:move_form")
def move_a_form_here(day: Day, me: Staff) -> Any:
    sent, right = a_form_in_the_wrong_case(day, day.worker)
    decide_a_move(me, sent, "agree")
    return right


@act("submission.moved", "coordinator", "intake:move_form")
def move_a_form_of_a_case(day: Day, me: Staff) -> Any:
    sent, _right = a_form_in_the_wrong_case(day, day.worker)
    decide_a_move(me, sent, "agree")
    return sent


@act("case.reopened", "worker", "cases:reopen")
def open_a_case_again(day: Day, me: Staff) -> Any:
    found = agree_to_a_closing(day, day.coordinator)
    me.post("cases:reopen", found.reference, do="reopen", reason="new_risk", note="Kanarina")
    return found


@act("case.left_closed", "coordinator", "cases:reopen")
def leave_a_case_closed(day: Day, me: Staff) -> Any:
    found = agree_to_a_closing(day, me)
    Case.objects.filter(pk=found.pk).update(form_after_closing_at=timezone.now())
    me.post("cases:reopen", found.reference, do="leave")
    return found


def held(day: Day, me: Staff) -> Case:
    found = send_a_form(day, day.worker).case
    me.post("cases:hold", found.reference, do="place", words="Kanarina")
    return found


@act("case.hold_placed", "coordinator", "cases:hold")
def place_a_hold(day: Day, me: Staff) -> Any:
    return held(day, me)


@act("case.hold_lift_asked", "coordinator", "cases:hold")
def ask_to_lift_a_hold(day: Day, me: Staff) -> Any:
    found = held(day, me)
    me.post("cases:hold", found.reference, do="ask")
    return found


@act("case.hold_lifted", "coordinator2", "cases:hold")
def lift_a_hold(day: Day, me: Staff) -> Any:
    found = ask_to_lift_a_hold(day, day.coordinator)
    me.post("cases:hold", found.reference, do="lift")
    return found


def asked(day: Day, kind: str = "access", by: Staff | None = None) -> RightsRequest:
    """What a person asks about their data, registered by a worker."""
    found = send_a_form(day, day.worker).case
    given = {"received_through": "person", "identity": "known", "identity_words": "Kanarina", "language": "sq"}
    today = timezone.localdate().isoformat()
    (by or day.worker).post("cases:rights", found.reference, kind=kind, asked_on=today, **given)
    return RightsRequest.objects.get(case=found)


def proposed(day: Day, by: Staff, kind: str = "access") -> RightsRequest:
    found = asked(day, kind)
    outcome = "part" if kind == "access" else "lifted"
    seen = compute_fingerprint(read_held(found.case, found.language))
    answer = {"do": "propose", "outcome": outcome, "words": "Kanarina", "seen": seen}
    by.post("cases:right", found.case.reference, found.pk, **answer)
    return found


def decided(day: Day, kind: str = "access", agrees: Staff | None = None) -> RightsRequest:
    found = proposed(day, day.coordinator, kind)
    (agrees or day.coordinator2).post("cases:right", found.case.reference, found.pk, do="agree", words="Kanarina")
    return found


@act("rights.registered", "worker", "cases:rights")
def register_a_request(day: Day, me: Staff) -> Any:
    return asked(day, by=me).case


@act("rights.restricted", "coordinator", "cases:rights")
def restrict_a_case(day: Day, me: Staff) -> Any:
    return asked(day, "restriction", by=me).case


@act("rights.proposed", "worker", "cases:right")
def propose_an_answer(day: Day, me: Staff) -> Any:
    return proposed(day, me).case


@act("rights.decided", "coordinator2", "cases:right")
def agree_to_an_answer(day: Day, me: Staff) -> Any:
    return decided(day, agrees=me).case


@act("rights.restriction_lifted", "coordinator2", "cases:right")
def lift_a_restriction(day: Day, me: Staff) -> Any:
    return decided(day, "restriction", agrees=me).case


@act("rights.sent_back", "coordinator2", "cases:right")
def send_an_answer_back(day: Day, me: Staff) -> Any:
    found = proposed(day, day.coordinator)
    me.post("cases:right", found.case.reference, found.pk, do="send_back", words="Kanarina")
    return found.case


@act("rights.withdrawn", "worker", "cases:right")
def withdraw_a_request(day: Day, me: Staff) -> Any:
    found = asked(day)
    me.post("cases:right", found.case.reference, found.pk, do="withdraw")
    return found.case


@act("rights.handed_over", "worker", "cases:right")
def hand_a_file_over(day: Day, me: Staff) -> Any:
    found = decided(day)
    today = timezone.localdate().isoformat()
    me.post("cases:right", found.case.reference, found.pk, do="hand_over", to="person", on=today, words="Kanarina")
    return found.case


@act("rights.fetched", "worker", "cases:right_file")
def fetch_a_file(day: Day, me: Staff) -> Any:
    found = decided(day)
    me.send(reverse("cases:right_file", args=[found.case.reference, found.pk, "json"]), "get")
    return found.case


@act("rights.erasure_called_off", "worker", "cases:right")
def call_an_erasure_off(day: Day, me: Staff) -> Any:
    found = asked(day, "erasure")
    at = timezone.now()
    Case.objects.filter(pk=found.case_id).update(closed_at=at)
    day_of_it = (timezone.localdate() + timedelta(days=3)).isoformat()
    given = {"do": "propose", "outcome": "whole", "words": "Kanarina", "erase_on": day_of_it}
    day.coordinator.post("cases:right", found.case.reference, found.pk, **given)
    day.coordinator2.post("cases:right", found.case.reference, found.pk, do="agree", words="Kanarina")
    me.post("cases:right", found.case.reference, found.pk, do="call_off", words="Kanarina")
    return found.case


@act("referral.read", "coordinator", "cases_referral_modeladmin_inspect")
def read_a_referral(day: Day, me: Staff) -> Any:
    found = Referral.objects.filter(case__in=Case.objects.visible_to(me.user)).first()
    assert found is not None
    get(me, "cases_referral_modeladmin_inspect", found.pk)
    return found


@act("deadline.read", "coordinator", "cases_deadline_modeladmin_inspect")
def read_a_duty(day: Day, me: Staff) -> Any:
    found = Deadline.objects.filter(case__in=Case.objects.visible_to(me.user)).first()
    assert found is not None
    get(me, "cases_deadline_modeladmin_inspect", found.pk)
    return found


@act("submission.read", "coordinator", "intake_submission_modeladmin_inspect")
def read_a_submission_in_the_register(day: Day, me: Staff) -> Any:
    found = Submission.objects.filter(case__in=Case.objects.visible_to(me.user)).first()
    assert found is not None
    get(me, "intake_submission_modeladmin_inspect", found.pk)
    return found


def running_referral(me: Staff) -> Referral:
    mine = Referral.objects.filter(case__in=Case.objects.visible_to(me.user).open(), notice_id__isnull=False)
    found = mine.first()
    assert found is not None
    Referral.objects.filter(pk=found.pk).update(state="pending")
    return Referral.objects.get(pk=found.pk)


@act("referral.step", "worker", "cases:referral_step")
def note_an_arrival(day: Day, me: Staff) -> Any:
    found = running_referral(me)
    me.post("cases:referral_step", found.case.reference, found.pk, "arrived", way="unit", note="Kanarina")
    return found


@act("referral.answered", "worker", "cases:referral_step")
def note_an_answer_by_phone(day: Day, me: Staff) -> Any:
    found = running_referral(me)
    me.post(
        "cases:referral_step",
        found.case.reference,
        found.pk,
        "declined",
        way="phone",
        said_by="Kanarina",
        reason="no_free_bed",
    )
    return found


@act("referral.made", "worker", "cases:refer_again")
def refer_to_another_service(day: Day, me: Staff) -> Any:
    found = note_an_answer_by_phone(day, me)
    other = Partner.objects.filter(role=found.partner.role, is_active=True).exclude(pk=found.partner_id).first()
    assert other is not None
    record_consent(found.case, partner=other)
    me.post("cases:refer_again", found.case.reference, found.pk, partner=other.pk)
    return Referral.objects.get(after=found)


@act("notice.read", "coordinator", "outbox_notice_modeladmin_inspect")
def read_a_notice(day: Day, me: Staff) -> Any:
    found = Notice.objects.filter(case_id=a_case(day).pk).first()
    assert found is not None
    get(me, "outbox_notice_modeladmin_inspect", found.pk)
    return found


@act("notice.retried", "coordinator", "outbox_notice_modeladmin_retry")
def try_a_notice_again(day: Day, me: Staff) -> Any:
    found = Notice.objects.filter(case_id=a_case(day).pk, contact__isnull=False).first()
    assert found is not None
    Notice.objects.filter(pk=found.pk).update(state="failed", reason="network", next_attempt_at=timezone.now())
    me.post("outbox_notice_modeladmin_retry", found.pk)
    return found


@act("notice.told_instead", "coordinator", "cases:instead")
def tell_somebody_instead(day: Day, me: Staff) -> Any:
    DutyShift.objects.filter(partner__role="police").delete()
    send_a_form(day, day.worker)
    notice = Notice.objects.nobody_reached().filter(role="police").latest("owed_at")
    contact = list_choices(notice).near[0]
    me.post("cases:instead", notice.case_reference, notice.pk, contact=contact.pk, why="Kanarina")
    return Notice.objects.filter(contact=contact).latest("owed_at")


@act("consent.recorded", "worker", "cases:withdraw_consent")
def withdraw_a_consent(day: Day, me: Staff) -> Any:
    found = a_case(day)
    record_consent(found, role="health")
    me.post("cases:withdraw_consent", found.reference, "role:health", reason="Kanarina")
    return found


@act("notice.talk_addition", "worker", "cases:talk")
def add_to_a_notice(day: Day, me: Staff) -> Any:
    notices = Notice.objects.filter(role="police", purpose="first", contact__isnull=False, link_revoked_at=None)
    notice = notices.filter(case_id__in=Case.objects.filter(closed_at=None, unit__in=me.user.units())).latest("owed_at")
    me.post("cases:talk", notice.case_reference, notice.pk, text="Kanarina", do="add", key=str(uuid.uuid4()))
    return notice


@act("document.made", "worker", "cases:documents")
def make_a_document(day: Day, me: Staff) -> Any:
    found = a_case(day)
    me.post("cases:documents", found.reference, kind="summary")
    return found


@act("task.added", "worker", "cases:task_add")
def write_a_task_down(day: Day, me: Staff) -> Any:
    due = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    me.post("cases:task_add", a_case(day).reference, text="Kanarina", owner="mobile_unit", due=due)
    return Deadline.objects.latest("pk")


@act("deadline.met", "worker", "cases:task_done")
def finish_a_task(day: Day, me: Staff) -> Any:
    task = write_a_task_down(day, me)
    me.post("cases:task_done", a_case(day).reference, task.pk, text="Kanarina")
    return task


@act("case.note_added", "worker", "cases:note_add")
def write_a_note(day: Day, me: Staff) -> Any:
    found = a_case(day)
    me.post("cases:note_add", found.reference, text="Kanarina")
    return found


@act("case.note_corrected", "coordinator", "cases:note_correct")
def correct_a_note(day: Day, me: Staff) -> Any:
    found = a_case(day)
    note = add_note(case=found, text="Kanarina", by=day.worker.user)
    me.post("cases:note_correct", found.reference, note.pk, text="Kanarina e dytë")
    return found


@act("case.flagged", "worker", "cases:flags")
def set_a_flag_by_hand(day: Day, me: Staff) -> Any:
    found = a_case(day)
    # One that a rule of another version has set: the procedure of the day need not have any.
    Case.objects.filter(pk=found.pk).update(flags={"prova": {"sq": "prova", "en": "trial"}})
    me.post("cases:flags", found.reference, flag="clear:prova", reason="Kanarina")
    return found


@act("case.read", "worker", "cases:history")
def read_the_history(day: Day, me: Staff) -> Any:
    found = a_case(day)
    get(me, "cases:history", found.reference)
    return found


@act("case.readers_read", "coordinator", "cases:readers")
def see_who_has_read_it(day: Day, me: Staff) -> Any:
    found = a_case(day)
    get(me, "cases:readers", found.reference)
    return found


# ---- tips ----


@act("signal.read", "worker", "signals:signal")
def read_a_tip(day: Day, me: Staff) -> Any:
    found = tip(day)
    get(me, "signals:signal", found.reference)
    return found


@act("signal.voice_heard", "worker", "signals:voice")
def hear_what_was_said(day: Day, me: Staff) -> Any:
    found = tip(day, voice=Recording(8000, b"\1\2" * 8000))
    get(me, "signals:voice", found.reference)
    return found


@act("signal.taken", "worker", "signals:take")
def take_a_tip(day: Day, me: Staff) -> Any:
    found = tip(day)
    me.post("signals:take", found.reference)
    return found


@act("signal.taken", "coordinator", "signals:take")
def take_a_tip_as_coordinator(day: Day, me: Staff) -> Any:
    return take_a_tip(day, me)


@act("signal.answered", "worker", "signals:answer")
def answer_a_tip(day: Day, me: Staff) -> Any:
    found = tip(day)
    me.post("signals:answer", found.reference, text="Kanarina", key="a")
    return found


@each_of(("handled", "not_for_us", "spam"))
def _outcomes(outcome: str) -> None:
    @act("signal.closed", "worker", "signals:close")
    def close_a_tip(day: Day, me: Staff) -> Any:
        found = tip(day)
        me.post("signals:close", found.reference, outcome=outcome)
        return found

    close_a_tip.__name__ += f"_as_{outcome}"


@act("signal.closed", "worker", "signals:close_several")
def close_several_tips(day: Day, me: Staff) -> Any:
    found = tip(day)
    me.post("signals:close_several", reference=[found.reference, tip(day).reference])
    return found


@act("signal.let_others_know", "worker", "signals:let_others_know")
def let_others_know_of_a_tip(day: Day, me: Staff) -> Any:
    found = tip(day)
    Tip.objects.filter(pk=found.pk).update(held_back=True)
    me.post("signals:let_others_know", found.reference)
    return found


@act("signal.identification_begun", "worker", "intake:start")
def begin_from_a_tip(day: Day, me: Staff) -> Any:
    found = tip(day)
    me.post("intake:start", "initial_identification", signal=found.reference)
    return found


# ---- zones and visits ----


def zone(day: Day) -> Zone:
    return Zone.objects.create(municipality=Municipality.objects.get(slug="vlore"), name=f"Kanarina {day.number()}")


@act("zone.made", "coordinator", "outreach:zone_add")
def add_a_zone(day: Day, me: Staff) -> Any:
    name = f"Kanarina {day.number()}"
    me.fill("outreach:zone_add", name=name, municipality="vlore", is_active="on")
    return Zone.objects.get(name=name)


@act("zone.changed", "coordinator", "outreach:zone_change")
def change_a_zone(day: Day, me: Staff) -> Any:
    found = zone(day)
    me.fill("outreach:zone_change", found.pk, note="Kanarina")
    return found


@each_of(("worker", "coordinator"))
def _visits(who: str) -> None:
    @act("visit.planned", who, "outreach:plan")
    def plan_a_visit(day: Day, me: Staff) -> Any:
        found = zone(day)
        me.fill("outreach:plan", zone=found.pk, unit="vlore", on=f"{in_days(2):%Y-%m-%d}", note="Kanarina")
        return PlannedVisit.objects.get(zone=found)

    @act("visit.cancelled", who, "outreach:plan_cancel")
    def take_a_visit_off(day: Day, me: Staff) -> Any:
        found = plan_a_visit(day, me)
        me.post("outreach:plan_cancel", found.pk)
        return found


@act("report.counted", "coordinator", "outreach:month")
def look_at_a_units_month(day: Day, me: Staff) -> Any:
    me.send(f"{reverse('outreach:month')}?unit=vlore", "get")
    return "unit", "vlore"


@act("case.procedure_adopted", "coordinator", "intake:newer_procedure")
def take_a_case_over_to_the_procedure_in_force(day: Day, me: Staff) -> Any:
    found = a_case(day)
    now = ProcedureVersion.objects.in_force().definition
    settings = {**now["settings"], "adult_refusal": {**now["settings"]["adult_refusal"], "value": "none"}}
    saved = save_procedure(key=now["key"], definition={**now, "settings": settings})
    publish_procedure(procedure=saved, in_force_from=timezone.now())
    me.fill("intake:newer_procedure", found.reference)
    return found
