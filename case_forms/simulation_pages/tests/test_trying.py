"""Trying a procedure: a story in the request's body, its timeline in the answer, and nothing anywhere else."""

import re
from typing import Any

import pytest

from access.models import Municipality
from audit.models import AuditEntry
from case_forms.cases.models import Case
from case_forms.procedure_editor.tests.editors import Editor, editor, published_procedure
from case_forms.procedures.models import Procedure
from case_forms.simulation.models import Scenario
from case_forms.submissions.models import Submission
from notifications.outbox.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def procedure() -> Procedure:
    return published_procedure()


@pytest.fixture
def ana(procedure: Procedure) -> Editor:
    return editor("ana")


STORY = {
    "_form": "small_identification",
    "_asked": "small_identification",
    "_fill": "yes",
    "_when": "friday",
    "_directory": "invented",
    "_on": "draft",
    "_act-count": "0",
    "result": "potential_victim",
}


def words(response: Any) -> str:
    """The words of the page itself, without the admin around it."""
    html = response.content.decode().partition('<div class="sim">')[2]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_page_opens_with_a_form_and_its_questions(ana: Editor, procedure: Procedure) -> None:
    page = ana.get(f"{procedure.pk}/try/")
    assert page.status_code == 200
    assert "This is a trial." in words(page)


def test_a_story_is_lived_through_and_leaves_nothing(ana: Editor, procedure: Procedure) -> None:
    before = [model.objects.count() for model in (Case, Submission, Notice, AuditEntry, Scenario)]
    page = ana.post(f"{procedure.pk}/try/", **STORY, _municipality=Municipality.objects.all()[0].slug, go="run")
    assert page.status_code == 200, words(page)[:1500]
    assert before == [model.objects.count() for model in (Case, Submission, Notice, AuditEntry, Scenario)]
