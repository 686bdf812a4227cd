"""The second pair of eyes: what is published was seen by a coordinator who neither wrote it last nor asked for it.

1. A coordinator submits the newest revision of a form. From here on the form is locked for everybody, so that what is
   looked at is what will be published. Who submitted may withdraw it.
2. Another coordinator approves it, or asks for changes. `may_approve` says who that can be; being a superuser is no
   reason, and neither is the permission to publish.
3. Approving publishes in the same transaction (`FormDefinition.publish`), and that is the only way for a person:
   `get_approval` is asked whichever door a publication comes through.
"""

from collections.abc import Callable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from wagtail.admin import signal_handlers
from wagtail.locks import WorkflowLock
from wagtail.models import Revision, Task, TaskState, Workflow, WorkflowContentType, WorkflowState, WorkflowTask

from access.models import StaffRole, User

Action = tuple[str, Any, bool]


class ReviewLock(WorkflowLock):
    """What is being looked at stays as it is, for everybody."""

    def get_message(self, user: User) -> Any:
        """Nothing above the page: the page itself says how the approval stands (builder/_standing.html)."""
        return None

    def get_locked_by(self, user: User, can_lock: bool = False) -> Any:
        return _("Awaiting approval")

    def get_description(self, user: User, can_lock: bool = False) -> Any:
        return _("Nobody can change the form until it is approved, sent back or withdrawn")


class SubmittedForm(models.Model):
    """What was sent for approval: the SHA-256 of the version it would be, the choices of shared lists included."""

    wagtail_reference_index_ignore = True

    state = models.OneToOneField(TaskState, models.CASCADE, related_name="submitted_form", verbose_name=_("state"))
    sha256 = models.CharField(_("sha256"), max_length=64)

    class Meta:
        verbose_name = _("form sent for approval")
        verbose_name_plural = _("forms sent for approval")

    def __str__(self) -> str:
        return f"{self.state_id}"


class FormApprovalTask(Task):
    """Wagtail's task of approving, done by another coordinator."""

    lock_class = ReviewLock

    class Meta:
        verbose_name = _("approval of a form by another coordinator")
        verbose_name_plural = _("approvals of forms by another coordinator")

    @transaction.atomic
    def start(self, workflow_state: WorkflowState, user: User | None = None) -> TaskState:
        state = super().start(workflow_state, user=user)
        SubmittedForm.objects.create(state=state, sha256=sha256_today(workflow_state.content_object))
        return state

    def locked_for_user(self, obj: Any, user: User) -> bool:
        return True

    def get_actions(self, obj: Any, user: User) -> list[Action]:
        state = obj.current_workflow_task_state
        if state is None or not may_approve(state, user):
            return []
        actions: list[Action] = [("reject", _("Ask for changes"), True)]
        return [*actions, ("approve", _("Approve"), True)] if is_as_submitted(state, obj) else actions

    @transaction.atomic
    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        """Approves or sends back. Raises PermissionDenied, and DefinitionRefused when the form can't be published."""
        WorkflowState.objects.select_for_update().get(pk=task_state.workflow_state_id)  # withdrawing locks it too
        state = TaskState.objects.select_for_update().get(pk=task_state.pk).specific
        if state.status != TaskState.STATUS_IN_PROGRESS or not may_approve(state, user):
            raise PermissionDenied
        super().on_action(state, user, action_name, **kwargs)

    def get_task_states_user_can_moderate(self, user: User, **kwargs: Any) -> "models.QuerySet[TaskState]":
        waiting = self.task_states.filter(status=TaskState.STATUS_IN_PROGRESS)
        if not user.has_role(StaffRole.COORDINATOR):
            return waiting.none()
        return waiting.exclude(workflow_state__requested_by=user).exclude(revision__user=user)

    @classmethod
    def get_description(cls) -> Any:
        return _("A coordinator who neither submitted the form nor changed it last gives approval")


def may_approve(state: TaskState, user: User) -> bool:
    """A coordinator today, and neither the one who submitted nor the one who saved what was submitted."""
    return user.has_role(StaffRole.COORDINATOR) and user.pk not in (
        state.workflow_state.requested_by_id,
        state.revision.user_id,
    )


def sha256_today(form: Any) -> str:
    """Of the version that publishing the working copy would make now."""
    from . import canonical
    from .lists import resolved, shared_lists

    return canonical.compute_sha256(canonical.dump(resolved(form.working_copy(), shared_lists())))


def sha256_approved(state: TaskState) -> str:
    """ "" for what was sent before this was noted."""
    return SubmittedForm.objects.filter(state_id=state.pk).values_list("sha256", flat=True).first() or ""


def is_as_submitted(state: TaskState, form: Any) -> bool:
    """Whether publishing would make exactly what was sent: somebody may have changed a list that the form uses."""
    return sha256_approved(state) in ("", sha256_today(form))


@transaction.atomic
def withdraw(form: Any, *, user: User) -> bool:
    """Take back what waits for approval. False when it was decided, or withdrawn, in the meantime; PermissionDenied for
    whoever may not. Locks what deciding locks, so that one of two at the same moment wins."""
    here = {"object_id": str(form.pk), "base_content_type": form.get_base_content_type()}
    state = WorkflowState.objects.active().filter(**here).select_for_update().first()
    if state is None:
        return False
    if not state.user_can_cancel(user):
        raise PermissionDenied
    state.cancel(user=user)
    return True


def get_approval(revision: Revision) -> TaskState | None:
    """The approval by another coordinator that this very revision has."""
    approved = TaskState.objects.filter(
        revision=revision,
        status=TaskState.STATUS_APPROVED,
        workflow_state__status=WorkflowState.STATUS_APPROVED,
        task__content_type=ContentType.objects.get_for_model(FormApprovalTask),
        finished_by__isnull=False,
    )
    for state in approved.select_related("workflow_state", "revision").order_by("-finished_at"):
        if state.finished_by_id not in (state.workflow_state.requested_by_id, revision.user_id):
            return state
    return None


def seed_approval(model: type[models.Model], *, name: str) -> int:
    """Lays the approval on a model, where it has no workflow of ours yet. Returns how many rows were added."""
    kind = ContentType.objects.get_for_model(model, for_concrete_model=False)
    if WorkflowContentType.objects.filter(content_type=kind).exists():
        return 0
    task = FormApprovalTask.objects.filter(active=True).first() or FormApprovalTask.objects.create(name=name)
    workflow = Workflow.objects.create(name=name)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowContentType.objects.create(content_type=kind, workflow=workflow)
    return 1


def send_no_mail_about(model: type[models.Model]) -> None:
    """Wagtail mails titles and comments when a workflow ends, during the request. For these objects it doesn't: who is
    to look at something sees it on the admin's first page (docs/adr/0012)."""
    for notifier in (
        signal_handlers.workflow_submission_email_notifier,
        signal_handlers.workflow_approval_email_notifier,
        signal_handlers.workflow_rejection_email_notifier,
    ):
        notifier.can_handle = _unless(model, notifier.can_handle)


def _unless(model: type[models.Model], can_handle: Callable[..., bool]) -> Callable[..., bool]:
    def decide(instance: Any, **kwargs: Any) -> bool:
        return can_handle(instance, **kwargs) and not isinstance(instance.content_object, model)

    return decide
