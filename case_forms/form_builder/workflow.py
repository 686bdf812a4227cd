"""The second pair of eyes: approval by a coordinator who neither wrote the form last nor submitted it.

1. A coordinator submits the newest revision of a form. From here on the form is locked for everybody, so that what is
   looked at is what will be published. Who submitted may withdraw it.
2. Another coordinator approves it, or asks for changes. `may_approve` says who that can be; being a superuser is no
   reason, and neither is the permission to publish.
3. Approving publishes in the same transaction (`FormDefinition.publish`), and that is the only way for a person:
   `get_approval` is asked whichever way a publication comes.
"""

from typing import Any, Protocol

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from wagtail.actions.publish_revision import PublishPermissionError
from wagtail.locks import WorkflowLock
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    Revision,
    RevisionMixin,
    Task,
    TaskState,
    Workflow,
    WorkflowContentType,
    WorkflowMixin,
    WorkflowState,
    WorkflowTask,
)

from access.models import StaffRole, User

Action = tuple[str, Any, bool]


class ReviewLock(WorkflowLock):
    """The lock of a form under review: it stays as it is, for everybody."""

    def get_message(self, user: User) -> Any:
        """Return no message: the page itself says how the approval stands (form_builder/_standing.html)."""
        return None

    def get_locked_by(self, user: User, can_lock: bool = False) -> Any:
        return _("Awaiting approval")

    def get_description(self, user: User, can_lock: bool = False) -> Any:
        return self.object.words_under_review


class ReviewedDefinition(WorkflowMixin, DraftStateMixin, LockableMixin, RevisionMixin, models.Model):
    """The base of what is edited as a draft and published by a second person's approval: forms and procedures.

    What is worked on is in the newest revision (`working_copy`). A subclass has a `definition`, and `sha256_today`.
    """

    # shown to whoever comes to a page that can't be changed meanwhile
    words_under_review: Any = _("Nobody can change the form until it is approved, sent back or withdrawn")

    class Meta:
        abstract = True

    def working_copy(self) -> dict[str, Any]:
        """Return the definition as its designers left it."""
        return self.get_latest_revision_as_object().definition

    def get_lock(self) -> Any:
        """Return the lock of what waits for approval, which holds for everybody, else the personal lock.

        It also holds for whoever had locked it for themselves before.
        """
        task = self.current_workflow_task
        return task.lock_class(self, task) if task else super().get_lock()

    def save_revision(self, *args: Any, overwrite_revision: Revision | None = None, **kwargs: Any) -> Revision:
        """Save a revision; never write over one that was submitted or published, but make a new one instead."""
        # Wagtail's autosave writes over the newest revision; one that arrives late would change what was approved
        # (docs/adr/0012).
        if overwrite_revision and (
            overwrite_revision.pk == self.live_revision_id or overwrite_revision.task_states.exists()
        ):
            overwrite_revision = None
        return super().save_revision(*args, overwrite_revision=overwrite_revision, **kwargs)

    def publish(self, revision: Revision, user: User | None = None, **kwargs: Any) -> Any:
        """Publish by Wagtail's road, open only to what another coordinator has approved (docs/adr/0012).

        Raises PublishPermissionError whoever asks, superusers too, without that approval; and what the room's own
        publishing raises when the definition isn't fit.
        """
        return publish_approved(self, revision, user)


class SubmittedForm(models.Model):
    """The record of what was submitted: the SHA-256 of the version it would become, shared lists included."""

    wagtail_reference_index_ignore = True

    state = models.OneToOneField(TaskState, models.CASCADE, related_name="submitted_form", verbose_name=_("state"))
    sha256 = models.CharField(_("sha256"), max_length=64)

    class Meta:
        verbose_name = _("form sent for approval")
        verbose_name_plural = _("forms sent for approval")

    def __str__(self) -> str:
        return f"{self.state_id}"


