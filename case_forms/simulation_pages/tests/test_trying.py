"""Trying a procedure: a story in the request's body, its timeline in the answer, and nothing anywhere else."""

import html
import re
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from django.utils import timezone

from access.limits import Bounded
from access.models import Municipality, StaffRole
from audit.models import AuditEntry
from case_forms.cases.models import Case
from case_forms.form_builder.tests.coordinators import lay_ground
from case_forms.form_builder.workflow import seed_approval
from case_forms.procedure_editor.tests.editors import Editor, editor
from case_forms.procedures.models import Procedure
from case_forms.simulation.models import Scenario
from case_forms.submissions.models import Submission
from notifications.directory.models import Contact, DutyShift
from notifications.outbox.models import Notice
from tests.world.notices import postbox
from tests.world.phones import Phones, add_way, phones
from tests.world.scene import Scene, make_scene

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

__all__ = ["phones", "postbox"]
EVERYTHING = (Case, Submission, Notice, AuditEntry, Scenario)


@pytest.fixture
def scene() -> Scene:
    """A place with its offices, the small forms and the small procedure in force; rights as seeding gives them."""
    lay_ground()
    seed_approval(Procedure, name="Approval")
    return make_scene()


@pytest.fixture
def procedure(scene: Scene) -> Procedure:
    return Procedure.objects.get()


@pytest.fixture
def ana(procedure: Procedure) -> Editor:
    return editor("ana")


def words(response: Any) -> str:
    """The words of the page itself, without the admin around it."""
    page = response.content.decode().partition('<div class="sim">')[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def tell(**changes: str) -> dict[str, str]:
    """The fields of a story: an adult in Albania's night, whom nobody answers about."""
    return {
        "_form": "small_identification",
        "_asked": "small_identification",
        "_fill": "yes",
        "_municipality": Municipality.objects.all()[0].slug,
        "_when": "friday",
        "_directory": "invented",
        "_on": "draft",
        "_act-count": "0",
        "result": "potential_victim",
        "go": "run",
        **changes,
    }


def act(number: int, **parameters: str) -> dict[str, str]:
    return {"_act-count": str(number + 1)} | {f"_act-{number}-{name}": value for name, value in parameters.items()}


def test_the_page_opens_with_a_form_and_says_that_it_is_a_trial(ana: Editor, procedure: Procedure) -> None:
    page = ana.get(f"{procedure.pk}/try/")
    assert page.status_code == 200
    assert "This is a trial. Nothing is stored, nothing is sent" in words(page)
    assert "no-store" in page["Cache-Control"]


def test_a_line_says_by_which_ways_of_the_real_directory_a_notice_goes_out(
    ana: Editor, procedure: Procedure, phones: Phones
) -> None:
    officer = Contact.objects.filter(partner__role="police").order_by("pk")[0]
    add_way(officer)
    add_way(officer, "push", after_minutes=4)
    DutyShift.objects.update(starts_at=timezone.now() - timedelta(days=40))
    read = words(ana.post(f"{procedure.pk}/try/", **tell(_directory="real")))
    assert "By e-mail, text message." in read
    assert "By push notification." in read
    assert not phones.taken
    # The invented directory is of nobody: its people have an e-mail address and nothing else.
    assert "text message" not in words(ana.post(f"{procedure.pk}/try/", **tell()))


def test_a_story_is_lived_through_and_leaves_nothing(ana: Editor, procedure: Procedure) -> None:
    before = [model.objects.count() for model in EVERYTHING]
    page = ana.post(f"{procedure.pk}/try/", **tell())
    assert page.status_code == 200, words(page)[:1500]
    read = words(page)
    assert "a coordinator is asked to call" in read
    assert "23:40" in read
    assert "What they would read" in read
    assert [model.objects.count() for model in EVERYTHING] == before


def test_what_people_do_is_part_of_the_story(ana: Editor, procedure: Procedure) -> None:
    page = ana.post(f"{procedure.pk}/try/", **tell())
    assert "accepted after" not in words(page)
    page = ana.post(f"{procedure.pk}/try/", **tell(**act(0, kind="accepts", role="police", at="3")))
    assert "accepted after 3 min" in words(page)


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(ana: Editor, procedure: Procedure) -> None:
    wrong = act(0, kind="accepts", role="", at="soon")
    page = ana.post(
        f"{procedure.pk}/try/", **tell(_municipality="", _when="chosen", _at="x", first_name="Mira", **wrong)
    )
    assert page.status_code == 422
    read = words(page)
    assert "There is a problem" in read
    assert "Choose a municipality." in read
    assert "Write the day and the time at which it is sent." in read
    assert 'value="soon"' in page.content.decode()
    assert 'value="Mira"' in page.content.decode()
    page = ana.post(f"{procedure.pk}/try/", **tell(**wrong))
    assert page.status_code == 422
    assert page.content.decode().count("sim-error") >= 2


@pytest.mark.parametrize(
    "changes",
    [
        {"_form": "no_such_form", "_asked": "no_such_form"},
        {"_form": "", "_asked": ""},
        {"_municipality": "nowhere"},
        {"_when": "chosen", "_at": "99999-01-01T00:00"},
        {"_minutes_before": "-1"},
        {"_minutes_before": "9" * 30},
        {"_months": "99"},
        {"_unit": "nobody's"},
        {"_act-count": "999", "_act-0-kind": "accepts"},
        {"_act-count": "1", "_act-0-kind": "fly"},
        {"_act-count": "1", "_act-0-kind": "form", "_act-0-was": "form", "_act-0-kept": "[" * 5000, "_act-0-at": "1"},
        {"go": "remove_act:99"},
        {"go": "remove_act:x"},
        {"go": "example", "_example": "7"},
        {"go": "no such thing"},
        {"companions-count": "999", "add": "companions"},
        {"remove": "companions-0-x"},
        {"_fill": "", "result": "nonsense"},
    ],
)
def test_whatever_is_sent_is_answered_in_words(ana: Editor, procedure: Procedure, changes: dict[str, str]) -> None:
    page = ana.post(f"{procedure.pk}/try/", **tell(**changes))
    assert page.status_code in (200, 422)


def test_a_draft_with_problems_is_not_tried_but_what_is_in_force_is(ana: Editor, procedure: Procedure) -> None:
    ana.save(procedure, {"op": "replace", "path": "/rules/0/on", "value": "no_such_event"})
    page = ana.post(f"{procedure.pk}/try/", **tell())
    assert page.status_code == 422
    assert "The draft has problems" in words(page)
    page = ana.post(f"{procedure.pk}/try/", **tell(_on="force"))
    assert page.status_code == 200
    assert "What would happen" in words(page)


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.OPERATOR, StaffRole.AUDITOR, StaffRole.WORKER])
def test_only_coordinators_try_procedures(procedure: Procedure, scene: Scene, role: str) -> None:
    someone = Editor(scene.worker, Client()) if role == StaffRole.WORKER else editor("olta", role)
    someone.client.force_login(someone.user)
    for address in ("try/", "scenarios/", "scenarios/panel/"):
        assert someone.get(f"{procedure.pk}/{address}").status_code in (302, 403, 404)
    assert someone.post(f"{procedure.pk}/try/", **tell()).status_code in (302, 403, 404)


