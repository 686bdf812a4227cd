"""Handler for the end of a workflow (settings.WAGTAIL_FINISH_WORKFLOW_ACTION).

Wagtail imports this module while its own models are being made: nothing here may import a model at the top.
"""

from typing import Any


def finish_workflow(workflow_state: Any, user: Any = None) -> None:
    """Publish a page's approved revision; handle everything else as Wagtail does."""
    from wagtail.models import Page
    from wagtail.workflows import publish_workflow_state

    if not isinstance(workflow_state.content_object, Page):
        publish_workflow_state(workflow_state, user=user)
        return
    from .actions import publish_approved  # imports models, too

    publish_approved(workflow_state, user=user)
