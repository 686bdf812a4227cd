"""The second pair of eyes, through the pages and past them."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.exceptions import PermissionDenied
from wagtail.actions.publish_revision import PublishPermissionError
from wagtail.models import GroupApprovalTask, TaskState, Workflow, WorkflowContentType, WorkflowState, WorkflowTask

from access.models import StaffRole
from audit.models import AuditEntry

from ..actions import publish_form
from ..models import FormDefinition, FormVersion
from ..workflow import FormApprovalTask, seed_approval
from .coordinators import Person, person

RENAME = {"op": "replace", "path": "/title/en", "value": "Renamed"}
BREAK = {"op": "replace", "path": "/sections/0/items/0/type", "value": "telepathy"}


def refreshed(form: FormDefinition) -> FormDefinition:
    return FormDefinition.objects.get(pk=form.pk)


def test_one_submits_another_approves_and_that_publishes(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.submit(sample_form, RENAME)
    assert not FormVersion.objects.exists()

    response = besa.decide(sample_form, "approve", "Looks right.")

    assert response.status_code == 302
    version = FormVersion.objects.get()
    assert (version.number, version.published_by, version.submitted_by) == (1, besa.user, ana.user)
    assert version.definition["title"]["en"] == "Renamed"
    form = refreshed(sample_form)
    assert form.live
    assert not form.has_unpublished_changes
    assert form.definition["title"]["en"] == "Renamed"
    entry = AuditEntry.objects.get(action="form.published")
    assert (entry.actor_id, entry.target_id) == (str(besa.user.pk), str(version.pk))
    assert entry.detail == {
        "form": "sample", "number": 1, "sha256": version.sha256, "submitted_by": ana.user.pk
    }  # fmt: skip


def test_nobody_approves_what_they_submitted(sample_form: FormDefinition, ana: Person) -> None:
    ana.submit(sample_form)

    assert ana.decide(sample_form, "approve").status_code == 302
    assert "Approve and publish" not in ana.get(f"edit/{sample_form.pk}/").content.decode()
    assert not FormVersion.objects.exists()
    assert refreshed(sample_form).workflow_in_progress


def test_nobody_approves_what_they_changed_last(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    besa.submit(sample_form)  # the revision is Ana's, the request Besa's

    ana.decide(sample_form, "approve")
    besa.decide(sample_form, "approve")
    assert not FormVersion.objects.exists()

    person("cen").decide(sample_form, "approve")
    assert FormVersion.objects.get().submitted_by == besa.user


@pytest.mark.parametrize("roles", [(StaffRole.OPERATOR,), (StaffRole.EDITOR,)])
def test_only_coordinators_approve_also_among_superusers(
    sample_form: FormDefinition, ana: Person, roles: tuple[str, ...]
) -> None:
    other = person("other", *roles, is_superuser=True)
    ana.submit(sample_form)

    assert other.decide(sample_form, "approve").status_code in (302, 404)
    state = refreshed(sample_form).current_workflow_task_state
    with pytest.raises(PermissionDenied):
        state.task.specific.on_action(state, other.user, "approve")
    assert not FormVersion.objects.exists()


def test_a_superuser_does_not_publish_directly(sample_form: FormDefinition) -> None:
    root = person("root", is_superuser=True)

    response = root.save(sample_form, RENAME, **{"action-publish": "yes"})

    assert response.status_code == 302
    page = root.get(f"edit/{sample_form.pk}/").content.decode()
    assert "Nobody publishes a form alone" in page
    assert 'name="action-publish"' not in page
    form = refreshed(sample_form)
    assert not FormVersion.objects.exists()
    assert not form.live
    assert form.working_copy()["title"]["en"] == "Renamed"  # nothing of it was lost
    with pytest.raises(PublishPermissionError):
        form.latest_revision.publish(user=root.user, skip_permission_checks=True)
    for address in ("unpublish", "delete"):
        assert root.post(f"{address}/{form.pk}/").status_code == 404
    root.client.post(f"/cms/bulk/builder/formdefinition/delete/?id={form.pk}")
    assert FormDefinition.objects.exists()


def test_the_right_to_publish_is_no_way_around(sample_form: FormDefinition, ana: Person) -> None:
    ana.user.user_permissions.add(Permission.objects.get(codename="publish_formdefinition"))

    ana.save(sample_form, RENAME, **{"action-publish": "yes"})

    assert not FormVersion.objects.exists()


def test_an_approval_by_somebody_elses_workflow_is_none(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    task = GroupApprovalTask.objects.create(name="Any coordinator")
    task.groups.set(ana.user.groups.all())
    workflow = Workflow.objects.create(name="Easy")
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowContentType.objects.update(workflow=workflow)
    ana.submit(sample_form)

    state = refreshed(sample_form).current_workflow_task_state
    with pytest.raises(PublishPermissionError):
        state.task.specific.on_action(state, besa.user, "approve")
    assert not FormVersion.objects.exists()


def test_what_waits_for_approval_is_locked_for_everybody(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.submit(sample_form)
    form = refreshed(sample_form)
    form.locked, form.locked_by = True, ana.user  # having locked it oneself opens nothing
    form.save()

    for who in (ana, besa, person("root", is_superuser=True)):
        answer = who.autosave(sample_form, RENAME)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "locked")
    assert refreshed(sample_form).working_copy()["title"]["en"] == "Sample"


def test_what_was_approved_is_not_written_over_by_a_late_autosave(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    saved = ana.autosave(sample_form, RENAME).json()
    ana.submit(sample_form)
    besa.decide(sample_form, "approve")

    again = ana.autosave(
        sample_form,
        {"op": "replace", "path": "/title/en", "value": "Later"},
        overwrite_revision_id=str(saved["revision_id"]),
    ).json()

    assert again["revision_id"] != saved["revision_id"]
    form = refreshed(sample_form)
    assert form.live_revision.as_object().definition["title"]["en"] == "Renamed"
    assert form.working_copy()["title"]["en"] == "Later"
    with pytest.raises(PublishPermissionError):
        form.latest_revision.publish(user=besa.user)


def test_who_submitted_withdraws_and_goes_on(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    ana.submit(sample_form)

    ana.save(sample_form, **{"action-cancel-workflow": "yes"})

    assert not refreshed(sample_form).workflow_in_progress
    assert ana.autosave(sample_form, RENAME).status_code == 200


def test_sent_back_with_a_comment_and_submitted_again_by_another(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.submit(sample_form)
    besa.decide(sample_form, "reject", "Ask for the age first.")
    page = ana.get(f"edit/{sample_form.pk}/").content.decode()
    assert "Ask for the age first." in page
    assert WorkflowState.objects.get().status == WorkflowState.STATUS_NEEDS_CHANGES

    besa.submit(sample_form, RENAME)

    assert WorkflowState.objects.get().requested_by == besa.user
    besa.decide(sample_form, "approve")
    assert not FormVersion.objects.exists()
    ana.decide(sample_form, "approve")
    assert FormVersion.objects.get().published_by == ana.user


def test_a_form_with_problems_is_saved_but_not_submitted_and_the_place_is_named(
    sample_form: FormDefinition, ana: Person
) -> None:
    response = ana.submit(sample_form, BREAK)

    page = ana.client.get(response.url).content.decode()
    assert "The form is saved, but not submitted." in page
    assert '<a href="#item-municipality">place › municipality</a>: There is no such type of question.' in page
    form = refreshed(sample_form)
    assert not form.workflow_in_progress
    assert form.working_copy()["sections"][0]["items"][0]["type"] == "telepathy"


def test_a_form_that_cannot_be_filled_any_more_is_not_published_and_still_waits(
    sample_form: FormDefinition, ana: Person, besa: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana.submit(sample_form)
    monkeypatch.setattr("case_forms.form_builder.properties.registry.names", frozenset)
    monkeypatch.setattr("case_forms.form_builder.checker.registry.names", frozenset)

    response = besa.decide(sample_form, "approve")

    monkeypatch.undo()
    page = besa.client.get(response.url).content.decode()
    assert "Not published. The form is still waiting for approval." in page
    assert "#item-municipality" in page
    assert not FormVersion.objects.exists()
    assert refreshed(sample_form).workflow_in_progress
    assert TaskState.objects.get().status == TaskState.STATUS_IN_PROGRESS


def test_approving_twice_publishes_once(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    ana.submit(sample_form)
    state = refreshed(sample_form).current_workflow_task_state
    task: Any = state.task.specific
    task.on_action(state, besa.user, "approve")

    with pytest.raises(PermissionDenied):
        task.on_action(state, besa.user, "approve")
    assert FormVersion.objects.count() == 1


def test_the_same_content_approved_again_is_the_same_version(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    publish_form(form=sample_form)
    ana.submit(sample_form)

    besa.decide(sample_form, "approve")

    assert FormVersion.objects.count() == 1
    assert AuditEntry.objects.filter(action="form.published_unchanged").count() == 1


def test_the_admins_first_page_shows_it_to_whoever_may_approve(
    sample_form: FormDefinition, ana: Person, besa: Person
) -> None:
    ana.submit(sample_form)
    task = FormApprovalTask.objects.get()

    assert list(task.get_task_states_user_can_moderate(besa.user)) == [TaskState.objects.get()]
    assert not task.get_task_states_user_can_moderate(ana.user).exists()
    assert not task.get_task_states_user_can_moderate(person("op", StaffRole.OPERATOR).user).exists()
    assert "Awaiting your review" in besa.client.get("/cms/").content.decode()


def test_no_mail_leaves_about_a_form(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    ana.user.email, besa.user.email = "ana@vatra.example", "besa@vatra.example"
    ana.user.save()
    besa.user.save()
    ana.submit(sample_form)
    besa.decide(sample_form, "reject", "Not yet.")
    ana.submit(sample_form)
    besa.decide(sample_form, "approve")

    assert FormVersion.objects.exists()
    assert mail.outbox == []


def test_submitting_and_looking_leave_no_revision(sample_form: FormDefinition, ana: Person, besa: Person) -> None:
    before = sample_form.revisions.count()

    besa.get(f"edit/{sample_form.pk}/")
    besa.submit(sample_form)

    assert sample_form.revisions.count() == before
    assert sample_form.latest_revision.user == ana.user


def test_seeding_lays_the_approval_once(ground: None) -> None:
    assert seed_approval(FormDefinition, name="Again") == 0
    assert FormApprovalTask.objects.count() == 1
