"""A merge never changes a status silently that two people or an authority decided on."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from access.models import User
from case_forms.cases.models import Case, CaseEvent, StatusChange
from case_forms.cases.statuses.actions import decide_status, propose_status
from case_forms.cases.statuses.models import StatusDecision
from case_forms.submissions.views.home import HEADINGS
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState

from .. import merging
from ..merge_status import compute_status
from .scenes import Two, make_two
from .test_between_units import _twins, client_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def two(db: None) -> Two:
    return make_two()


def decide(two: Two, case: Case, status: str) -> StatusChange:
    change = propose_status(case=case, wanted=status, reason="Looked at again.", by=two.worker)
    return decide_status(change=change, agree=True, by=two.coordinator)


def merge(two: Two, first: Case, second: Case) -> Any:
    asked = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    return merging.approve_merge(merge=asked, by=two.mate)


def undo(two: Two, merged: Any) -> None:
    merging.propose_undoing(merge=merged, by=two.mate)
    merging.approve_undoing(merge=merged, by=two.worker)


def status_of(case: Case) -> str:
    case.refresh_from_db()
    return case.status


def was_sent(case: Case, role: str = "police") -> Notice:
    found = Notice.objects.filter(case_id=case.pk, role=role, purpose=Purpose.FIRST).first()
    assert found is not None
    Notice.objects.filter(pk=found.pk).update(
        state=NoticeState.SENT, sent_at=timezone.now(), attempts=1, next_attempt_at=None
    )
    return found


def test_without_a_decision_the_further_status_stands_as_before(two: Two) -> None:
    first, second = _twins(two)
    Case.objects.filter(pk=second.pk).update(status="victim")
    second.refresh_from_db()
    merged = merge(two, first, second)
    assert status_of(first) == "victim"
    assert not StatusChange.objects.exists()
    undo(two, merged)
    assert (status_of(first), status_of(second)) == ("potential_victim", "victim")


@pytest.mark.parametrize("which", ["kept", "duplicate"])
def test_a_decided_status_stays_and_the_others_becomes_a_proposal_for_two(two: Two, which: str) -> None:
    first, second = _twins(two)
    decided = decide(two, first if which == "kept" else second, "at_risk")
    merged = merge(two, Case.objects.get(pk=first.pk), Case.objects.get(pk=second.pk))
    assert status_of(first) == "at_risk"
    [waiting] = StatusChange.objects.waiting()
    assert (waiting.case_id, waiting.before, waiting.wanted) == (first.pk, "at_risk", "potential_victim")
    assert waiting.merge_id == merged.pk
    [event] = CaseEvent.objects.filter(case=first, kind="merged_status_held")
    assert "two people decided on it" in str(event.explanation)
    page = client_of(two.worker).get(reverse("cases:status", args=[first.reference])).content.decode()
    assert "A case that was merged with this one had this status." in page
    # The second of the merge proposed it by agreeing, so somebody else decides.
    decide_status(change=waiting, agree=True, by=two.worker)
    assert status_of(first) == "potential_victim"
    assert StatusChange.objects.get(pk=decided.pk).decision == StatusDecision.AGREED


def test_undoing_restores_both_statuses_and_ends_the_proposal(two: Two) -> None:
    first, second = _twins(two)
    decide(two, second, "at_risk")
    merged = merge(two, first, Case.objects.get(pk=second.pk))
    undo(two, merged)
    assert (status_of(first), status_of(second)) == ("potential_victim", "at_risk")
    assert not StatusChange.objects.waiting().exists()
    # The decision is the other case's again.
    assert StatusChange.objects.get(decision=StatusDecision.AGREED).case_id == second.pk


def test_of_two_decisions_the_later_one_stands_and_the_result_of_an_authority_goes_before(two: Two) -> None:
    first, second = _twins(two)
    decide(two, first, "at_risk")
    decide(two, second, "suspected")
    first, second = Case.objects.get(pk=first.pk), Case.objects.get(pk=second.pk)
    assert compute_status(first, second).status == "suspected"
    Case.objects.filter(pk=first.pk).update(status="victim", formal_identification="done_confirmed")
    first.refresh_from_db()
    found = compute_status(first, second)
    assert (found.status, found.held_by, found.other) == ("victim", "formal", "suspected")
    merge(two, first, second)
    first.refresh_from_db()
    assert (first.status, first.formal_identification) == ("victim", "done_confirmed")


def test_the_result_of_the_formal_identification_comes_with_the_case(two: Two) -> None:
    first, second = _twins(two)
    Case.objects.filter(pk=second.pk).update(status="not_victim", formal_identification="done_not_confirmed")
    merged = merge(two, first, Case.objects.get(pk=second.pk))
    first.refresh_from_db()
    assert (first.status, first.formal_identification) == ("not_victim", "done_not_confirmed")
    undo(two, merged)
    first.refresh_from_db()
    assert (first.status, first.formal_identification) == ("potential_victim", "not_offered")


def test_whoever_was_told_another_status_is_told_and_told_again_when_it_is_undone(two: Two) -> None:
    first, second = _twins(two)
    police = was_sent(first)
    decide(two, second, "at_risk")
    assert not Notice.objects.filter(purpose=Purpose.CORRECTION).exists()
    merged = merge(two, first, Case.objects.get(pk=second.pk))
    [told] = Notice.objects.filter(purpose=Purpose.CORRECTION)
    assert (told.contact, told.case_id) == (police.contact, first.pk)
    assert "person at risk" in str(told.brief)
    assert "one case now" in str(told.brief)
    undo(two, merged)
    again = Notice.objects.filter(purpose=Purpose.CORRECTION).exclude(pk=told.pk)
    assert [notice.contact for notice in again] == [police.contact]
    assert "potential victim" in str(again[0].brief)


def test_the_merge_page_says_the_status_before_anybody_agrees(two: Two) -> None:
    first, second = _twins(two)
    decide(two, second, "at_risk")
    asked = merging.propose_merge(kept=first, duplicate=Case.objects.get(pk=second.pk), by=two.worker)
    address = reverse("finding:merge", args=[asked.pk])
    page = client_of(two.mate).get(address).content.decode()
    assert "Status if they are merged" in page
    assert "person at risk" in page
    assert "that becomes a proposal" in page
    merging.approve_merge(merge=asked, by=two.mate)
    page = client_of(two.mate).get(address).content.decode()
    assert "Status after the merge" in page
    assert reverse("cases:status", args=[first.reference]) in page


def test_a_proposal_that_still_fits_goes_on_in_the_case_that_stays(two: Two) -> None:
    first, second = _twins(two)
    change = propose_status(case=second, wanted="at_risk", reason="Mistyped.", by=two.worker)
    merged = merge(two, first, second)
    change.refresh_from_db()
    assert (change.case_id, change.decision) == (first.pk, StatusDecision.WAITING)
    decide_status(change=StatusChange.objects.get(pk=change.pk), agree=True, by=two.coordinator)
    assert status_of(first) == "at_risk"
    # Decided meanwhile: undoing leaves what two people decided since.
    undo(two, merged)
    assert status_of(first) == "at_risk"


def test_a_proposal_that_fits_no_more_ends_and_its_author_reads_where_to_propose_it(two: Two) -> None:
    first, second = _twins(two)
    change = propose_status(case=second, wanted="victim", reason="She said so.", by=two.worker)
    decide(two, first, "at_risk")
    merged = merge(two, Case.objects.get(pk=first.pk), second)
    change.refresh_from_db()
    assert change.decision == StatusDecision.MERGED
    for address in ("/field/", "/field/day/", "/field/?list=ended_statuses"):
        page = client_of(two.worker).get(address).content.decode()
        assert "Your proposal has ended" in page, address
        assert reverse("cases:status", args=[first.reference]) in page, address
        assert "Your proposal has ended" not in client_of(two.mate).get(address).content.decode()
    old = client_of(two.worker).get(reverse("cases:status", args=[second.reference]))
    assert old["Location"] == reverse("cases:status", args=[first.reference])
    undo(two, merged)
    change.refresh_from_db()
    assert (change.case_id, change.decision, change.decided_by) == (second.pk, StatusDecision.WAITING, None)
    assert "Your proposal has ended" not in client_of(two.worker).get("/field/").content.decode()


def test_of_two_proposals_that_of_the_case_that_stays_goes_on(two: Two) -> None:
    first, second = _twins(two)
    here = propose_status(case=first, wanted="at_risk", reason="Mistyped.", by=two.worker)
    there = propose_status(case=second, wanted="victim", reason="She said so.", by=two.mate)
    merged = merge(two, first, second)
    here.refresh_from_db(), there.refresh_from_db()
    assert (here.decision, there.decision) == (StatusDecision.WAITING, StatusDecision.MERGED)
    undo(two, merged)
    there.refresh_from_db()
    assert there.decision == StatusDecision.WAITING
    assert set(StatusChange.objects.waiting().values_list("case", flat=True)) == {first.pk, second.pk}


def test_another_region_reads_nothing_of_it(two: Two) -> None:
    first, second = _twins(two)
    asked = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    stranger: User = two.other_worker
    assert client_of(stranger).get(reverse("finding:merge", args=[asked.pk])).status_code == 404
    assert client_of(stranger).get(reverse("cases:status", args=[first.reference])).status_code == 404
    assert "ended_statuses" in HEADINGS


def test_the_merge_page_shows_what_recipients_get_before_the_press(two: Two) -> None:
    first, second = _twins(two)
    was_sent(first)
    decide(two, second, "at_risk")
    asked = merging.propose_merge(kept=first, duplicate=Case.objects.get(pk=second.pk), by=two.worker)
    address = reverse("finding:merge", args=[asked.pk])
    page = client_of(two.mate).get(address).content.decode()
    assert "1 person was notified of this case and gets it." in page
    assert "one case now" in page
    # Whoever proposed only waits; whoever may press reads it.
    assert "What the recipient gets" not in client_of(two.worker).get(address).content.decode()
    merged = merging.approve_merge(merge=asked, by=two.mate)
    assert "What the recipient gets" not in client_of(two.mate).get(address).content.decode()
    merging.propose_undoing(merge=merged, by=two.mate)
    page = client_of(two.worker).get(address).content.decode()
    assert "1 person was notified of this case and gets it." in page
    assert "are two again" in page
    assert "potential victim" in page


def test_a_merge_that_tells_nobody_shows_no_message(two: Two) -> None:
    first, second = _twins(two)
    was_sent(first)
    asked = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    page = client_of(two.mate).get(reverse("finding:merge", args=[asked.pk])).content.decode()
    assert "What the recipient gets" not in page
