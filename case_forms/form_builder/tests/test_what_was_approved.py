"""Attack: between submission and approval somebody changes a shared list, and it is published with the form unseen."""

from wagtail.models import WorkflowState

from ..models import ChoiceList, FormDefinition, FormVersion
from ..workflow import withdraw
from .coordinators import Person
from .samples import question

CHOICES = [{"value": "a", "label": {"sq": "A", "en": "A"}}, {"value": "b", "label": {"sq": "B", "en": "B"}}]
QUESTION = question("from_list", "select_one", choices_from="shared:mine")
ADD = {"op": "add", "path": "/sections/0/items/0", "value": QUESTION}


def refreshed(form: FormDefinition) -> FormDefinition:
    return FormDefinition.objects.get(pk=form.pk)


def submitted(form: FormDefinition, by: Person) -> ChoiceList:
    made = ChoiceList.objects.create(key="mine", title={"sq": "L", "en": "L"}, choices=CHOICES)
    by.submit(form, ADD)
    assert refreshed(form).workflow_in_progress
    return made


def test_a_list_that_changes_while_the_form_waits_stops_its_approval(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    made = submitted(sample_form, ana)
    made.choices = [*CHOICES, {"value": "c", "label": {"sq": "C", "en": "C"}}]
    made.save()

    besa.decide(sample_form, "approve")

    assert not FormVersion.objects.exists()
    form = refreshed(sample_form)
    assert form.workflow_in_progress
    assert "was changed after it was submitted" in besa.get(f"edit/{form.pk}/").content.decode()
    assert "Approve and publish" not in besa.get(f"edit/{form.pk}/").content.decode()


def test_submitted_again_it_is_approved_with_the_list_as_it_is_now(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    made = submitted(sample_form, ana)
    made.choices = CHOICES[:1]
    made.save()
    besa.decide(sample_form, "reject", "The list was changed.")
    ana.submit(refreshed(sample_form))
    besa.decide(sample_form, "approve")
    version = FormVersion.objects.get()
    assert version.sha256 == refreshed(sample_form).workflow_states.get().task_states.latest("pk").submitted_form.sha256


def test_an_unchanged_list_stops_nothing(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    submitted(sample_form, ana)
    besa.decide(sample_form, "approve")
    assert FormVersion.objects.count() == 1


def test_withdrawing_what_was_just_approved_leaves_it_approved(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.submit(sample_form)
    seen = refreshed(sample_form)
    state = seen.current_workflow_state
    besa.decide(sample_form, "approve")
    assert withdraw(seen, user=ana.user) is False
    state.refresh_from_db()
    assert state.status == WorkflowState.STATUS_APPROVED
