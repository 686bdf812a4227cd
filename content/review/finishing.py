"""What happens when a workflow has come to its end (settings.WAGTAIL_FINISH_WORKFLOW_ACTION).

Wagtail imports this module while its own models are being made: nothing here may import a model at the top.
"""

from typing import Any


def finish(workflow_state: Any, user: Any = None) -> None:
    """Publishes a page's approved revision; everything else as Wagtail does it."""
    from wagtail.models import Page
    from wagtail.workflows import publish_workflow_state

    if not isinstance(workflow_state.content_object, Page):
        publish_workflow_state(workflow_state, user=user)
        return
    from .actions import publish_approved

    publish_approved(workflow_state, user=user)
