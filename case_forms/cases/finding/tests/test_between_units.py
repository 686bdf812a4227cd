"""What two units may learn of each other's cases: probes, requests, links, merges, transfers."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.urls import reverse
from django.utils import timezone

from access.models import Assignment, User
from audit.models import AuditEntry
from case_forms.cases import deadline_clock
from case_forms.cases.finding import assigning, links, merging, requests, transfers, views
from case_forms.cases.finding.asking import QUESTIONS
from case_forms.cases.finding.models import (
    CaseAccess,
    CaseLink,
    CaseMerge,
    CaseTransfer,
    IdentityQuestion,
    IdentityRequest,
    ProbableMatch,
)
from case_forms.cases.models import AwaitedDate, Case, CaseEvent, Deadline
from case_forms.submissions.models import Submission
from notifications.outbox.models import Notice, Purpose

from .scenes import ANA, ANNA, Two, client_of, make_two

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Two:
    monkeypatch.setattr(views, "SECONDS_TO_ANSWER", 0.0)
    return make_two()


@pytest.fixture
def pair(two: Two) -> tuple[Case, Case]:
    """Ana's case here, and the one that the other unit opened of Anna, 16."""
    return two.send(two.worker, **ANA), two.send(two.other_worker, **ANNA)


def ask_about(two: Two, by: User, **typed: Any) -> Any:
    return client_of(by).post(reverse("finding:find"), {"name": "Hodža Ana", "born": "16", **typed})


# ---- asking ----


