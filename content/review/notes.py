"""What changed, in the editor's own words: stored in the page's history, then cleared for the next change."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogFormatter, get_active_log_context, log, registry
from wagtail.models import Page, Revision
from wagtail.signals import page_published

ACTION = "content.change_note"
STOPPED = "content.not_published"


class ChangeNote(LogFormatter):
    """One entry of a page's history."""

    label = _("What changed")

    def format_message(self, log_entry: Any) -> str:
        return _("What changed: %(words)s") % {"words": log_entry.data.get("words", "")}


def listen() -> None:
    page_published.connect(keep_note, dispatch_uid="content.review.keep_note")


def keep_note(sender: Any, instance: Page, revision: Revision | None = None, **kwargs: Any) -> None:
    """Write the note of what has just been published into the history, then clear it.

    In the name of whoever made the change and not of who approved it. Page and revision lose the note, so that nobody's
    next change goes out under an old sentence.
    """
    words = getattr(instance, "change_note", "").strip()
    if not words or not instance.live:  # approved and scheduled: the note waits for the publication
        return
    user = (revision.user if revision else None) or get_active_log_context().user
    log(instance=instance, action=ACTION, user=user, revision=revision, data={"words": words})
    # An update sends no signal: readers don't see the note, so cached pages stay valid.
    type(instance)._base_manager.filter(pk=instance.pk).update(change_note="")
    if revision is not None and revision.content.get("change_note"):
        revision.content["change_note"] = ""
        Revision.objects.filter(pk=revision.pk).update(content=revision.content)


def register(actions: Any = registry) -> None:
    actions.register_action(ACTION)(ChangeNote)
    actions.register_action(
        STOPPED, _("Not published"), _("Not published at its hour: its text differs from what was approved")
    )
