"""Correcting a form that was sent: a new version beside the old, nobody notified twice, and whoever read it told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.models import Case, CaseEvent, Deadline, Referral
from notifications.briefs.models import EarlierBrief
from notifications.briefs.replies import answer
from notifications.directory.models import Role
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import BriefDocument, Notice, Purpose, ReplyKind
from notifications.outbox.states import NoticeState
from tests.world.consents import record_consent
from tests.world.scene import Scene, make_scene

from ..actions import CorrectedSince, Received, submit_draft
from ..confirmations import OF_A_DRILL
from ..correcting import MAX_VERSIONS, CorrectionRefused, correct_newest_instead, start_correction
from ..models import Submission

pytestmark = pytest.mark.django_db

CANARY = "kanarina-7741"


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def correct(sent: Submission, by: User, reason: str = "The age was wrong.", **answers: Any) -> Received:
    """Correct a submission with these answers; None leaves one out."""
    draft = start_correction(submission=sent, reason=reason, by=by)
    changed = {**draft.answers, **answers}
    draft.answers = {key: value for key, value in changed.items() if value is not None}
    draft.save(update_fields=["answers"])
    warnings = [warning["key"] for warning in draft.form_version.definition.get("warnings", [])]
    return submit_draft(draft=draft, user=by, confirmed=[*warnings, OF_A_DRILL])


def notices(case: Case | None, role: str) -> list[Notice]:
    assert case is not None
    return list(Notice.objects.filter(case_id=case.pk, role=role).order_by("owed_at", "pk"))


def was_sent(notice: Notice) -> None:
    """Let the notice be sent, as a worker process would."""
    Notice.objects.filter(pk=notice.pk).update(
        state=NoticeState.SENT, sent_at=timezone.now(), attempts=1, next_attempt_at=None
    )
    notice.refresh_from_db()


def values(brief: Any) -> str:
    return str([row["value"]["en"] for section in brief["sections"] for row in section["rows"]])


def test_a_correction_stands_beside_the_old_version_in_the_same_case(scene: Scene) -> None:
    sent = scene.send().submission
    corrected = correct(sent, scene.worker, age_stated=31).submission
    sent.refresh_from_db()
    assert (sent.answers["age_stated"], corrected.answers["age_stated"]) == (30, 31)
    assert corrected.corrects == sent
    assert corrected.case == sent.case
    assert Case.objects.count() == 1
    assert corrected.correction_reason == "The age was wrong."
    assert list(Submission.objects.current()) == [corrected]


def test_nobody_is_notified_a_second_time_and_the_brief_is_corrected_where_it_is(scene: Scene) -> None:
    sent = scene.send(danger="no").submission
    [before] = notices(sent.case, Role.POLICE)
    correct(sent, scene.worker, danger="yes")
    [after] = notices(sent.case, Role.POLICE)
    assert (after.pk, after.code, after.next_step_at) == (before.pk, before.code, before.next_step_at)
    assert "yes" in values(after.brief).lower()
    [earlier] = EarlierBrief.objects.filter(notice=after)
    assert earlier.seen_at is None
    assert values(earlier.brief) == values(before.brief)


def test_a_notice_that_was_sent_and_waits_for_an_answer_is_sent_again(scene: Scene) -> None:
    sent = scene.send().submission
    [police] = notices(sent.case, Role.POLICE)
    was_sent(police)
    correct(sent, scene.worker, danger="yes")
    police.refresh_from_db()
    assert (police.state, police.repeats) == (NoticeState.OWED, 1)


def test_who_was_missing_is_notified_at_once_with_a_clock(scene: Scene) -> None:
    sent = scene.send(age_stated=30).submission
    assert notices(sent.case, Role.CPU) == []
    correct(sent, scene.worker, age_stated=15)
    [cpu] = notices(sent.case, Role.CPU)
    assert (cpu.purpose, cpu.state, cpu.answer_by is not None) == (Purpose.FIRST, NoticeState.OWED, True)
    assert Deadline.objects.filter(case=sent.case, key="assessment").count() == 1
    sent.case.refresh_from_db()
    assert sent.case.child_track


def test_who_had_accepted_gets_a_notice_that_says_so_and_only_confirms_it(scene: Scene) -> None:
    sent = scene.send().submission
    [police] = notices(sent.case, Role.POLICE)
    was_sent(police)
    answer(notice=police, kind=ReplyKind.ACCEPTED)
    correct(sent, scene.worker, danger="yes")
    first, told = notices(sent.case, Role.POLICE)
    assert first.state == NoticeState.ACCEPTED
    assert (told.purpose, told.contact, told.chases) == (Purpose.CORRECTION, first.contact, None)
    assert told.next_step_at is not None
    assert values(told.brief) == values(first.brief)
    [earlier] = EarlierBrief.objects.filter(notice=first)
    assert earlier.seen_at is not None
    was_sent(told)
    with pytest.raises(Exception, match="unknown_answer"):
        answer(notice=told, kind=ReplyKind.DECLINED, reason="busy_elsewhere")
    answer(notice=told, kind=ReplyKind.ACCEPTED)
    told.refresh_from_db()
    assert told.state == NoticeState.ACCEPTED


def test_who_had_declined_is_asked_no_more_and_the_duty_to_notify_begins_anew(scene: Scene) -> None:
    sent = scene.send().submission
    [authority] = notices(sent.case, Role.RESPONSIBLE_AUTHORITY)
    was_sent(authority)
    answer(notice=authority, kind=ReplyKind.DECLINED, reason="not_competent")
    Notice.objects.open().filter(chase_id=authority.chase_id).update(
        state=NoticeState.CLOSED, closed_at=timezone.now(), next_step_at=None, next_attempt_at=None
    )
    correct(sent, scene.worker, age_stated=31)
    anew = [each for each in notices(sent.case, Role.RESPONSIBLE_AUTHORITY) if each.chases is None]
    assert [each.purpose for each in anew] == [Purpose.FIRST, Purpose.FIRST]


def test_who_would_not_be_notified_any_more_is_told_of_the_correction(scene: Scene) -> None:
    sent = scene.send(age_stated=15, first_name="Ana").submission
    [cpu] = notices(sent.case, Role.CPU)
    was_sent(cpu)
    mark_opened(notice=cpu, at=timezone.now())
    correct(sent, scene.worker, age_stated=30, first_name="Anna")
    [cpu] = notices(sent.case, Role.CPU)
    assert cpu.repeats == 1
    assert "Anna" in values(cpu.brief)
    # the child track is never switched off by a form
    sent.case.refresh_from_db()
    assert sent.case.child_track


def test_a_form_that_no_rule_is_about_any_more_stays_in_its_case_and_everybody_is_told(scene: Scene) -> None:
    sent = scene.send().submission
    [police] = notices(sent.case, Role.POLICE)
    was_sent(police)
    corrected = correct(sent, scene.worker, result="not_victim", story=None).submission
    assert corrected.case == sent.case
    police.refresh_from_db()
    assert police.repeats == 1
    sent.case.refresh_from_db()
    assert sent.case.status == "potential_victim"
    event = CaseEvent.objects.get(submission_id=corrected.pk)
    words = str(event.explanation)
    assert "By the corrected form no case would have been opened" in words


def test_a_lower_status_is_said_and_not_taken(scene: Scene) -> None:
    case = scene.send().submission.case
    assert case is not None
    follow_up = scene.follow(case.reference, new_status="victim").submission
    corrected = correct(follow_up, scene.worker, new_status="at_risk").submission
    case.refresh_from_db()
    assert case.status == "victim"
    assert "A status never goes back by itself" in str(CaseEvent.objects.get(submission_id=corrected.pk).explanation)


def test_deadlines_and_tasks_are_not_started_twice(scene: Scene) -> None:
    sent = scene.send(age_stated=15).submission
    before = list(Deadline.objects.filter(case=sent.case).values_list("key", "starts_at").order_by("key"))
    correct(sent, scene.worker, age_stated=14)
    assert list(Deadline.objects.filter(case=sent.case).values_list("key", "starts_at").order_by("key")) == before


def test_the_correction_of_a_drill_is_a_drill_too(scene: Scene) -> None:
    sent = scene.send().submission
    assert sent.case is not None
    for row in (sent, sent.case):
        row.is_drill = True
        row.save(update_fields=["is_drill"])
    corrected = correct(sent, scene.worker, age_stated=15).submission
    assert corrected.is_drill
    told_anew = Notice.objects.filter(case_id=sent.case.pk, role=Role.CPU)
    assert {notice.is_drill for notice in told_anew} == {True}


def test_only_workers_of_the_unit_correct_and_only_the_newest_version(scene: Scene) -> None:
    from tests.world.places import make_unit_with_worker

    _unit, stranger = make_unit_with_worker(scene.place)
    sent = scene.send().submission
    with pytest.raises(CorrectionRefused, match="not_yours"):
        start_correction(submission=sent, reason="x", by=stranger)
    correct(sent, scene.worker, age_stated=31)
    with pytest.raises(CorrectionRefused, match="corrected_since"):
        start_correction(submission=sent, reason="x", by=scene.worker)


@pytest.mark.parametrize(
    ("reason", "code"), [("", "reason_missing"), (" \n", "reason_missing"), ("x" * 501, "too_long")]
)
def test_a_correction_needs_a_reason(scene: Scene, reason: str, code: str) -> None:
    with pytest.raises(CorrectionRefused, match=code):
        start_correction(submission=scene.send().submission, reason=reason, by=scene.worker)


def test_the_second_of_two_who_correct_is_refused_and_may_go_on_with_the_newest(scene: Scene) -> None:
    sent = scene.send().submission
    other = start_correction(submission=sent, reason="Mine", by=scene.worker)
    sent_first = Submission.objects.get(pk=sent.pk)
    other.corrects = None
    other.save(update_fields=["corrects"])
    correct(sent_first, scene.worker, age_stated=31)
    other.corrects = sent
    other.save(update_fields=["corrects"])
    with pytest.raises(CorrectedSince, match="corrected_since"):
        submit_draft(draft=other, user=scene.worker)
    other.refresh_from_db()
    assert (other.submitted_at, other.answers["age_stated"]) == (None, 30)
    correct_newest_instead(draft=other, by=scene.worker)
    last = submit_draft(draft=other, user=scene.worker).submission
    assert list(Submission.objects.current()) == [last]


def test_a_form_is_corrected_a_bounded_number_of_times(scene: Scene) -> None:
    newest = scene.send().submission
    for age in range(1, MAX_VERSIONS):
        newest = correct(newest, scene.worker, age_stated=30 + age).submission
    with pytest.raises(CorrectionRefused, match="too_often"):
        start_correction(submission=newest, reason="x", by=scene.worker)
    assert len(notices(newest.case, Role.POLICE)) == 1
    assert EarlierBrief.objects.filter(notice__role=Role.POLICE).count() == MAX_VERSIONS - 1


def test_the_case_can_t_be_changed_by_a_correction(scene: Scene) -> None:
    one, two = scene.send().submission.case, scene.send().submission.case
    assert one is not None
    assert two is not None
    follow_up = scene.follow(one.reference).submission
    with pytest.raises(Exception, match="another_case"):
        correct(follow_up, scene.worker, case_ref=two.reference)


def test_nothing_sealed_is_in_clear_in_the_tables_or_the_audit_chain(scene: Scene) -> None:
    sent = scene.send(story=CANARY + " one").submission
    correct(sent, scene.worker, reason=CANARY + " why", story=CANARY + " two")
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            assert all(CANARY not in str(row) for row in cursor.fetchall()), table
    codes = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"notice.corrected", "submission.read"} <= codes


def test_a_stored_sheet_is_made_again_from_the_corrected_brief(scene: Scene) -> None:
    sent = scene.send().submission
    [authority] = notices(sent.case, Role.RESPONSIBLE_AUTHORITY)
    BriefDocument.objects.create(notice=authority, pdf=b"old")
    correct(sent, scene.worker, age_stated=31)
    assert not BriefDocument.objects.filter(notice=authority).exists()


@pytest.fixture
def phone(scene: Scene, client: Client) -> Client:
    User.objects.filter(pk=scene.worker.pk).update(language="en")
    scene.worker.refresh_from_db()
    client.force_login(scene.worker)
    return client


def test_a_worker_corrects_over_http_and_reads_what_changed(scene: Scene, phone: Client) -> None:
    sent = scene.send().submission
    assert sent.case is not None
    reading = f"/field/cases/{sent.case.reference}/submissions/{sent.pk}/"
    assert f"/field/submissions/{sent.pk}/correct/" in phone.get(reading).content.decode()
    assert phone.get(f"/field/submissions/{sent.pk}/correct/").status_code == 200
    refused = phone.post(f"/field/submissions/{sent.pk}/correct/", {"reason": ""})
    assert (refused.status_code, b'id="reason-error"' in refused.content) == (422, True)
    review = phone.post(f"/field/submissions/{sent.pk}/correct/", {"reason": "Typed 30 for 13."}, follow=True)
    assert "No answer differs." in review.content.decode()
    draft = scene.worker.drafts.get()
    draft.answers = {**draft.answers, "age_stated": 13}
    draft.save()
    review = phone.get(f"/field/drafts/{draft.pk}/")
    page = review.content.decode()
    assert "Typed 30 for 13." in page
    assert "What you correct" in page
    assert "correction, notice 7K2M9-QXZ" in page  # what whoever has answered gets
    done = phone.post(f"/field/drafts/{draft.pk}/", {"looked_over": review.context["looked_over"]}, follow=True)
    assert "corrected since" in done.content.decode()
    old = phone.get(reading).content.decode()
    assert "Do not rely on what you read here." in old
    new = phone.get(f"/field/cases/{sent.case.reference}/submissions/{draft.pk}/").content.decode()
    assert "Typed 30 for 13." in new


def test_pages_of_a_correction_are_404_to_others(scene: Scene, client: Client) -> None:
    from tests.world.places import make_unit_with_worker

    _unit, stranger = make_unit_with_worker(scene.place)
    sent = scene.send().submission
    client.force_login(stranger)
    assert client.get(f"/field/submissions/{sent.pk}/correct/").status_code == 404
    assert client.post(f"/field/submissions/{sent.pk}/correct/", {"reason": "x"}).status_code == 404


def test_an_old_correction_draft_is_shown_as_such_after_somebody_else_was_faster(scene: Scene, phone: Client) -> None:
    sent = scene.send().submission
    draft = start_correction(submission=sent, reason="Mine", by=scene.worker)
    newer = Submission.objects.get(pk=sent.pk)
    newer.pk = draft.pk.__class__(int=draft.pk.int ^ 1)
    newer.corrects = sent
    newer.answers = sent.answers
    newer.save(force_insert=True)
    page = phone.get(f"/field/drafts/{draft.pk}/").content.decode()
    assert "Somebody has corrected this form in the meantime." in page
    assert "correct-newest" in page
    moved = phone.post(f"/field/drafts/{draft.pk}/correct-newest/", follow=True)
    assert "Somebody has corrected this form in the meantime." not in moved.content.decode()


def test_the_officer_sees_the_correction_and_what_stood_before(
    scene: Scene, staffed_page: Callable[[Notice], str]
) -> None:
    sent = scene.send(danger="no").submission
    [police] = notices(sent.case, Role.POLICE)
    was_sent(police)
    mark_opened(notice=police, at=timezone.now() - timedelta(minutes=2))
    correct(sent, scene.worker, danger="yes")
    page = staffed_page(police)
    assert "This notice was corrected" in page
    assert "You opened it before that" in page


@pytest.fixture
def staffed_page() -> Callable[[Notice], str]:
    """Render the recipient's page, past the PIN."""
    from django.template.loader import render_to_string
    from django.test import RequestFactory
    from django.utils import translation

    from notifications.briefs.pages import brief_page

    class Seen:
        language, token, address, reply_address, close_address = "en", "t", "/n/t/", "/n/t/", "/n/t/"

    def shown(notice: Notice) -> str:
        notice.refresh_from_db()
        visit: Any = Seen()
        visit.notice = notice
        with translation.override("en"):
            return render_to_string("briefs/brief.html", brief_page(visit), RequestFactory().get("/"))

    return shown