# ---- a stored submission ----


def test_a_stored_submission_is_read_under_ones_own_rights_and_recorded(ana: Editor, scene: Scene) -> None:
    received = scene.send(first_name="Sealed-name")
    reference = received.receipt["case"]
    mine = _coordinator_of(scene)
    pk = Procedure.objects.get().pk
    page = mine.post(f"{pk}/try/", **tell(_reference=reference.lower(), _directory="real"))
    assert page.status_code == 200, words(page)[:800]
    entry = AuditEntry.objects.filter(action="submission.read", actor_id=mine.user.pk).get()
    assert entry.target_id == received.receipt["submission"]
    # The page names the case, and carries none of its answers into the next request.
    assert 'value="Sealed-name"' not in page.content.decode()
    saved = mine.post(f"{pk}/scenarios/new/", **tell(_reference=reference, go="save", _title_en="Mine"))
    assert saved.status_code == 422
    assert not Scenario.objects.exists()


def test_a_case_of_another_region_is_as_unknown_as_none(ana: Editor, scene: Scene) -> None:
    reference = scene.send().receipt["case"]
    pk = Procedure.objects.get().pk
    of_another = words(ana.post(f"{pk}/try/", **tell(_reference=reference)))
    of_none = words(ana.post(f"{pk}/try/", **tell(_reference="ZZZZZ")))
    assert "You can see no case with this reference." in of_another
    assert "You can see no case with this reference." in of_none
    assert not AuditEntry.objects.filter(action="submission.read").exists()


def _coordinator_of(scene: Scene) -> Editor:
    someone = editor("vera")
    someone.user.assignments.update(region=scene.place.region)
    return someone


def test_who_comes_while_others_simulate_is_asked_to_come_back(ana: Editor, procedure: Procedure) -> None:
    busy = Bounded(at_once=1, waiting=0, seconds=0.01)
    ana.client.raise_request_exception = False
    with mock.patch("case_forms.simulation_pages.pages.simulations", busy), busy.turn():
        answer = ana.post(f"{procedure.pk}/try/", **tell())
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)


def test_a_story_that_begins_with_a_session_has_fields_for_it_that_come_back_as_they_were(
    ana: Editor, procedure: Procedure
) -> None:
    fields = {
        "_session": "yes",
        "_session_audience": "high_school",
        "_session_place_type": "high_school",
        "_session_participants": "24",
        "_session_reported_after": "",
    }
    page = ana.post(f"{procedure.pk}/try/", **tell(**fields, go="add_act"))
    assert page.context["story"].fields.session == {
        "audience": "high_school",
        "place_type": "high_school",
        "participants": 24,
    }
    assert "The story begins with a session that was held" in words(page)
    without = ana.post(f"{procedure.pk}/try/", **tell(go="add_act"))
    assert without.context["story"].session is None  # this form reports none
    assert "The story begins with a session" not in words(without)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("participants", "3000", "This number is too large."),
        ("participants", "-1", "This number is too small."),
        ("reported_after", "soon", "Write a whole number."),
        ("audience", "cats", "Choose"),
    ],
)
def test_a_session_that_cannot_be_is_refused_beside_its_field(
    ana: Editor, procedure: Procedure, field: str, typed: str, said: str
) -> None:
    given = {"_session": "yes", "_session_participants": "24", f"_session_{field}": typed}
    page = ana.post(f"{procedure.pk}/try/", **tell(**given))
    assert page.status_code == 422
    assert said in page.context["story"].session.errors[field]
    assert f'id="sim-session{field}-error"' in page.content.decode()


def test_an_act_at_the_link_of_a_service_without_a_referral_stands_on_the_timeline_as_impossible(
    ana: Editor, procedure: Procedure
) -> None:
    page = ana.post(f"{procedure.pk}/try/", **tell(**act(0, kind="service_step", at="5", step="accepted")))
    assert page.status_code == 200
    assert "No referral has been made then." in words(page)
