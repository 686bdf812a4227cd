"""An installation that has the forms of before gets the newer ones as new versions; what was begun can be sent."""

import copy
from typing import Any

import pytest

from access.models import MobileUnit
from case_forms.builder.models import FormVersion
from case_forms.intake.actions import submit_draft
from case_forms.intake.drafts import start_draft
from case_forms.intake.seeding import reference
from case_forms.intake.seeding.reference import form_files, seed_reference
from case_forms.testing import make_user

pytestmark = pytest.mark.django_db


def as_it_was_before(definition: dict[str, Any]) -> dict[str, Any]:
    """The identification without what its second version brought: the place, the session to choose, what is asked."""
    before = copy.deepcopy(definition)
    before.pop("warnings")
    place = before["sections"][0]["items"]
    session = next(item for item in place if item["key"] == "session")
    session |= {"key": "session_id", "type": "text"}
    before["sections"][0]["items"] = [item for item in place if not item["key"].startswith("whereabouts")]
    return before


def test_an_installation_gets_the_second_version_and_drafts_on_the_first_can_be_sent(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    forms = form_files()
    key = "initial_identification"
    old = [as_it_was_before(each) if each["key"] == key else each for each in forms]
    monkeypatch.setattr(reference, "form_files", lambda: old)
    seed_reference()
    unit = MobileUnit.objects.get(slug="vlore")
    worker = make_user("worker", unit=unit)
    answers = {
        "municipality": "vlore",
        "place_type": "street",
        "signal_source": "session_participant",
        "session_id": "ABC",
        "immediate_danger": "yes",
        "age_basis": "stated",
        "age_stated": 30,
        "birth_date": "1999-01-01",
        "age_in_doubt": "no",
        "gender": "female",
        "citizenship": ["AL"],
        "indicators": {"exploitation.hazardous": {"answer": "present"}},
        "narrative": "Një fjali.",
        "worker_decision": "no_indicators",
        "decision_reason": "Asnjë.",
    }
    draft = start_draft(form_version=FormVersion.objects.get(form__key=key), unit=unit, owner=worker, answers=answers)
    monkeypatch.setattr(reference, "form_files", lambda: forms)
    assert seed_reference()["form versions"] == 1
    assert FormVersion.objects.filter(form__key=key).count() == 2
    sent = submit_draft(draft=draft, user=worker).submission
    assert (sent.form_version.number, sent.answers["session_id"]) == (1, "ABC")
