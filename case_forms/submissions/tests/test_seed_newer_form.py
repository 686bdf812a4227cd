"""An installation with the forms and procedure of before gets the newer ones, together; what was begun can be sent."""

import copy
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from access.models import MobileUnit, User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.models import FormDefinition, FormVersion
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from notifications.outbox.models import Notice
from tests.rows import laid_down
from tests.world.places import make_user

from ..actions import receive_submission, submit_draft
from ..drafts.actions import start_draft
from ..drafts.migration import move_draft, newer_version
from ..models import Submission
from ..seeding import reference
from ..seeding.reference import form_files, procedure_files, seed_reference

pytestmark = pytest.mark.django_db

KEY = "initial_identification"
# As they were shipped until the form followed the order of an encounter.
BEFORE = json.loads((Path(__file__).parent / "data" / "before_the_order_of_an_encounter.json").read_text())
ANSWERS = {
    "municipality": "vlore",
    "place_type": "street",
    "signal_source": "police",
    "immediate_danger": "yes",
    "police_contact_consent": "no",
    "safe_contact_how": ["call"],
    "safe_contact_phone": "+355691234567",
    "age_basis": "stated",
    "age_stated": 30,
    "birth_date": f"{timezone.localdate().year - 30}-01-01",
    "age_in_doubt": "no",
    "gender": "female",
    "citizenship": ["AL"],
    "indicators": {"exploitation.hazardous": {"answer": "present"}},
    "narrative": "Një fjali.",
    "worker_decision": "potential_victim",
    "decision_reason": "Asnjë emër.",
    "whereabouts": "Stacioni.",
}


def seed_before() -> None:
    """Lay down the forms and the procedure of before. Pages play no part here, and take most of the time."""
    forms = form_files()
    then = [BEFORE["form"] if each["key"] == KEY else each for each in forms if each["key"] != "indicator_review"]
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(reference, "form_files", lambda: then)
        earlier.setattr(reference, "procedure_files", lambda: [BEFORE["procedure"]])
        seed_reference()


@pytest.fixture(autouse=True)
def without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference, "seed_content", dict)


@pytest.fixture
def worker(db: None, without_pages: None) -> User:
    """Somebody of a unit where the forms and the procedure of before are in use."""
    laid_down(seed_before)
    return make_user("worker", unit=MobileUnit.objects.get(slug="vlore"))


def versions() -> list[int]:
    return list(FormVersion.objects.filter(form__key=KEY).order_by("number").values_list("number", flat=True))


def send(worker: User, version: int, **answers: Any) -> Submission:
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key=KEY,
        version=version,
        occurred_at=timezone.now(),
        answers=answers,
        user=worker,
        confirmed=["age_against_birth_date", "danger_without_place", "no_sign_noted"],
    )
    return received.submission


def test_form_and_procedure_come_together_and_a_draft_of_before_can_be_sent(worker: User) -> None:
    unit = MobileUnit.objects.get(slug="vlore")
    draft = start_draft(form_version=FormVersion.objects.get(form__key=KEY), unit=unit, owner=worker, answers=ANSWERS)
    made = seed_reference()
    assert (made["form versions"], made["procedure versions"]) == (2, 1)
    assert versions() == [1, 2]
    assert ProcedureVersion.objects.in_force().definition["settings"].keys() == {
        "adult_refusal",
        "adult_not_asked",
        "child_in_danger",
        "session_report",
        "closing_approval",
        "closed_case_kept",
    }
    sent = submit_draft(draft=draft, user=worker).submission
    assert (sent.form_version.number, sent.answers["narrative"]) == (1, "Një fjali.")
    # "no" said on that form that the police may not know the name: they are told without it, as before
    assert sent.case is not None
    assert set(Notice.objects.filter(case_id=sent.case.pk, chases=None).values_list("role", flat=True)) == {
        "police",
        "responsible_authority",
    }


