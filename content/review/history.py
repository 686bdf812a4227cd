"""Wagtail's history of public pages: change notes go into it, and all of it into the audit chain, by ids.

One receiver for every screen, bulk action and API of the admin; it also tells all editors what one of them did alone.
Code that works without a person (seeding, the schedule) writes its own entries.
"""

from typing import Any

from django.db.models.signals import post_save
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.redirects.models import Redirect
from wagtail.log_actions import LogFormatter, get_active_log_context, log, registry
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Revision
from wagtail.signals import page_published

from audit.chain import get_actor, log_event

from .authors import STORED
from .news import queue_news

CHANGE_NOTE = "content.change_note"
STOPPED_PUBLICATION = "content.not_published"  # logged where a scheduled text differs from what was approved
WAGTAIL_PREFIX = "wagtail."
NEWS_OF_PAGES = {
    "wagtail.unpublish": "unpublished",
    "wagtail.delete": "deleted",
    "wagtail.move": "moved",
    "wagtail.view_restriction.create": "privacy",
    "wagtail.view_restriction.edit": "privacy",
    "wagtail.view_restriction.delete": "privacy",
}
NEWS_OF_REDIRECTS = ("wagtail.create", "wagtail.edit", "wagtail.delete")
# Words that readers get outside of any page's approval.
NEWS_OF_SNIPPETS = {
    "content.glossaryterm": NEWS_OF_REDIRECTS,
    "wagtailimages.image": ("wagtail.edit",),
    "wagtaildocs.document": ("wagtail.edit",),
}


def connect_signals() -> None:
    """Connect the signals. Called once, when the app is ready."""
    page_published.connect(store_note, dispatch_uid="content.review.keep_note")
    for model in (PageLogEntry, ModelLogEntry):
        post_save.connect(_copy_to_audit, sender=model, dispatch_uid=f"content.review.history.{model.__name__}")


def _copy_to_audit(sender: Any, instance: Any, created: bool, **_given: Any) -> None:
    entry = instance
    if (
        not created
        or entry.user_id is None
        or not entry.action.startswith(WAGTAIL_PREFIX)
        or _is_same_edit(sender, entry)
    ):
        return
    model = entry.content_type.model_class() if entry.content_type_id else None
    _queue_news(entry, model)
    log_event(
        # The label of the entry is left out: a title may hold what must not stand in the chain; ids, codes and counts
        # may.
        f"cms.{entry.action.removeprefix(WAGTAIL_PREFIX)}"[:64],
        actor=get_actor(entry.user),
        target_kind=(entry.content_type.model if entry.content_type_id else "")[:32],
        target_id=entry.object_id,
        revision=entry.revision_id or "",
    )


def _is_same_edit(sender: Any, entry: Any) -> bool:
    """Return whether an autosave wrote over its own last revision: the same edit, as in the page's history."""
    if entry.action != "wagtail.edit" or entry.uuid is None:
        return False
    same: dict[str, Any] = {"uuid": entry.uuid, "action": entry.action}
    same |= {"page_id": entry.page_id} if sender is PageLogEntry else {"object_id": entry.object_id}
    return sender.objects.filter(**same).exclude(pk=entry.pk).exists()


def _queue_news(entry: Any, model: type | None) -> None:
    if model is None:
        return
    if issubclass(model, Page) and entry.action in NEWS_OF_PAGES:
        queue_news(NEWS_OF_PAGES[entry.action], title=entry.label, by=entry.user)
    elif model is Redirect and entry.action in NEWS_OF_REDIRECTS:
        queue_news("redirect", title=entry.label, by=entry.user)
    elif entry.action in NEWS_OF_SNIPPETS.get(model._meta.label_lower, ()):  # type: ignore[attr-defined]
        is_word = model._meta.model_name == "glossaryterm"  # type: ignore[attr-defined]
        queue_news("word" if is_word else "picture", title=entry.label, by=entry.user)
    elif model._meta.label_lower == "content.hotline" and entry.action == "wagtail.delete":  # type: ignore[attr-defined]
        queue_news("line_deleted", title=entry.label, by=entry.user)


class ChangeNoteFormatter(LogFormatter):
    """One entry of a page's history."""

    label = _("What changed")

    def format_message(self, log_entry: Any) -> str:
        return _("What changed: %(words)s") % {"words": log_entry.data.get("words", "")}


def store_note(sender: Any, instance: Page, revision: Revision | None = None, **kwargs: Any) -> None:
    """Write the note of what has just been published into the history, then clear it.

    In the name of whoever made the change and not of who approved it. Page and revision lose the note, so that nobody's
    next change goes out under an old sentence.
    """
    words = getattr(instance, "change_note", "").strip()
    if not words or not instance.live:  # approved and scheduled: the note waits for the publication
        return
    user = (revision.user if revision else None) or get_active_log_context().user
    log(instance=instance, action=CHANGE_NOTE, user=user, revision=revision, data={"words": words})
    # An update sends no signal: readers don't see the note, so cached pages stay valid.
    type(instance)._base_manager.filter(pk=instance.pk).update(change_note="")
    if revision is not None and revision.content.get("change_note"):
        revision.content["change_note"] = ""
        Revision.objects.filter(pk=revision.pk).update(content=revision.content)


def register_log_actions(actions: Any = registry) -> None:
    actions.register_action(CHANGE_NOTE)(ChangeNoteFormatter)
    actions.register_action(STORED, _("Stored by the service"), _("Stored by the service, so that it can be restored"))
    actions.register_action(
        STOPPED_PUBLICATION, _("Not published"), _("Not published at its hour: its text differs from what was approved")
    )