def test_ones_own_unit_is_told_which_case_and_goes_on_in_it(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    page = ask_about(two, two.mate).content.decode()
    assert "Your unit may know this person" in page
    assert case.reference in page


def test_another_unit_is_told_that_somebody_may_know_and_whom_to_ask_and_nothing_else(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    page = ask_about(two, two.other_worker).content.decode()
    assert "Another unit may know this person" in page
    assert "Contact 0" in page  # its coordinator
    hidden = (case.reference, str(case.pk), two.here.name, case.municipality.name, "potential", "police")
    assert not [word for word in hidden if word in page]


def test_nobody_known_looks_the_same_but_for_the_words(two: Two) -> None:
    two.send(two.worker, **ANA)
    known = ask_about(two, two.other_worker)
    unknown = ask_about(two, two.other_worker, name="Drita Marku")
    assert (known.status_code, unknown.status_code) == (200, 200)
    assert "Nobody like this was found" in unknown.content.decode()
    assert set(known.headers) == set(unknown.headers)


def test_an_answer_takes_as_long_when_nobody_is_known(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "SECONDS_TO_ANSWER", 0.4)
    slept: list[float] = []
    monkeypatch.setattr(views.time, "sleep", slept.append)
    two.send(two.worker, **ANA)
    ask_about(two, two.other_worker)
    ask_about(two, two.other_worker, name="Drita Marku")
    assert len(slept) == 2
    assert all(0 < seconds <= 0.4 for seconds in slept)


def test_what_was_typed_stands_nowhere(two: Two, caplog: Any) -> None:
    ask_about(two, two.worker, name="Kanarina Zogu", phone="+355697770001")
    question = IdentityQuestion.objects.get()
    stored = str(model_to_dict(question)) + str(list(AuditEntry.objects.values())) + caplog.text
    assert "anarina" not in stored
    assert "7770001" not in stored
    assert (question.asked_by, question.unit, question.answer) == (two.worker, two.here, "none")


def test_trying_names_ends_after_a_days_number_and_the_coordinator_sees_it(two: Two) -> None:
    two.send(two.worker, **ANA)
    for number in range(QUESTIONS.most):
        assert (
            ask_about(two, two.other_worker, name=f"Emri Mbiemri{'abcdefghijklmnopqrstuvwxyz'[number]}").status_code
            == 200
        )
    refused = ask_about(two, two.other_worker)
    assert refused.status_code == 429
    assert "Another unit" not in refused.content.decode()
    assert IdentityQuestion.objects.filter(case=None).count() == QUESTIONS.most
    page = client_of(two.other_coordinator).get(reverse("finding:questions")).content.decode()
    assert f"<td>{QUESTIONS.most}</td>" in page
    assert (
        f"<td>{QUESTIONS.most}</td>"
        not in client_of(two.coordinator).get(reverse("finding:questions")).content.decode()
    )
    assert client_of(two.worker).get(reverse("finding:questions")).status_code == 404


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": "", "born": ""}, "Write a case code, a name, or a telephone number."),
        ({"name": "Ana", "born": "16"}, "One name is not enough."),
        ({"name": "Ana", "born": "31.2.2009"}, "Write a year, a date such as 1.6.2009, or an age."),
        ({"name": "", "phone": "129"}, "Write a telephone number"),
        ({"reference": "2"}, "You have no case with this reference."),
        ({"name": "x" * 200}, "at most 120"),
        ({"name": "\x00Ana Hoxha"}, "Null characters"),
    ],
)
def test_what_is_too_little_is_said_beside_the_field_and_not_counted(two: Two, typed: Any, words: str) -> None:
    answer = ask_about(two, two.worker, **typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not IdentityQuestion.objects.exists()


def test_a_reference_leads_to_ones_own_case_and_to_no_other(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    typed = {"reference": f" {case.reference[:3]} {case.reference[3:].lower()}"}
    assert ask_about(two, two.worker, **typed)["Location"] == reverse("cases:case", args=[case.reference])
    assert ask_about(two, two.other_worker, **typed).status_code == 422


def mistyped(reference: str) -> list[str]:
    other = "9" if reference[2] != "9" else "8"
    exchanged = reference[1] + reference[0] + reference[2:]
    return [
        reference[:4],
        reference[:2] + other + reference[3:],
        reference[:3] + reference[4:],
        reference + "2",
        exchanged,
    ]


def test_a_mistyped_or_half_a_reference_offers_ones_own_case_and_says_that_it_is_another(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    for typed in mistyped(case.reference):
        if typed == case.reference:
            continue
        answer = ask_about(two, two.worker, reference=typed)
        assert answer.status_code == 200, typed
        page = answer.content.decode()
        assert reverse("cases:case", args=[case.reference]) in page, typed
        assert "exactly" in page or "pikërisht" in page
        # Another unit learns nothing from what is like it.
        elsewhere = ask_about(two, two.other_worker, reference=typed)
        assert elsewhere.status_code == 422
        assert case.reference not in elsewhere.content.decode().replace(f'value="{typed}"', "")


def test_two_letters_are_no_search(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    assert ask_about(two, two.worker, reference=case.reference[:2]).status_code == 422


def test_a_coordinator_finds_their_regions_case_by_name_alone(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    assert case.reference in ask_about(two, two.coordinator, born="").content.decode()
    assert case.reference not in ask_about(two, two.other_coordinator, born="").content.decode()


# ---- requests ----


def _asked(two: Two, pair: tuple[Case, Case]) -> IdentityRequest:
    match = ProbableMatch.objects.get(case=pair[1])
    return requests.ask_about_match(match=match, by=two.other_worker)


def test_a_case_opens_to_the_other_unit_after_both_agreed(two: Two, pair: tuple[Case, Case]) -> None:
    here, there = pair
    page = client_of(two.other_worker).get(reverse("cases:case", args=[there.reference])).content.decode()
    assert "Another unit may know this person." in page
    assert here.reference not in page
    answer = client_of(two.other_worker).post(
        reverse("finding:related", args=[there.reference]),
        {"act": "ask", "match": ProbableMatch.objects.get(case=there).pk},
    )
    asked = IdentityRequest.objects.get()
    assert answer["Location"] == reverse("finding:request", args=[asked.pk])
    assert not Case.objects.visible_to(two.other_worker).filter(pk=here.pk).exists()
    assert here.reference not in client_of(two.other_worker).get(answer["Location"]).content.decode()
    page = client_of(two.mate).get(answer["Location"]).content.decode()
    assert here.reference in page
    client_of(two.mate).post(answer["Location"], {"answer": "agree"})
    assert Case.objects.visible_to(two.other_worker).filter(pk=here.pk).exists()
    assert Case.objects.visible_to(two.worker).filter(pk=there.pk).exists()
    assert Submission.objects.visible_to(two.other_worker).filter(case=here).exists()
    assert [entry.action for entry in AuditEntry.objects.filter(target_kind="identity_request")] == [
        "identity_request.asked",
        "identity_request.answered",
    ]


def test_nobody_answers_their_own_request_or_one_of_other_units(two: Two, pair: tuple[Case, Case]) -> None:
    asked = _asked(two, pair)
    for stranger in (two.other_worker, two.other_mate, two.other_coordinator):
        with pytest.raises(requests.RequestRefused):
            requests.answer_request(request=asked, agree=True, by=stranger)
    Assignment.objects.create(user=two.other_worker, role="worker", unit=two.here)
    with pytest.raises(requests.RequestRefused) as refused:
        requests.answer_request(request=asked, agree=True, by=User.objects.get(pk=two.other_worker.pk))
    assert refused.value.code == "own_request"


def test_asking_twice_is_asking_once_and_answering_twice_is_refused(two: Two, pair: tuple[Case, Case]) -> None:
    first, second = _asked(two, pair), _asked(two, pair)
    assert first == second
    requests.answer_request(request=first, agree=False, by=two.worker)
    with pytest.raises(requests.RequestRefused):
        requests.answer_request(request=first, agree=True, by=two.mate)
    assert not CaseAccess.objects.exists()


def test_no_answer_is_chased_and_expires(two: Two, pair: tuple[Case, Case]) -> None:
    asked = _asked(two, pair)
    assert asked.deadline is not None
    deadline_clock.advance(timezone.now())
    told = Notice.objects.get(purpose=Purpose.DUTY)
    assert (told.role, told.unit) == ("mobile_unit", two.here)
    assert told.ladder[-1]["do"] == "call"
    assert requests.expire(timezone.now() + timedelta(days=6)) == 0
    assert requests.expire(timezone.now() + timedelta(days=8)) == 1
    asked.refresh_from_db()
    told.refresh_from_db()
    assert (asked.answer, told.state) == ("expired", "cancelled")


def test_what_was_agreed_is_ended_by_either_side_and_by_nobody_else(two: Two, pair: tuple[Case, Case]) -> None:
    requests.answer_request(request=_asked(two, pair), agree=True, by=two.worker)
    access = CaseAccess.objects.get(case=pair[0])
    address = reverse("finding:end_access", args=[access.pk])
    _unit, stranger = _stranger()
    assert client_of(stranger).post(address).status_code == 404
    assert client_of(two.mate).post(address).status_code == 302
    assert not Case.objects.visible_to(two.other_worker).filter(pk=pair[0].pk).exists()


def _stranger() -> Any:
    from tests.world.places import make_place, make_unit_with_worker

    return make_unit_with_worker(make_place("diber", "Dibër"))


# ---- links ----


def test_whoever_sees_one_side_of_a_link_sees_that_there_is_one(two: Two, pair: tuple[Case, Case]) -> None:
    here, there = pair
    Assignment.objects.create(user=two.mate, role="worker", unit=two.there)
    both = User.objects.get(pk=two.mate.pk)
    links.add_link(case=here, reference=there.reference.lower(), kind="siblings", by=both)
    links.add_link(case=there, reference=here.reference, kind="siblings", by=both)
    assert CaseLink.objects.count() == 1
    page = client_of(two.worker).get(reverse("cases:case", args=[here.reference])).content.decode()
    assert "Siblings" in page
    assert "a case that you may not open" in page
    assert there.reference not in page
    assert there.reference in client_of(both).get(reverse("cases:case", args=[here.reference])).content.decode()
    with pytest.raises(links.LinkRefused):
        links.remove_link(case=here, link_id=str(CaseLink.objects.get().pk), by=two.worker)
    assert links.remove_link(case=here, link_id=str(CaseLink.objects.get().pk), by=both)


@pytest.mark.parametrize(("kind", "code"), [("siblings", "unknown_case"), ("x", "unknown_case")])
def test_a_case_that_one_may_not_open_is_not_linked(two: Two, pair: tuple[Case, Case], kind: str, code: str) -> None:
    with pytest.raises(links.LinkRefused) as refused:
        links.add_link(case=pair[0], reference=pair[1].reference, kind=kind, by=two.worker)
    assert refused.value.code == code
    with pytest.raises(links.LinkRefused):
        links.add_link(case=pair[0], reference=pair[0].reference, kind="siblings", by=two.worker)


# ---- merging ----


def _twins(two: Two) -> tuple[Case, Case]:
    """Two cases of one unit that are one person's, each with its notices and clocks."""
    first = two.send(two.worker, **ANA)
    second = two.send(two.worker, **ANNA, confirmed=[f"same_person_{first.reference}"])
    return first, second


def _state() -> dict[str, Any]:
    """Which row belongs to which case, and how each case is."""
    return {
        "submissions": dict(Submission.objects.values_list("pk", "case")),
        "events": dict(
            CaseEvent.objects.exclude(kind__startswith="merge")
            .exclude(kind__contains="merged")
            .values_list("pk", "case")
        ),
        "deadlines": {
            row.pk: (row.case_id, row.next_mark_at, row.met_at)
            for row in Deadline.objects.exclude(key=merging.PROPOSED)
        },
        "dates": dict(AwaitedDate.objects.values_list("pk", "case")),
        "notices": dict(Notice.objects.exclude(state="cancelled").values_list("recipient_key", "case_id")),
        "cases": {
            case.pk: (case.status, case.child_track, case.flags, case.merged_into_id) for case in Case.objects.all()
        },
    }


def test_merging_takes_two_people_and_the_second_is_told(two: Two) -> None:
    first, second = _twins(two)
    merge = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    assert merge.deadline is not None
    with pytest.raises(merging.MergeRefused) as refused:
        merging.approve_merge(merge=merge, by=two.worker)
    assert refused.value.code == "own_proposal"
    for stranger in (two.other_worker, two.other_coordinator):
        with pytest.raises(merging.MergeRefused):
            merging.approve_merge(merge=merge, by=stranger)
    merging.approve_merge(merge=merge, by=two.mate)
    second.refresh_from_db()
    assert second.merged_into == first


def test_a_merged_person_has_one_list_of_notices_and_no_duty_runs_twice(two: Two) -> None:
    first, second = _twins(two)
    assert Notice.objects.filter(role="police").count() == 2
    merge = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    merging.approve_merge(merge=merge, by=two.mate)
    open_ones = Notice.objects.open().filter(role="police")
    assert [notice.case_id for notice in open_ones] == [first.pk]
    assert Notice.objects.get(role="police", state="cancelled").reason == "merged"
    running = list(Deadline.objects.running().values_list("key", flat=True))
    assert len(running) == len(set(running))
    assert Submission.objects.filter(case=first).count() == 2
    assert list(Case.objects.visible_to(two.worker)) == [first]


def test_both_references_go_on_working(two: Two) -> None:
    first, second = _twins(two)
    merge = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    merging.approve_merge(merge=merge, by=two.mate)
    answer = client_of(two.worker).get(reverse("cases:case", args=[second.reference]))
    assert answer["Location"] == reverse("cases:case", args=[first.reference])
    assert two.send(two.worker, **ANA, case_ref=second.reference) == first
    assert two.scene.follow(second.reference).receipt["case"] == first.reference
    api = client_of(two.worker).get(f"/api/field/v1/cases/{second.reference}", **two.scene.bearer())
    assert api.json()["reference"] == first.reference
    assert ask_about(two, two.worker, reference=second.reference)["Location"].endswith(f"{first.reference}/")
    # A person who was found under the duplicate is found under the case that stays.
    page = ask_about(two, two.worker).content.decode()
    assert first.reference in page
    assert second.reference not in page


def test_undoing_a_merge_restores_exactly_what_was(two: Two) -> None:
    first, second = _twins(two)
    before = _state()
    merge = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    merge = merging.approve_merge(merge=merge, by=two.mate)
    later = two.send(two.worker, **ANA, case_ref=first.reference)
    assert later == first
    new = set(Submission.objects.values_list("pk", flat=True)) - set(before["submissions"])
    merging.propose_undoing(merge=merge, by=two.mate)
    with pytest.raises(merging.MergeRefused):
        merging.approve_undoing(merge=merge, by=two.mate)
    merging.approve_undoing(merge=merge, by=two.worker)
    after = _state()
    for name in ("submissions", "dates", "cases"):
        assert {key: value for key, value in after[name].items() if key in before[name]} == before[name], name
    for name in ("events", "deadlines"):
        assert {key: after[name][key] for key in before[name]} == before[name], name
    # What came meanwhile stays with the case that stayed.
    assert set(Submission.objects.filter(pk__in=new).values_list("case", flat=True)) == {first.pk}
    # What was withdrawn as doubled is owed again.
    assert set(Notice.objects.open().filter(role="police").values_list("case_id", flat=True)) == {first.pk, second.pk}


def test_two_units_merge_only_together_and_both_see_the_case_from_then_on(two: Two, pair: tuple[Case, Case]) -> None:
    here, there = pair
    with pytest.raises(merging.MergeRefused):
        merging.propose_merge(kept=here, duplicate=there, by=two.worker)
    requests.answer_request(request=_asked(two, pair), agree=True, by=two.worker)
    merge = merging.propose_merge(kept=here, duplicate=there, by=two.worker)
    with pytest.raises(merging.MergeRefused) as refused:
        merging.approve_merge(merge=merge, by=two.mate)
    assert refused.value.code == "not_yours"
    merging.approve_merge(merge=merge, by=two.other_mate)
    for person in (two.worker, two.other_worker, two.coordinator, two.other_coordinator):
        assert list(Case.objects.visible_to(person)) == [here]
    merging.propose_undoing(merge=CaseMerge.objects.get(), by=two.other_worker)
    merging.approve_undoing(merge=CaseMerge.objects.get(), by=two.mate)
    assert set(Case.objects.visible_to(two.other_worker)) >= {there}


def test_a_case_is_merged_once_at_a_time(two: Two) -> None:
    first, second = _twins(two)
    merge = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    with pytest.raises(merging.MergeRefused) as refused:
        merging.propose_merge(kept=second, duplicate=first, by=two.mate)
    assert refused.value.code == "busy"
    merging.drop_merge(merge=merge, by=two.mate)
    assert merging.propose_merge(kept=first, duplicate=second, by=two.mate).pk != merge.pk


def test_a_closed_case_is_neither_merged_nor_taken_over(two: Two) -> None:
    first, second = _twins(two)
    third = two.send(two.worker, first_name="Drita", last_name="Marku", birth_date="1990-01-01", age_stated=None)
    merge = merging.propose_merge(kept=first, duplicate=second, by=two.worker)
    transfer = _transfer(two, third)
    Case.objects.filter(pk__in=(second.pk, third.pk)).update(closed_at=timezone.now())
    with pytest.raises(merging.MergeRefused) as refused:
        merging.approve_merge(merge=merge, by=two.mate)
    assert refused.value.code == "closed"
    page = reverse("finding:handed_over", args=[transfer.pk])
    assert "closed meanwhile" in client_of(two.other_worker).get(page).content.decode()
    assert client_of(two.other_worker).post(page, {"answer": "accept"}).status_code == 302
    transfer.refresh_from_db()
    assert transfer.answer == ""


def test_the_merge_page_shows_each_step_to_whom_it_concerns(two: Two) -> None:
    first, second = _twins(two)
    related = reverse("finding:related", args=[second.reference])
    assert client_of(two.worker).post(related, {"act": "merge", "reference": "ZZZZZZ"}).status_code == 422
    assert client_of(two.worker).post(related, {"act": "merge", "reference": second.reference}).status_code == 422
    page = client_of(two.worker).post(related, {"act": "merge", "reference": first.reference})["Location"]
    assert "Withdraw the proposal" in client_of(two.worker).get(page).content.decode()
    assert "Same person: merge" in client_of(two.mate).get(page).content.decode()
    assert client_of(two.other_worker).get(page).status_code == 404
    assert client_of(two.mate).post(page, {"decision": "x"}).status_code == 404
    assert client_of(two.mate).post(page, {"decision": "approve"}).status_code == 302
    client_of(two.worker).post(page, {"decision": "propose_undo"})
    assert "undo the merge" in client_of(two.coordinator).get(page).content.decode()
    client_of(two.coordinator).post(page, {"decision": "undo"})
    assert Case.objects.filter(merged_into=None).count() == 2


# ---- handing over ----


def _transfer(two: Two, case: Case, by: User | None = None) -> CaseTransfer:
    return transfers.ask_transfer(
        case=case,
        to_unit=two.there,
        to_municipality=two.there_place.municipality,
        reason="Kanarina moves there.",
        by=by or two.worker,
    )


def test_both_units_see_a_case_until_the_other_has_answered(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    transfer = _transfer(two, case)
    for person in (two.worker, two.other_worker, two.coordinator, two.other_coordinator):
        assert Case.objects.visible_to(person).filter(pk=case.pk).exists()
        assert client_of(person).get(reverse("finding:handed_over", args=[transfer.pk])).status_code == 200
    transfers.answer_transfer(transfer=transfer, accept=False, by=two.other_worker)
    assert not Case.objects.visible_to(two.other_worker).exists()
    case.refresh_from_db()
    assert case.unit == two.here


def test_no_answer_is_chased_with_the_unit_that_is_asked(two: Two) -> None:
    transfer = _transfer(two, two.send(two.worker, **ANA))
    deadline_clock.advance(timezone.now())
    told = Notice.objects.get(purpose=Purpose.DUTY)
    assert (told.role, told.unit, told.municipality) == ("mobile_unit", two.there, two.there_place.municipality)
    assert told.contact is not None
    assert two.there_place.region in told.contact.partner.regions.all()
    transfers.withdraw_transfer(transfer=transfer, by=two.mate)
    told.refresh_from_db()
    assert told.state == "cancelled"


def test_an_accepted_case_is_the_new_units_and_its_clocks_go_on(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    clocks = dict(Deadline.objects.values_list("pk", "next_mark_at"))
    transfer = _transfer(two, case)
    transfers.answer_transfer(transfer=transfer, accept=True, by=two.other_worker)
    case.refresh_from_db()
    assert (case.unit, case.region, case.municipality) == (
        two.there,
        two.there_place.region,
        two.there_place.municipality,
    )
    assert {key: Deadline.objects.get(pk=key).next_mark_at for key in clocks} == clocks
    open_ones = Notice.objects.open().filter(case_id=case.pk)
    assert {notice.unit for notice in open_ones} == {two.there}
    assert {notice.home for notice in open_ones} == {two.there_place.municipality}
    assert not Case.objects.visible_to(two.worker).exists()
    assert not Case.objects.visible_to(two.coordinator).exists()
    assert Submission.objects.visible_to(two.other_worker).filter(case=case).count() == 1
    page = client_of(two.worker).get(reverse("finding:handed_over", args=[transfer.pk])).content.decode()
    assert "The case was handed over." in page
    home = client_of(two.worker).get(reverse("intake:home")).content.decode()
    assert "Handing over" in home
    assert client_of(two.worker).get(reverse("cases:case", args=[case.reference])).status_code == 404
    # What is sent for it from now on notifies those of the new place.
    assert assigning.get_orphans(Case.objects.all()).count() == 0


def test_nobody_accepts_what_they_asked_for_or_what_is_not_theirs(two: Two) -> None:
    transfer = _transfer(two, two.send(two.worker, **ANA))
    for person in (two.worker, two.mate, two.coordinator):
        with pytest.raises(transfers.TransferRefused):
            transfers.answer_transfer(transfer=transfer, accept=True, by=person)
    _unit, stranger = _stranger()
    address = reverse("finding:handed_over", args=[transfer.pk])
    assert client_of(stranger).get(address).status_code == 404
    assert client_of(stranger).post(address, {"answer": "accept"}).status_code == 404
    assert client_of(two.mate).post(address, {"answer": "accept"}).status_code == 404
    assert client_of(two.other_coordinator).post(address, {"answer": "accept"}).status_code == 302


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"unit": "", "municipality": "lezhe", "reason": "x"}, "Choose another unit."),
        ({"unit": "there", "municipality": "", "reason": "x"}, "Choose a municipality of that unit"),
        ({"unit": "there", "municipality": "lezhe", "reason": " "}, "Write in a few words"),
        ({"unit": "there", "municipality": "lezhe", "reason": "x" * 501}, "Write at most 500"),
        ({"unit": "here", "municipality": "lezhe", "reason": "x"}, "Choose another unit."),
    ],
)
def test_what_is_missing_of_a_transfer_is_said_and_what_was_typed_stays(two: Two, typed: Any, words: str) -> None:
    case = two.send(two.worker, **ANA)
    units = {"there": two.there.slug, "here": two.here.slug, "": ""}
    answer = client_of(two.worker).post(
        reverse("finding:transfer", args=[case.reference]), {**typed, "unit": units[typed["unit"]]}
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CaseTransfer.objects.exists()


def test_a_case_that_another_unit_opened_is_not_handed_over_by_it(two: Two, pair: tuple[Case, Case]) -> None:
    requests.answer_request(request=_asked(two, pair), agree=True, by=two.worker)
    address = reverse("finding:transfer", args=[pair[0].reference])
    assert client_of(two.other_worker).get(address).status_code == 404
    with pytest.raises(transfers.TransferRefused):
        _transfer(two, pair[0], by=two.other_worker)


# ---- orphans ----


def test_a_worker_who_leaves_leaves_no_case_without_a_person(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    assert assigning.get_orphans_of(two.coordinator).count() == 0
    User.objects.filter(pk=two.worker.pk).update(is_active=False)
    assert assigning.get_orphans_of(two.coordinator).count() == 1
    assert assigning.get_orphans_of(two.other_coordinator).count() == 0
    page = client_of(two.coordinator).get(reverse("finding:orphans")).content.decode()
    assert case.reference in page
    given = {"unit": two.here.slug, "case": [str(case.pk), "x", str(uuid.uuid4())]}
    address = reverse("finding:orphans")
    assert client_of(two.coordinator).post(address, {**given, "worker": two.other_worker.pk}).status_code == 422
    assert client_of(two.coordinator).post(address, {**given, "case": [], "worker": two.mate.pk}).status_code == 422
    assert client_of(two.other_coordinator).post(address, {**given, "worker": two.other_mate.pk}).status_code == 404
    assert client_of(two.coordinator).post(address, {**given, "worker": two.mate.pk}).status_code == 302
    assert assigning.get_orphans_of(two.coordinator).count() == 0
    assert "Every open case" in client_of(two.coordinator).get(address).content.decode()


def test_whose_assignment_ended_counts_as_gone(two: Two) -> None:
    two.send(two.worker, **ANA)
    Assignment.objects.filter(user=two.worker).update(ends_on=timezone.localdate() - timedelta(days=1))
    assert assigning.get_orphans_of(two.coordinator).count() == 1
