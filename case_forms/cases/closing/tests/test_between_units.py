"""Closing a case ends what is open between units about it, and whoever asked is told; reopening says so."""

from typing import Any

import pytest

from access.models import User
from audit.models import AuditEntry
from notifications.outbox.models import Notice, Purpose

from ...finding import merging, requests, transfers
from ...finding.models import CaseAccess, CaseMerge, CaseTransfer, IdentityRequest, ProbableMatch
from ...finding.tests.scenes import ANA, Two, client_of, make_two
from ...models import Case, CaseClosing, CaseEvent, Deadline
from ..open_ends import find_open_ends
from ..reopening import get_ended_duties
from .test_closing import close

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def two() -> Two:
    return make_two()


@pytest.fixture
def here(two: Two) -> Case:
    return two.send(two.worker, **ANA)


@pytest.fixture
def there(two: Two, here: Case) -> Case:
    return two.send(two.other_worker, municipality=two.there_place.municipality.slug, **ANA)


@pytest.fixture
def asked(there: Case, two: Two) -> IdentityRequest:
    """The other unit has asked to open the case here, because of its own."""
    return requests.ask_about_match(match=ProbableMatch.objects.get(case=there), by=two.other_worker)


@pytest.fixture
def proposed(two: Two, here: Case, there: Case) -> CaseMerge:
    CaseAccess.objects.create(case=here, unit=two.there)
    return merging.propose_merge(kept=here, duplicate=there, by=two.other_worker)


def page(user: User, path: str) -> str:
    User.objects.filter(pk=user.pk).update(language="en")
    response = client_of(user).get(path)
    assert response.status_code == 200, (path, response.status_code)
    return str(response.content.decode())


def close_over_http(two: Two, case: Case) -> None:
    """Ask as the worker and agree as the coordinator, with what each page showed."""
    given: dict[str, Any] = {"reason": "finished", "open": "Called.", "notices": "withdraw", "note": "", "contact": ""}
    ends = find_open_ends(case)
    given |= {"wish": "agrees", "despite": ends.despite, "seen": ends.fingerprint}
    asked = client_of(two.worker).post(f"/field/cases/{case.reference}/close/", given)
    assert asked.status_code == 302
    decide = {"do": "agree", "answer": "", "seen": find_open_ends(case).fingerprint}
    done = client_of(two.coordinator).post(f"/field/cases/{case.reference}/closing/", decide)
    assert done.status_code == 302
    case.refresh_from_db()
    assert case.closed_at is not None


def told(case: Case) -> list[Notice]:
    return list(Notice.objects.filter(case_id=case.pk, purpose=Purpose.INFORM))


def test_a_proposal_to_merge_ends_and_the_other_unit_is_told(two: Two, here: Case, proposed: CaseMerge) -> None:
    other = proposed.duplicate
    assert "Proposal to merge it with a case of" in page(two.worker, f"/field/cases/{here.reference}/close/")
    close_over_http(two, here)
    proposed.refresh_from_db()
    assert (proposed.ended_with_case, proposed.approved_at, proposed.dropped_at is not None) == (True, None, True)
    assert len(told(other)) == 1
    [event] = CaseEvent.objects.filter(case=other, kind="between_units_ended")
    assert "the other case was closed" in str(event.explanation)
    for person in (two.other_worker, two.other_mate, two.worker):
        assert "Not merged: one of the two cases was closed" in page(person, "/field/")
    assert "one of the two cases was closed" in page(two.other_worker, f"/field/find/merges/{proposed.pk}/")


def test_the_proposal_s_task_in_the_other_case_is_over(two: Two, there: Case, here: Case, proposed: CaseMerge) -> None:
    # Proposed by the unit there, so the unit here is asked; now it is the other case that is closed.
    close(there, two.other_worker, two.other_coordinator)
    assert not Deadline.objects.unmet().filter(case=here, key=merging.PROPOSED).exists()
    assert len(told(here)) == 1


def test_nobody_decides_about_a_merge_that_has_ended(two: Two, here: Case, proposed: CaseMerge) -> None:
    close_over_http(two, here)
    answer = client_of(two.mate).post(f"/field/find/merges/{proposed.pk}/", {"decision": "approve"})
    assert answer.status_code == 302
    proposed.refresh_from_db()
    assert proposed.approved_at is None
    # One that ended doesn't stand in the way of another, after reopening.
    client_of(two.worker).post(f"/field/cases/{here.reference}/reopen/", {"reason": "contact_again", "do": "reopen"})
    here.refresh_from_db()
    assert here.closed_at is None
    merging.propose_merge(kept=here, duplicate=proposed.duplicate, by=two.other_worker)