class FormApprovalTask(Task):
    """Wagtail's approval task, done by another coordinator."""

    lock_class = ReviewLock

    class Meta:
        verbose_name = _("approval of a form by another coordinator")
        verbose_name_plural = _("approvals of forms by another coordinator")

    @transaction.atomic
    def start(self, workflow_state: WorkflowState, user: User | None = None) -> TaskState:
        state = super().start(workflow_state, user=user)
        SubmittedForm.objects.create(state=state, sha256=workflow_state.content_object.sha256_today())
        return state

    def locked_for_user(self, obj: Any, user: User) -> bool:
        return True

    def get_actions(self, obj: Any, user: User) -> list[Action]:
        """Return the decisions that this user can take now: none, asking for changes, or both."""
        state = obj.current_workflow_task_state
        if state is None or not may_approve(state, user):
            return []
        # What isn't as submitted any more can only be sent back (docs/adr/0075).
        actions: list[Action] = [("reject", _("Ask for changes"), True)]
        return [*actions, ("approve", _("Approve"), True)] if is_as_submitted(state, obj) else actions

    @transaction.atomic
    def on_action(self, task_state: TaskState, user: User, action_name: str, **kwargs: Any) -> None:
        """Approve or send back. Raises PermissionDenied; DefinitionRefused when the form can't be published."""
        WorkflowState.objects.select_for_update().get(pk=task_state.workflow_state_id)  # withdrawing locks it too
        state = TaskState.objects.select_for_update().get(pk=task_state.pk).specific
        if state.status != TaskState.STATUS_IN_PROGRESS or not may_approve(state, user):
            raise PermissionDenied
        # Approving publishes within this call: the workflow's rows, the version and the audit entry are one
        # transaction.
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
    """Return whether a user may approve: a coordinator today who neither submitted nor saved what was submitted."""
    # `has_role` looks at today's assignments and at nothing else: a superuser without one may not approve.
    return user.has_role(StaffRole.COORDINATOR) and user.pk not in (
        state.workflow_state.requested_by_id,
        state.revision.user_id,
    )


def sha256_approved(state: TaskState) -> str:
    """Return the SHA-256 of what was submitted; "" for submissions from before it was stored."""
    return SubmittedForm.objects.filter(state_id=state.pk).values_list("sha256", flat=True).first() or ""


def is_as_submitted(state: TaskState, form: Any) -> bool:
    """Return whether publishing would make exactly what was submitted.

    Somebody may have changed a list that the form uses.
    """
    return sha256_approved(state) in ("", form.sha256_today())


class PublishAction(Protocol):
    """The signature of publishing (`actions.publish_form`).

    It stands above the models, and registers itself when the app is ready, so that approving can call it.
    """

    def __call__(self, *, form: Any, by: User | None, submitted_by: User | None, approved_sha256: str) -> Any: ...


_publish_actions: dict[type[models.Model], PublishAction] = {}


def register_publish_action(model: type[models.Model], action: PublishAction) -> None:
    """Register what approving calls to publish an object of this model."""
    _publish_actions[model] = action


def publish_approved(form: Any, revision: Revision, by: User | None) -> Any:
    """Publish a revision that another coordinator has approved, and no other. Return the version.

    Raises PublishPermissionError, and whatever the action raises.
    """
    approval = get_approval(revision)
    # The newest revision only: an older one that was approved once must not replace what was written since.
    if approval is None or revision.pk != form.latest_revision_id:
        raise PublishPermissionError("A form is published by the approval of another coordinator.")
    # Raises when no action has been registered: publishing must not be skipped silently.
    return _publish_actions[type(form)](
        form=form,
        by=by,
        submitted_by=approval.workflow_state.requested_by,
        approved_sha256=sha256_approved(approval),
    )


@transaction.atomic
def withdraw(form: Any, *, user: User) -> bool:
    """Take back a form that waits for approval. Return False when it was decided or withdrawn in the meantime.

    Raises PermissionDenied for whoever may not. Locks the row that deciding locks, so that of two at the same moment
    one wins.
    """
    here = {"object_id": str(form.pk), "base_content_type": form.get_base_content_type()}
    state = WorkflowState.objects.active().filter(**here).select_for_update().first()
    if state is None:
        return False
    if not state.user_can_cancel(user):
        raise PermissionDenied
    state.cancel(user=user)
    return True


def get_approval(revision: Revision) -> TaskState | None:
    """Return the approval by another coordinator that this very revision has, None without one."""
    approved = TaskState.objects.filter(
        revision=revision,
        status=TaskState.STATUS_APPROVED,
        workflow_state__status=WorkflowState.STATUS_APPROVED,
        task__content_type=ContentType.objects.get_for_model(FormApprovalTask),
        finished_by__isnull=False,
    )
    for state in approved.select_related("workflow_state", "revision").order_by("-finished_at"):
        # Asked again of the stored rows, since `publish` can be reached without this task's own checks.
        if state.finished_by_id not in (state.workflow_state.requested_by_id, revision.user_id):
            return state
    return None


def seed_approval(model: type[models.Model], *, name: str) -> int:
    """Set up the approval workflow of a model, where it has none yet. Return how many rows were added."""
    kind = ContentType.objects.get_for_model(model, for_concrete_model=False)
    if WorkflowContentType.objects.filter(content_type=kind).exists():
        return 0
    task = FormApprovalTask.objects.filter(active=True).first() or FormApprovalTask.objects.create(name=name)
    workflow = Workflow.objects.create(name=name)
    WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    WorkflowContentType.objects.create(content_type=kind, workflow=workflow)
    return 1
