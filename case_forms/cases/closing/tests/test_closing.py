"""Closing a case: by two, with reason and words about what is open; it ends what runs, and can be taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.procedures.models import ProcedureVersion
from case_forms.submissions.dashboard import CaseFilter, CasePages
from case_forms.submissions.models import Submission
from notifications.briefs.links import get_notice_by_link
from notifications.escalation import clock as notice_clock
from notifications.escalation.findings import get_stranded_notices
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from tests.world.forms import texts
from tests.world.notices import postbox
from tests.world.places import make_coordinator
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from ... import deadline_clock
from ...deadlines import get_stranded_deadlines
from ...models import CLOSING_ASKED, Case, CaseClosing, CaseEvent, Deadline
from ..actions import CannotClose, ClosingRequest, ask_to_close, decide_closing, withdraw_closing
from ..open_ends import find_open_ends
from ..reopening import leave_closed, reopen_case

__all__ = ["postbox"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox")]

OWNED = {"owner": "mobile_unit", "ladder": "quick", "form": "small_follow_up"}


def rule(on: str, *then: dict[str, Any]) -> dict[str, Any]:
    return {"key": f"on_{on}", "title": texts(on), "on": on, "words": texts(f"Words of {on}."), "then": list(then)}


def enact_small(*rules: dict[str, Any], **setting: Any) -> ProcedureVersion:
    procedure = small_procedure()
    procedure["deadlines"]["assessment"] |= OWNED
    procedure["flags"] = {"seen": {"label": texts("seen")}}
    return enact({**procedure, "rules": [*procedure["rules"], *rules], **setting}, since=timezone.now())


@pytest.fixture
def scene(db: None) -> Scene:
    found = make_scene()
    enact_small()
    return found


@pytest.fixture
def coordinator(scene: Scene) -> User:
    return make_coordinator(scene.place)


def open_case(scene: Scene, **answers: Any) -> Case:
    case = scene.send(**answers).submission.case
    assert case is not None
    return case


def wanted(case: Case, act: str = "close", **more: Any) -> ClosingRequest:
    ends = find_open_ends(case)
    plain = {"reason": "finished", "open": "Another unit follows up.", "wish": "agrees", "despite": ends.despite}
    given = {"reason": "test", **more} if act == "void" else plain | more
    return ClosingRequest(act=act, seen=ends.fingerprint, **given)


def close(case: Case, by: User, second: User, act: str = "close", **more: Any) -> CaseClosing:
    asked = ask_to_close(case=case, wanted=wanted(case, act, **more), by=by)
    done = decide_closing(closing=asked, agree=True, by=second, seen=find_open_ends(case).fingerprint)
    case.refresh_from_db()
    return done


def test_nothing_changes_until_somebody_else_agrees(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    asked = ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    case.refresh_from_db()
    assert (case.closed_at, asked.decision) == (None, "waiting")
    with pytest.raises(CannotClose, match="own_request"):
        decide_closing(closing=asked, agree=True, by=scene.worker, seen=find_open_ends(case).fingerprint)
    decide_closing(closing=asked, agree=True, by=coordinator, seen=find_open_ends(case).fingerprint)
    case.refresh_from_db()
    assert case.closed_at is not None


def test_a_coordinator_who_asks_does_not_decide_and_the_database_holds_that(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    asked = ask_to_close(case=case, wanted=wanted(case), by=coordinator)
    with pytest.raises(CannotClose, match="own_request"):
        decide_closing(closing=asked, agree=True, by=coordinator, seen=find_open_ends(case).fingerprint)
    asked.decision, asked.decided_by, asked.decided_at = "agreed", coordinator, timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        asked.save()


def test_a_coordinator_of_another_region_and_an_editor_can_neither_ask_nor_decide(scene: Scene) -> None:
    from tests.world.places import make_place

    other = make_coordinator(make_place("lezhe", "Lezhë"))
    case = open_case(scene)
    with pytest.raises(CannotClose, match="not_allowed"):
        ask_to_close(case=case, wanted=wanted(case), by=other)
    asked = ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    with pytest.raises(CannotClose, match="not_allowed"):
        decide_closing(closing=asked, agree=True, by=other, seen=find_open_ends(case).fingerprint)


def test_closing_ends_duties_without_calling_them_met_and_withdraws_notices(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    send_due()
    done = close(case, scene.worker, coordinator)
    duties = Deadline.objects.filter(case=case).exclude(key=CLOSING_ASKED)  # which the decision has met
    assert duties.exists()
    assert not duties.filter(met_at__isnull=False).exists()
    assert not duties.filter(ended_at__isnull=True).exists()
    assert not duties.filter(next_mark_at__isnull=False).exists()
    assert not Notice.objects.open().filter(case_id=case.pk).exists()
    cancelled = Notice.objects.filter(case_id=case.pk, state="cancelled")
    assert set(cancelled.values_list("reason", flat=True)) == {"case_closed"}
    assert done.ended["duties"] == list(duties.order_by("pk").values_list("pk", flat=True))
    entry = AuditEntry.objects.get(action="case.closed")
    assert "Another unit" not in str(entry.detail)


def test_links_end_with_the_case(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    send_due()
    notice = Notice.objects.filter(role="police").get()
    mark_opened(notice=notice, at=timezone.now())
    assert get_notice_by_link(notice.link_token) is not None
    close(case, scene.worker, coordinator)
    assert get_notice_by_link(notice.link_token) is None


def test_notices_that_are_kept_go_on_with_their_clock(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    send_due()
    close(case, scene.worker, coordinator, keeps_notices=True)
    police = Notice.objects.get(role="police", purpose=Purpose.FIRST)
    assert police.is_open
    assert get_notice_by_link(police.link_token) is not None
    notice_clock.advance(timezone.now() + timedelta(hours=2))
    assert Notice.objects.filter(chase_id=police.pk).count() > 1
    assert not get_stranded_notices(timezone.now() + timedelta(hours=2))


def test_what_is_open_needs_words_and_what_changed_is_shown_again(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    with pytest.raises(CannotClose, match="no_words"):
        ask_to_close(case=case, wanted=wanted(case, open=" "), by=scene.worker)
    asked = ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    seen = find_open_ends(case).fingerprint
    duty = Deadline.objects.filter(case=case).first()
    assert duty is not None
    Deadline.objects.filter(pk=duty.pk).update(met_at=timezone.now(), next_mark_at=None)
    with pytest.raises(CannotClose, match="changed"):
        decide_closing(closing=asked, agree=True, by=coordinator, seen=seen)
    case.refresh_from_db()
    assert case.closed_at is None


def test_a_case_is_asked_about_once_and_refusing_or_withdrawing_frees_it(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    asked = ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    with pytest.raises(CannotClose, match="asked_already"):
        ask_to_close(case=case, wanted=wanted(case), by=coordinator)
    decide_closing(closing=asked, agree=False, by=coordinator, answer="Call her first.")
    again = ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    withdraw_closing(closing=again, by=scene.worker)
    with pytest.raises(CannotClose, match="decided"):
        decide_closing(closing=again, agree=True, by=coordinator, seen=find_open_ends(case).fingerprint)
    assert CaseClosing.objects.get(pk=asked.pk).words["answer"] == "Call her first."


def test_one_person_is_enough_where_the_procedure_says_so(scene: Scene) -> None:
    choice = {
        "label": texts("who closes"),
        "choices": [{"value": "two", "label": texts("two")}, {"value": "one", "label": texts("one")}],
        "default": "two",
        "value": "one",
        "basis": "x",
        "confidence": "proposal",
    }
    enact_small(settings={"closing_approval": choice})
    case = open_case(scene)
    done = ask_to_close(case=case, wanted=wanted(case), by=scene.worker)
    case.refresh_from_db()
    assert case.closed_at is not None
    assert done.decided_by == scene.worker


def test_a_closed_case_leaves_the_start_page_and_no_clock_of_it_moves(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    close(case, scene.worker, coordinator)
    pages = CasePages(scene.worker, CaseFilter(), timezone.now())
    assert list(pages.page(1).object_list) == []
    later = timezone.now() + timedelta(days=400)
    assert deadline_clock.advance(later) == 0
    assert notice_clock.advance(later) == 0
    assert not get_stranded_deadlines().exists()


def test_rules_respond_to_closing_and_reopening_with_the_reason(scene: Scene, coordinator: User) -> None:
    tell = {"do": "notify", "role": "cpu", "ladder": "quick"}
    flag = {"do": "set_flag", "flag": "seen"}
    heard = {**rule("case_closed", tell), "when": {"==": [{"var": "_closing_reason"}, "lost"]}}
    enact_small(heard, rule("case_reopened", flag))
    case = open_case(scene)
    close(case, scene.worker, coordinator, reason="lost")
    told = Notice.objects.get(role="cpu")
    assert told.is_open
    reopen_case(case=case, reason="contact_again", by=scene.worker)
    case.refresh_from_db()
    assert case.flags.keys() == {"seen"}


def test_a_form_about_a_closed_case_is_received_tells_everybody_and_offers_to_reopen(
    scene: Scene, coordinator: User
) -> None:
    case = open_case(scene)
    close(case, scene.worker, coordinator)
    before = Notice.objects.filter(role="police").count()
    sent = scene.follow(case.reference)
    case.refresh_from_db()
    assert sent.submission.case == case
    assert case.closed_at is not None
    assert case.form_after_closing_at == sent.submission.received_at
    assert Notice.objects.filter(role="police").count() >= before
    assert not Deadline.objects.unmet().filter(case=case).exists()
    leave_closed(case=case, by=coordinator)
    case.refresh_from_db()
    assert (case.form_after_closing_at, case.closed_at is not None) == (None, True)
    assert Submission.objects.filter(case=case).count() == 2


def test_a_duty_that_starts_again_has_the_time_that_was_left(scene: Scene, coordinator: User) -> None:
    case = open_case(scene, age_stated=15)
    duty = Deadline.objects.filter(case=case, key="assessment").get()
    close(case, scene.worker, coordinator)
    Deadline.objects.filter(pk=duty.pk).update(ended_at=timezone.now() - timedelta(days=90))
    left = duty.marks[-1] - (timezone.now() - timedelta(days=90))
    event = reopen_case(case=case, reason="new_risk", duties=[duty.pk], by=scene.worker)
    again = Deadline.objects.get(pk=duty.pk)
    assert again.ended_at is None
    assert again.next_mark_at is not None
    assert abs((again.marks[-1] - timezone.now()) - left) < timedelta(minutes=1)
    assert event.detail["duties"] == [duty.pk]
    # The others stay ended.
    of_case = Deadline.objects.filter(case=case).exclude(key=CLOSING_ASKED)
    assert of_case.filter(ended_at__isnull=False).count() == of_case.count() - 1


def test_voiding_takes_two_tells_everybody_and_leaves_the_counts(scene: Scene, coordinator: User) -> None:
    case = open_case(scene)
    send_due()
    told = set(Notice.objects.filter(case_id=case.pk, sent_at__isnull=False).values_list("contact_id", flat=True))
    assert told
    ask_to_close(case=case, wanted=wanted(case, "void"), by=scene.worker)
    reader = Client()
    reader.force_login(coordinator)
    shown = reader.get(f"/field/cases/{case.reference}/closing/")
    assert shown.context["recipient"].count == len(told)
    assert "7K2M9-QXZ" in shown.content.decode()
    asked = CaseClosing.objects.get(case=case)
    decide_closing(closing=asked, agree=True, by=coordinator, seen=find_open_ends(case).fingerprint)
    case.refresh_from_db()
    assert case.voided_at == case.closed_at
    assert not Case.objects.counted().filter(pk=case.pk).exists()
    notices = Notice.objects.filter(case_id=case.pk, purpose=Purpose.VOID)
    assert set(notices.values_list("contact_id", flat=True)) == told
    assert Submission.objects.filter(case=case).exists()
    with pytest.raises(CannotClose, match="void"):
        reopen_case(case=case, reason="new_risk", by=coordinator)
    send_due()
    assert not get_stranded_notices(timezone.now())


def test_the_words_are_sealed(scene: Scene, coordinator: User) -> None:
    from django.db import connection

    case = open_case(scene)
    close(case, scene.worker, coordinator, contact="Kanarina", note="Kanarina")
    with connection.cursor() as cursor:
        for table in ("cases_caseclosing", "cases_caseevent", "audit_auditentry"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            assert "Kanarina" not in str(cursor.fetchall())
    assert CaseEvent.objects.filter(case=case, kind="case_closed").exists()
