"""The pages of closing, as the unit and its coordinator press through them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from notifications.outbox.delivery import send_due
from tests.world.notices import postbox
from tests.world.places import make_coordinator, make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ...models import Case, CaseClosing
from ...rights.entries import iter_reasons
from .. import shown
from ..actions import CannotClose, ClosingRequest, ask_to_close
from ..open_ends import find_open_ends

__all__ = ["postbox"]

MORE = "1 of 2 are listed here."

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox", "in_english")]


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


def sign_in(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def worker(scene: Scene) -> Client:
    return sign_in(scene.worker)


@pytest.fixture
def coordinator(scene: Scene) -> Client:
    return sign_in(make_coordinator(scene.place))


@pytest.fixture
def case(scene: Scene) -> Case:
    found = scene.send(age_stated=15).submission.case
    assert found is not None
    send_due()
    return found


def ask(client: Client, case: Case, what: str = "close", **more: Any) -> Any:
    ends = find_open_ends(case)
    given = {"reason": "finished", "open": "Another unit.", "notices": "withdraw", "note": "", "contact": ""}
    given |= {"wish": "agrees", "despite": ends.despite, "seen": ends.fingerprint, **more}
    return client.post(f"/field/cases/{case.reference}/{what}/", given)


def press(client: Client, case: Case, do: str, **more: Any) -> Any:
    given = {"do": do, "seen": find_open_ends(case).fingerprint, **more}
    return client.post(f"/field/cases/{case.reference}/closing/", given)


def get_page(client: Client, case: Case, what: str = "") -> str:
    answer = client.get(f"/field/cases/{case.reference}/{what}")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_case_is_asked_about_decided_and_opened_again(worker: Client, coordinator: Client, case: Case) -> None:
    assert "Close this case" in get_page(worker, case)
    page = get_page(worker, case, "close/")
    assert "Assessment" in page
    assert "Police" in page
    assert ask(worker, case).status_code == 302
    assert "Waiting for a coordinator" in get_page(worker, case, "closing/")
    assert "Waits for your decision" in coordinator.get("/field/").content.decode()
    assert "Another unit." in get_page(coordinator, case, "closing/")
    assert press(coordinator, case, "agree").status_code == 302
    case.refresh_from_db()
    assert case.closed_at is not None
    page = get_page(worker, case)
    assert "This case was closed" in page
    assert "ended with the case" in page
    assert "Add a form to this case" not in page
    assert case.reference not in worker.get("/field/").content.decode().partition('id="sent"')[0]
    assert "Assessment" in get_page(worker, case, "reopen/")
    duties = [str(pk) for pk in case.deadlines.filter(notice_id=None, met_at=None).values_list("pk", flat=True)]
    given = {"do": "reopen", "reason": "new_risk", "note": "", "duties": duties}
    assert worker.post(f"/field/cases/{case.reference}/reopen/", given).status_code == 302
    case.refresh_from_db()
    assert case.closed_at is None


def test_the_start_page_says_when_more_wait_than_it_lists(
    worker: Client, coordinator: Client, scene: Scene, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "MAX_ON_HOME", 1)
    ask(worker, case)
    assert MORE not in " ".join(coordinator.get("/field/").content.decode().split())
    another = scene.send(first_name="B").submission.case
    assert another is not None
    ask(worker, another)
    page = " ".join(coordinator.get("/field/").content.decode().split())
    assert MORE in page
    assert page.count("Waits for your decision") == 1
    assert 'href="/field/?list=closings"' in page
    all_of_them = coordinator.get("/field/?list=closings").content.decode()
    assert all_of_them.count("Waits for your decision") == 2
    assert "Waits for your decision" not in worker.get("/field/?list=closings").content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"reason": ""}, "Choose a reason."),
        ({"reason": "invented"}, "Reason"),
        ({"reason": "other", "note": " "}, "Write the reason in a few words."),
        ({"open": ""}, "Write why what is still open can end"),
        ({"notices": ""}, "Choose what happens to the notices"),
        ({"wish": ""}, "Choose what the person wants"),
        ({"wish": "invented"}, "What the person wants"),
        ({"wish": "not_asked"}, "Write what the person said"),
        ({"wish": "wants_more", "wish_words": " "}, "Write what the person said"),
        ({"despite": []}, "tick each one to close the case"),
        ({"despite": ["invented"]}, "tick each one to close the case"),
        ({"last_contact_on": f"{timezone.localdate() + timedelta(days=2):%Y-%m-%d}"}, "This day is in the future."),
        ({"last_contact_on": "yesterday"}, "Last safe contact"),
        ({"contact": "x" * 2001}, "2000"),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_what_was_typed_stays(
    worker: Client, case: Case, given: dict[str, str], said: str
) -> None:
    answer = ask(worker, case, **{"note": "Typed before.", **given})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "There is a problem" in page
    assert said in page
    if "note" not in given:
        assert "Typed before." in page
    assert not CaseClosing.objects.exists()


def test_what_changed_meanwhile_is_shown_again_and_what_was_typed_stays(worker: Client, case: Case) -> None:
    answer = ask(worker, case, seen="an older page", note="Typed before.")
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Something has changed in this case" in page
    assert "Typed before." in page


def test_refusing_needs_words_and_the_one_who_asked_reads_them(worker: Client, coordinator: Client, case: Case) -> None:
    ask(worker, case)
    assert press(coordinator, case, "refuse").status_code == 422
    assert press(coordinator, case, "refuse", answer="Call her first.").status_code == 302
    assert "Call her first." in get_page(worker, case, "closing/")
    assert ask(worker, case).status_code == 302


def test_the_one_who_asked_does_not_decide_by_any_press(worker: Client, coordinator: Client, case: Case) -> None:
    ask(worker, case)
    assert press(worker, case, "agree").status_code in (404, 422)
    assert press(coordinator, case, "withdraw").status_code == 404
    case.refresh_from_db()
    assert case.closed_at is None
    assert press(worker, case, "withdraw").status_code == 302
    assert CaseClosing.objects.get().decision == "withdrawn"


@pytest.mark.parametrize("what", ["close/", "void/", "closing/", "reopen/"])
def test_people_of_another_region_find_nothing(case: Case, what: str) -> None:
    place = make_place("lezhe", "Lezhë")
    _unit, stranger = make_unit_with_worker(place)
    for client in (sign_in(stranger), sign_in(make_coordinator(place))):
        for method in (client.get, client.post):
            assert method(f"/field/cases/{case.reference}/{what}").status_code == 404


def test_reading_changes_nothing(worker: Client, case: Case) -> None:
    before = CaseClosing.objects.count(), case.closed_at
    for what in ("close/", "void/"):
        get_page(worker, case, what)
    assert worker.get(f"/field/cases/{case.reference}/reopen/").status_code == 302
    case.refresh_from_db()
    assert (CaseClosing.objects.count(), case.closed_at) == before


def test_a_void_case_says_so_and_is_not_opened_again(worker: Client, coordinator: Client, case: Case) -> None:
    assert ask(worker, case, "void", reason="wrong_person").status_code == 302
    assert press(coordinator, case, "agree").status_code == 302
    assert "declared void" in get_page(worker, case)
    assert "This case is void" in get_page(worker, case, "reopen/")
    worker.post(f"/field/cases/{case.reference}/reopen/", {"do": "reopen", "reason": "new_risk"})
    case.refresh_from_db()
    assert case.closed_at is not None


def test_a_form_about_a_closed_case_says_so_before_sending_and_is_offered_after(
    scene: Scene, worker: Client, coordinator: Client, case: Case
) -> None:
    ask(worker, case)
    press(coordinator, case, "agree")
    from case_forms.submissions.drafts.actions import start_draft

    answers = {"case_ref": case.reference}
    draft = start_draft(form_version=scene.follow_up, unit=scene.unit, owner=scene.worker, answers=answers)
    page = worker.get(f"/field/drafts/{draft.pk}/").content.decode()
    assert f"Case {case.reference} is closed." in page
    scene.follow(case.reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    assert "A form came in about this closed case" in coordinator.get("/field/").content.decode()
    assert "A form came in after this case was closed" in get_page(worker, case)
    worker.post(f"/field/cases/{case.reference}/reopen/", {"do": "leave"})
    assert "A form came in after this case was closed" not in get_page(worker, case)


def test_a_high_risk_overdue_duties_and_silent_police_are_each_asked_about(
    worker: Client, coordinator: Client, case: Case
) -> None:
    assert find_open_ends(case).despite == ["police_silent"]
    Case.objects.filter(pk=case.pk).update(risk="high")
    late = timezone.now() - timedelta(days=300)
    case.deadlines.filter(met_at=None).update(amber_at=late, red_at=late, breach_at=late)
    case.refresh_from_db()
    assert find_open_ends(case).despite == ["high_risk", "overdue", "police_silent"]
    page = get_page(worker, case, "close/")
    for said in ("the risk is high", "Duties are overdue", "The police have not answered"):
        assert said in page
    for missing in ({"despite": ["overdue", "police_silent"], "risk": "The shelter."}, {"risk": " "}):
        assert ask(worker, case, **missing).status_code == 422
    assert not CaseClosing.objects.exists()
    said = {
        "wish": "wants_more",
        "wish_words": "She wants the lawyer to go on.",
        "risk": "The shelter looks after her.",
    }
    assert ask(worker, case, **said).status_code == 302
    page = get_page(coordinator, case, "closing/")
    for each in ("The person wants the help to go on", "She wants the lawyer", "The shelter looks after her."):
        assert each in page
    assert page.count("Duties are overdue") == 2  # what was confirmed, and what is so now
    closing = CaseClosing.objects.get()
    assert closing.words["despite"] == ["high_risk", "overdue", "police_silent"]
    given_out = str([piece.value for form in iter_reasons(case, "en") for piece in form.pieces])
    assert "high_risk" not in given_out
    assert "The person wants the help to go on" in given_out


def test_what_speaks_against_closing_since_the_page_was_read_is_read_first(
    worker: Client, coordinator: Client, case: Case
) -> None:
    ask(worker, case)
    seen = find_open_ends(case).fingerprint
    Case.objects.filter(pk=case.pk).update(risk="immediate")
    case.refresh_from_db()
    answer = press(coordinator, case, "agree", seen=seen)
    assert answer.status_code == 409
    assert "the risk is high" in answer.content.decode()
    assert press(coordinator, case, "agree").status_code == 302


def test_a_closed_case_says_what_the_last_assessment_was_and_no_longer_that_the_risk_is_high(
    worker: Client, coordinator: Client, case: Case
) -> None:
    Case.objects.filter(pk=case.pk).update(risk="high")
    case.refresh_from_db()
    assert "high risk" in get_page(worker, case).partition("</h1>")[2][:900]
    ask(worker, case, risk="The shelter.")
    press(coordinator, case, "agree")
    page = get_page(worker, case)
    assert "The last assessment before that said: high risk." in page
    assert "high risk" not in page.replace("said: high risk", "")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"wish": ""}, "no_wish"),
        ({"wish": "invented"}, "no_wish"),
        ({"wish": "not_asked"}, "no_wish"),
        ({"despite": []}, "not_confirmed"),
        ({"despite": ["high_risk", "police_silent"], "risk": " "}, "not_confirmed"),
    ],
)
def test_no_other_road_closes_without_the_wish_and_what_speaks_against_it(
    scene: Scene, case: Case, given: dict[str, Any], code: str
) -> None:
    Case.objects.filter(pk=case.pk).update(risk="high")
    case.refresh_from_db()
    ends = find_open_ends(case)
    plain = {"open": "Words.", "wish": "agrees", "despite": ends.despite, "risk": "The shelter."}
    wanted = ClosingRequest(act="close", reason="finished", seen=ends.fingerprint, **plain | given)
    with pytest.raises(CannotClose) as refused:
        ask_to_close(case=case, wanted=wanted, by=scene.worker)
    assert refused.value.code == code
