"""Wagtail's mails about submitted pages, sent so that a mail server which doesn't answer stops nobody.

Wagtail passes by a connection that can't be opened, but not one that is closed without an answer: an editor's
submission ended in an error, and so did the seeding that proposes new words. What the service itself proposes is news
for editors (`news`), which waits in a row of its own until a mail has gone out.

About anything but a page no mail is sent: these mails hold titles and comments, and whoever is to look at a form or a
procedure sees it on the admin's first page (docs/adr/0012).
"""

from typing import Any

import structlog
from wagtail.admin import mail
from wagtail.models import Page, TaskState, WorkflowState
from wagtail.signals import task_submitted, workflow_approved, workflow_rejected, workflow_submitted

log = structlog.get_logger(__name__)


class PassedByMixin:
    """A notifier of Wagtail's for pages that somebody submitted, whose failure is only logged."""

    def can_handle(self, instance: Any, **kwargs: Any) -> bool:
        state = instance.workflow_state if isinstance(instance, TaskState) else instance
        if state.requested_by_id is None or not isinstance(state.content_object, Page):
            return False
        return bool(super().can_handle(instance, **kwargs))  # type: ignore[misc]

    def send_emails(self, *args: Any, **kwargs: Any) -> bool:
        try:
            return bool(super().send_emails(*args, **kwargs))  # type: ignore[misc]
        except OSError as error:  # smtplib's errors are among them
            log.error("review_mail_failed", code=type(error).__name__)
            return False


class Submitted(PassedByMixin, mail.GroupApprovalTaskStateSubmissionEmailNotifier):
    """To those who may decide."""


class WorkflowSubmitted(PassedByMixin, mail.WorkflowStateSubmissionEmailNotifier):
    """To superusers."""


class Approved(PassedByMixin, mail.WorkflowStateApprovalEmailNotifier):
    """To whoever submitted it."""


class Rejected(PassedByMixin, mail.WorkflowStateRejectionEmailNotifier):
    """To whoever submitted it."""


# Under Wagtail's own names (wagtail.admin.signal_handlers), so that each mail is sent once, whoever is ready first.
NOTIFIERS = (
    (task_submitted, TaskState, "group_approval_task_submitted_email_notification", Submitted()),
    (workflow_submitted, WorkflowState, "workflow_state_submitted_email_notification", WorkflowSubmitted()),
    (workflow_rejected, WorkflowState, "workflow_state_rejected_email_notification", Rejected()),
    (workflow_approved, WorkflowState, "workflow_state_approved_email_notification", Approved()),
)


def connect_signals() -> None:
    """Take the place of Wagtail's notifiers. Called once, when the app is ready."""
    for signal, sender, name, notifier in NOTIFIERS:
        signal.disconnect(sender=sender, dispatch_uid=name)
        signal.connect(notifier, sender=sender, dispatch_uid=name)
