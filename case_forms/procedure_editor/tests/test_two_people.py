"""Submitting, approving, scheduling, withdrawing, overtaking: what was approved is what comes into force."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.timezone import localtime

from access.models import StaffRole
from audit.models import AuditEntry
from case_forms.form_builder.edits import compute_sha
from case_forms.procedures.models import Procedure, ProcedureVersion

from ..checks import Finding, _checks, register_check
from ..versions import get_state
from .editors import REASON, Editor, editor, published_procedure
from .test_pages import text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

FASTER = {"op": "replace", "path": "/ladders/quick/0/after_minutes", "value": 5}
FASTEST = {"op": "replace", "path": "/ladders/quick/0/after_minutes", "value": 3}


@pytest.fixture
def procedure() -> Procedure:
    return published_procedure()


@pytest.fixture
def ana(procedure: Procedure) -> Editor:
    return editor("ana")


@pytest.fixture
def besa(procedure: Procedure) -> Editor:
    return editor("besa")


def in_days(days: int) -> str:
    return localtime(timezone.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def approve(procedure: Procedure, by: Editor, other: Editor, *changes: dict, **more: str) -> ProcedureVersion:
    by.submit(procedure, *changes, **more)
    other.decide(procedure, "approve")
    newest = procedure.versions.order_by("-number").first()
    assert newest is not None
    return newest


def test_another_approves_and_exactly_that_comes_into_force(ana: Editor, besa: Editor, procedure: Procedure) -> None:
    ana.submit(procedure, FASTER, note="Asked by the police")
    submitted = compute_sha(Procedure.objects.get().working_copy())
    assert procedure.versions.count() == 1
    assert REASON in text(besa.get(f"edit/{procedure.pk}/"))
    besa.decide(procedure, "approve")
    version = ProcedureVersion.objects.in_force()
    assert (version.number, version.sha256) == (2, submitted)
    assert (version.submitted_by, version.published_by) == (ana.user, besa.user)
    assert (version.legal_source, version.note) == (REASON, "Asked by the police")
    assert Procedure.objects.get().definition == version.definition
    assert AuditEntry.objects.filter(action="procedure.submitted").count() == 1


def test_nobody_approves_their_own(ana: Editor, procedure: Procedure) -> None:
    ana.submit(procedure, FASTER)
    ana.decide(procedure, "approve")
    assert procedure.versions.count() == 1


def test_whoever_changed_it_last_does_not_approve_what_another_submitted(
    ana: Editor, besa: Editor, procedure: Procedure
) -> None:
    besa.save(procedure, FASTER)
    ana.submit(procedure)
    besa.decide(procedure, "approve")
    assert procedure.versions.count() == 1


def test_while_it_waits_nobody_changes_it(ana: Editor, besa: Editor, procedure: Procedure) -> None:
    ana.submit(procedure, FASTER)
    before = Procedure.objects.get().working_copy()
    for someone in (ana, besa):
        someone.save(procedure, FASTEST)
        someone.post(f"{procedure.pk}/versions/1/restore/")
    assert Procedure.objects.get().working_copy() == before


def test_what_it_rests_on_must_be_said(ana: Editor, procedure: Procedure) -> None:
    page = ana.submit(procedure, FASTER, legal_source=" ")
    assert "Say what the change rests on." in text(page)
    assert Procedure.objects.get().current_workflow_state is None


@pytest.mark.parametrize(
    ("moment", "words"), [("", "Choose the day and the time"), ("2020-01-01T00:00", "This time has passed."), ("x", "")]
)
def test_a_start_that_can_not_be_is_named_beside_its_field(
    ana: Editor, procedure: Procedure, moment: str, words: str
) -> None:
    page = ana.submit(procedure, FASTER, begins="later", in_force_from=moment)
    assert page.status_code == 200
    assert words in text(page)
    assert Procedure.objects.get().current_workflow_state is None


def test_a_problem_keeps_it_from_being_submitted_and_the_draft_is_kept(ana: Editor, procedure: Procedure) -> None:
    ana.submit(procedure, {"op": "replace", "path": "/rules/0/then/1/role", "value": "mayor"})
    stored = Procedure.objects.get()
    assert stored.current_workflow_state is None
    assert stored.working_copy()["rules"][0]["then"][1]["role"] == "mayor"


def test_a_scheduled_version_waits_and_can_be_withdrawn_with_a_reason(
    ana: Editor, besa: Editor, procedure: Procedure
) -> None:
    version = approve(procedure, ana, besa, FASTER, begins="later", in_force_from=in_days(7))
    first = procedure.versions.get(number=1)
    assert get_state(version) == "scheduled"
    assert first.in_force_until == version.in_force_from
    assert "Say why it is withdrawn." in text(ana.post(f"{procedure.pk}/versions/2/withdraw/", reason=""))
    assert ana.post(f"{procedure.pk}/versions/2/withdraw/", reason="Too early").status_code == 302
    version.refresh_from_db()
    first.refresh_from_db()
    assert get_state(ProcedureVersion.objects.get(number=2)) == "withdrawn"
    assert first.in_force_until is None
    assert ProcedureVersion.objects.in_force(timezone.now() + timedelta(days=8)) == first
    assert "Too early" in text(ana.get(f"{procedure.pk}/versions/"))
    # a second time nothing happens, and what is in force can't be withdrawn
    ana.post(f"{procedure.pk}/versions/2/withdraw/", reason="Again")
    ana.post(f"{procedure.pk}/versions/1/withdraw/", reason="Why not")
    assert ProcedureVersion.objects.in_force() == first


def test_a_version_that_begins_earlier_overtakes_a_scheduled_one(
    ana: Editor, besa: Editor, procedure: Procedure
) -> None:
    late = approve(procedure, ana, besa, FASTER, begins="later", in_force_from=in_days(7))
    now = approve(procedure, besa, ana, FASTEST)
    late.refresh_from_db()
    assert (get_state(late), get_state(now)) == ("overtaken", "in_force")
    assert ProcedureVersion.objects.in_force(timezone.now() + timedelta(days=8)) == now


def test_a_version_that_begins_later_lets_a_scheduled_one_begin(
    ana: Editor, besa: Editor, procedure: Procedure
) -> None:
    soon = approve(procedure, ana, besa, FASTER, begins="later", in_force_from=in_days(2))
    later = approve(procedure, besa, ana, FASTEST, begins="later", in_force_from=in_days(7))
    soon.refresh_from_db()
    assert soon.in_force_until == later.in_force_from
    assert ProcedureVersion.objects.in_force(timezone.now() + timedelta(days=3)) == soon


def test_restoring_makes_an_older_version_the_draft(ana: Editor, besa: Editor, procedure: Procedure) -> None:
    first = procedure.versions.get()
    approve(procedure, ana, besa, FASTER)
    ana.post(f"{procedure.pk}/versions/1/restore/")
    assert Procedure.objects.get().working_copy() == first.definition
    assert ProcedureVersion.objects.in_force().number == 2


def test_what_changed_is_told_in_words(ana: Editor, procedure: Procedure) -> None:
    added = {"op": "add", "path": "/rules/-", "value": {**procedure.definition["rules"][0], "key": "another"}}
    removed = {"op": "remove", "path": "/deadlines/answer"}
    ana.save(procedure, FASTER, added, removed, {"op": "move", "from": "/rules/0", "path": "/rules/2"})
    words = text(ana.get(f"{procedure.pk}/versions/compare/"))
    assert "a reminder after 5 minutes" in words
    assert "Rules – added: Tell another" in words
    assert "Deadlines – removed" in words
    assert "Rules – moved: Tell tell" in words
    assert "after_minutes" not in words


def test_a_blocking_finding_keeps_it_from_being_submitted(ana: Editor, procedure: Procedure) -> None:
    check = register_check(lambda draft: [Finding("tell", "Nobody would be called.")])
    try:
        assert ana.get(f"{procedure.pk}/findings/").json()["findings"][0]["part"] == "/rules/0"
        ana.submit(procedure, FASTER)
        assert Procedure.objects.get().current_workflow_state is None
    finally:
        _checks.remove(check)


def test_a_check_that_fails_is_itself_a_blocking_finding(ana: Editor, procedure: Procedure) -> None:
    def broken(draft: object) -> list[Finding]:
        raise ZeroDivisionError

    register_check(broken)
    try:
        answer = ana.get(f"{procedure.pk}/findings/")
        assert answer.status_code == 200
        assert answer.json()["findings"][0]["is_blocking"]
    finally:
        _checks.remove(broken)


def test_an_operator_changes_nothing(procedure: Procedure) -> None:
    operator = editor("olta", StaffRole.OPERATOR, group="Operators")
    before = procedure.working_copy()
    for address in (f"edit/{procedure.pk}/", f"{procedure.pk}/versions/1/restore/", f"{procedure.pk}/import/"):
        assert operator.post(address).status_code in (403, 404)
    assert Procedure.objects.get().working_copy() == before


def test_a_form_without_rules_is_given_its_first_one_in_the_draft(ana: Editor, procedure: Procedure) -> None:
    from tests.world.forms import publish, small_form

    publish({**small_form(), "key": "quiet_form"})
    answer = ana.post(f"{procedure.pk}/first-rule/quiet_form/")
    assert answer.url.endswith("#rule-quiet_form")
    rule = Procedure.objects.get().working_copy()["rules"][-1]
    assert (rule["forms"], rule["on"], rule["then"]) == (["quiet_form"], "submission_received", [])
    ana.post(f"{procedure.pk}/first-rule/quiet_form/")
    assert len(Procedure.objects.get().working_copy()["rules"]) == len(procedure.definition["rules"]) + 1


def test_a_form_without_rules_offers_to_begin_one_and_leads_to_those_it_has(ana: Editor, procedure: Procedure) -> None:
    from case_forms.form_builder.models import FormDefinition
    from tests.world.forms import publish, small_form

    publish({**small_form(), "key": "quiet_form"})
    quiet, loud = (FormDefinition.objects.get(key=key) for key in ("quiet_form", "small_identification"))
    page = ana.client.get(f"/cms/forms/edit/{quiet.pk}/").content.decode()
    assert f'action="/cms/procedures/{procedure.pk}/first-rule/quiet_form/"' in page
    page = ana.client.get(f"/cms/forms/edit/{loud.pk}/").content.decode()
    assert f'href="/cms/procedures/edit/{procedure.pk}/#rule-tell"' in page
    assert "first-rule" not in page


def test_nothing_is_begun_while_the_procedure_waits_for_approval(ana: Editor, procedure: Procedure) -> None:
    from tests.world.forms import publish, small_form

    publish({**small_form(), "key": "quiet_form"})
    ana.submit(procedure, FASTER)
    before = Procedure.objects.get().working_copy()
    ana.post(f"{procedure.pk}/first-rule/quiet_form/")
    assert Procedure.objects.get().working_copy() == before
