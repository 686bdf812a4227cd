"""Copy Wagtail's history into the audit chain, by ids, and tell all editors what one of them did alone.

One receiver for every screen, bulk action and API of the admin. Code that works without a person (seeding, the
schedule) writes its own entries.
"""

from typing import Any

from django.db.models.signals import post_save
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import ModelLogEntry, Page, PageLogEntry

from audit.chain import get_actor, log_event

from .news import tell

OURS = "wagtail."
TOLD_OF_PAGES = {
    "wagtail.unpublish": "unpublished",
    "wagtail.delete": "deleted",
    "wagtail.move": "moved",
    "wagtail.view_restriction.create": "privacy",
    "wagtail.view_restriction.edit": "privacy",
    "wagtail.view_restriction.delete": "privacy",
}
TOLD_OF_REDIRECTS = ("wagtail.create", "wagtail.edit", "wagtail.delete")
# Words that readers get outside of any page's approval.
TOLD_OF_WORDS = {
    "content.glossaryterm": TOLD_OF_REDIRECTS,
    "wagtailimages.image": ("wagtail.edit",),
    "wagtaildocs.document": ("wagtail.edit",),
}


def listen() -> None:
    for model in (PageLogEntry, ModelLogEntry):
        post_save.connect(_note, sender=model, dispatch_uid=f"content.review.log_receivers.{model.__name__}")


def _note(sender: Any, instance: Any, created: bool, **_given: Any) -> None:
    entry = instance
    if not created or entry.user_id is None or not entry.action.startswith(OURS) or _goes_on(sender, entry):
        return
    model = entry.content_type.model_class() if entry.content_type_id else None
    _tell(entry, model)
    log_event(
        # The label of the entry is left out: a title may hold what must not stand in the chain; ids, codes and counts
        # may.
        f"cms.{entry.action.removeprefix(OURS)}"[:64],
        actor=get_actor(entry.user),
        target_kind=(entry.content_type.model if entry.content_type_id else "")[:32],
        target_id=entry.object_id,
        revision=entry.revision_id or "",
    )


def _goes_on(sender: Any, entry: Any) -> bool:
    """Return whether an autosave wrote over its own last revision: the same edit, as in the page's history."""
    if entry.action != "wagtail.edit" or entry.uuid is None:
        return False
    same: dict[str, Any] = {"uuid": entry.uuid, "action": entry.action}
    same |= {"page_id": entry.page_id} if sender is PageLogEntry else {"object_id": entry.object_id}
    return sender.objects.filter(**same).exclude(pk=entry.pk).exists()


def _tell(entry: Any, model: type | None) -> None:
    if model is None:
        return
    if issubclass(model, Page) and entry.action in TOLD_OF_PAGES:
        tell(TOLD_OF_PAGES[entry.action], title=entry.label, by=entry.user)
    elif model is Redirect and entry.action in TOLD_OF_REDIRECTS:
        tell("redirect", title=entry.label, by=entry.user)
    elif entry.action in TOLD_OF_WORDS.get(model._meta.label_lower, ()):  # type: ignore[attr-defined]
        is_word = model._meta.model_name == "glossaryterm"  # type: ignore[attr-defined]
        tell("word" if is_word else "picture", title=entry.label, by=entry.user)
    elif model._meta.label_lower == "content.hotline" and entry.action == "wagtail.delete":  # type: ignore[attr-defined]
        tell("line_deleted", title=entry.label, by=entry.user)