def test_nothing_is_proposed_about_a_case_that_another_tab_has_closed(two: Two, here: Case, there: Case) -> None:
    CaseAccess.objects.create(case=here, unit=two.there)
    stale = Case.objects.get(pk=here.pk)
    close(here, two.worker, two.coordinator)
    with pytest.raises(merging.MergeRefused, match="closed"):
        merging.propose_merge(kept=stale, duplicate=there, by=two.other_worker)


def test_a_request_to_open_the_case_ends_and_whoever_asked_reads_why(
    two: Two, here: Case, there: Case, asked: IdentityRequest
) -> None:
    close_over_http(two, here)
    asked.refresh_from_db()
    assert (asked.answer, asked.answered_at is not None) == ("closed", True)
    assert "because a case was closed" in page(two.other_worker, "/field/")
    shown = page(two.other_worker, f"/field/find/requests/{asked.pk}/")
    assert "It ended because a case was closed" in shown
    assert here.reference not in shown
    [notice] = told(there)
    assert here.reference not in str(notice.brief)
    assert client_of(two.other_worker).get(f"/field/cases/{here.reference}/").status_code == 404


def test_a_request_that_the_closed_case_was_the_reason_for_ends_too(
    two: Two, here: Case, there: Case, asked: IdentityRequest
) -> None:
    close(there, two.other_worker, two.other_coordinator)
    asked.refresh_from_db()
    assert asked.answer == "closed"
    assert not Deadline.objects.unmet().filter(case=here, key=requests.ASKED).exists()
    late = client_of(two.mate).post(f"/field/find/requests/{asked.pk}/", {"answer": "agree"})
    assert late.status_code in (302, 404)
    assert not CaseAccess.objects.filter(case=here).exists()


def test_a_transfer_ends_with_the_case_and_both_units_read_why(two: Two, here: Case) -> None:
    transfer = transfers.ask_transfer(
        case=here, to_unit=two.there, to_municipality=two.there_place.municipality, reason="Moved.", by=two.worker
    )
    assert "Handing the case over to" in page(two.coordinator, f"/field/cases/{here.reference}/close/")
    close_over_http(two, here)
    transfer.refresh_from_db()
    assert transfer.answer == "closed"
    for person in (two.worker, two.other_worker):
        assert "because the case was closed" in page(person, "/field/")
        assert "The case was closed before anybody answered" in page(person, f"/field/find/transfers/{transfer.pk}/")
    late = client_of(two.other_worker).post(f"/field/find/transfers/{transfer.pk}/", {"answer": "accept"})
    assert late.status_code == 302
    assert CaseTransfer.objects.get().answer == "closed"
    assert client_of(two.other_worker).get(f"/field/cases/{here.reference}/").status_code == 404


def test_reopening_says_what_stays_ended_and_starts_no_question_again(two: Two, here: Case) -> None:
    transfers.ask_transfer(
        case=here, to_unit=two.there, to_municipality=two.there_place.municipality, reason="Moved.", by=two.worker
    )
    close_over_http(two, here)
    ended = {"transfers": 1, "requests": 0, "merges": 0, "moves": 0, "statuses": 0}
    assert CaseClosing.objects.get().ended["between"] == ended
    assert transfers.ASKED not in {duty.key for duty in get_ended_duties(here)}
    assert "ended when the case was closed, and stays ended" in page(
        two.worker, f"/field/cases/{here.reference}/reopen/"
    )
    client_of(two.worker).post(f"/field/cases/{here.reference}/reopen/", {"reason": "contact_again", "do": "reopen"})
    event = CaseEvent.objects.get(case=here, kind="case_reopened")
    assert "ask again" in str(event.explanation)


def test_what_was_proposed_after_the_page_was_shown_is_seen_before_it_ends(two: Two, here: Case, there: Case) -> None:
    given: dict[str, Any] = {"reason": "finished", "open": "Called.", "notices": "withdraw", "note": "", "contact": ""}
    ends = find_open_ends(here)
    given |= {"wish": "agrees", "despite": ends.despite}
    CaseAccess.objects.create(case=here, unit=two.there)
    merging.propose_merge(kept=here, duplicate=there, by=two.other_worker)
    refused = client_of(two.worker).post(f"/field/cases/{here.reference}/close/", {**given, "seen": ends.fingerprint})
    assert refused.status_code == 409
    assert not CaseClosing.objects.exists()


def test_the_record_counts_what_ended(two: Two, here: Case, proposed: CaseMerge) -> None:
    close_over_http(two, here)
    [entry] = AuditEntry.objects.filter(action="case.closed")
    assert entry.detail["merges"] == 1