def test_a_referral_to_an_office_named_by_mistake_is_withdrawn_and_its_reader_told(scene: Scene) -> None:
    from tests.world.offices import make_office, put_on_duty

    case = scene.send().submission.case
    assert case is not None
    service = scene.offices[Role.PROTECTION_SERVICE]
    other = make_office(Role.PROTECTION_SERVICE, slug="another-shelter")
    put_on_duty(other)
    sent = scene.follow(case.reference, to_org=service.slug, service=["shelter"]).submission
    [first] = notices(case, Role.PROTECTION_SERVICE)
    was_sent(first)
    mark_opened(notice=first, at=timezone.now())
    record_consent(case, partner=other)
    correct(sent, scene.worker, to_org=other.slug)
    first.refresh_from_db()
    assert (first.state, first.reason, first.link_revoked_at is not None) == (NoticeState.CANCELLED, "corrected", True)
    by_office = {each.partner.slug: each for each in notices(case, Role.PROTECTION_SERVICE) if each.pk != first.pk}
    assert by_office[other.slug].purpose == Purpose.FIRST
    told = by_office[service.slug]
    assert told.purpose == Purpose.INFORM
    assert "may no longer be used" in values(told.brief)
    states = dict(Referral.objects.filter(case=case).values_list("partner__slug", "state"))
    assert states == {service.slug: "withdrawn", other.slug: "pending"}