def test_a_draft_of_before_moves_to_the_newer_form_and_says_what_no_longer_fits(worker: User) -> None:
    unit = MobileUnit.objects.get(slug="vlore")
    draft = start_draft(form_version=FormVersion.objects.get(form__key=KEY), unit=unit, owner=worker, answers=ANSWERS)
    seed_reference()
    newest = newer_version(draft)
    assert newest is not None
    moved = move_draft(draft=draft, to=newest, by=worker)
    assert set(ANSWERS) - set(moved.answers) == {"indicators", "narrative"}
    assert {left["path"][0] for left in moved.left_over} == {"indicators", "narrative"}  # type: ignore[union-attr]


def test_what_was_sent_before_still_opens_and_its_case_can_be_continued(worker: User) -> None:
    before = send(worker, 1, **ANSWERS)
    assert before.case is not None
    seed_reference()
    assert Submission.objects.get(pk=before.pk).answers["narrative"] == "Një fjali."
    rest = send(
        worker,
        2,
        case_ref=before.case.reference,
        municipality="vlore",
        immediate_danger="no",
        explained="yes",
        consent_to_store="yes",
        police_contact_consent="yes",
        age_in_doubt="no",
        age_basis="stated",
        age_stated=30,
        first_name="Ana",
        worker_decision="potential_victim",
        decision_reason="Dokumentet i mban dikush.",
        signal_source="police",
    )
    assert rest.case == before.case


def test_an_edit_by_hand_is_never_written_over(worker: User) -> None:
    ours = copy.deepcopy(BEFORE["form"])
    ours["title"]["en"] = "Our own identification"
    by = worker
    publish_form(form=save_definition(key=KEY, definition=ours, by=by), by=by)
    made = seed_reference()
    newest = FormVersion.objects.newest().get(form__key=KEY)
    assert newest.definition["title"]["en"] == "Our own identification"
    assert FormDefinition.objects.get(key=KEY).working_copy()["title"]["en"] == "Our own identification"
    # and what is shipped doesn't fit it: the procedure stays too, so that both go on fitting each other
    assert made["procedure versions"] == 0
    assert send(worker, newest.number, **{**ANSWERS, "immediate_danger": "no"}).case is not None


def test_a_new_form_waits_where_the_procedure_that_stands_has_no_rule_for_it(db: None) -> None:
    forms, procedures = form_files(), procedure_files()
    new = "school_notice"
    with pytest.MonkeyPatch.context() as earlier:
        earlier.setattr(reference, "form_files", lambda: [each for each in forms if each["key"] != new])
        without = copy.deepcopy(procedures)
        for procedure in without:
            procedure["rules"] = [rule for rule in procedure["rules"] if new not in rule.get("forms", ())]
        earlier.setattr(reference, "procedure_files", lambda: without)
        seed_reference()
    by = make_user("worker", unit=MobileUnit.objects.get(slug="vlore"))
    own = ProcedureVersion.objects.in_force()
    definition = {**own.definition, "title": {**own.definition["title"], "en": "Our own procedure"}}
    procedure = save_procedure(key=own.procedure.key, definition=definition)
    publish_procedure(procedure=procedure, in_force_from=timezone.now(), by=by)
    identification = copy.deepcopy(next(each for each in forms if each["key"] == KEY))
    with pytest.MonkeyPatch.context() as newer:
        # what is shipped doesn't fit by itself: it asks for a form that nobody has
        identification["sections"][0]["items"] = identification["sections"][0]["items"][:1]
        newer.setattr(reference, "form_files", lambda: [identification, *(f for f in forms if f["key"] != KEY)])
        seed_reference()
    assert not FormDefinition.objects.filter(key=new).exists()


def test_an_own_procedure_keeps_the_form_that_it_fits(worker: User) -> None:
    ours = copy.deepcopy(BEFORE["procedure"])
    ours["title"]["en"] = "Our own procedure"
    procedure = save_procedure(key=ours["key"], definition=ours)
    publish_procedure(procedure=procedure, in_force_from=timezone.now(), by=worker)
    seed_reference()
    assert ProcedureVersion.objects.in_force().definition["title"]["en"] == "Our own procedure"
    assert versions() == [1]
