"""What begins a new generation of pages: everything that can change what a reader sees.

Draft work doesn't: a page's draft columns are saved with every keystroke's autosave. Anything that changes without
these signals (a bare `QuerySet.update()`) ends kept pages by their age, a minute at most; code that does so calls
`begin_new_generation()` itself.
"""

from typing import Any

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from wagtail.contrib.settings.models import BaseGenericSetting, BaseSiteSetting
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished, post_page_move

from .generation import begin_new_generation

# What pages show beside their own text.
SHOWN = {
    "access.mobileunit",
    "access.municipality",
    "access.region",
    "content.glossaryterm",
    "content.hotline",
    "outreach_pages.informativesession",
    "wagtailcore.collection",
    "wagtailcore.collectionviewrestriction",
    "wagtailcore.locale",
    "wagtailcore.pageviewrestriction",
    "wagtailcore.site",
    "wagtaildocs.document",
    "wagtailimages.image",
    "wagtailredirects.redirect",
}
OF_A_DRAFT = frozenset(
    {"draft_title", "latest_revision", "latest_revision_created_at", "has_unpublished_changes", "locked", "locked_at"}
    | {"locked_by", "go_live_at", "expire_at", "expired", "alias_of", "content_type"}
)


def connect() -> None:
    """Called once, when the room is ready."""
    for moment in (page_published, page_unpublished, post_page_move):
        moment.connect(_changed, dispatch_uid="whole-pages")
    post_save.connect(_saved, dispatch_uid="whole-pages")
    post_delete.connect(_deleted, dispatch_uid="whole-pages")
    m2m_changed.connect(_related, dispatch_uid="whole-pages")


def is_shown(model: type[Model]) -> bool:
    return model._meta.label_lower in SHOWN or issubclass(model, (Page, BaseSiteSetting, BaseGenericSetting))


def _changed(**_given: Any) -> None:
    begin_new_generation()


def _saved(sender: type[Model], instance: Model, update_fields: frozenset[str] | None = None, **_given: Any) -> None:
    if not is_shown(sender):
        return
    if issubclass(sender, Page) and update_fields is not None and set(update_fields) <= OF_A_DRAFT:
        return
    begin_new_generation()


def _deleted(sender: type[Model], **_given: Any) -> None:
    if is_shown(sender):
        begin_new_generation()


def _related(sender: type[Model], instance: Any, action: str, **_given: Any) -> None:
    if action.startswith("post_") and (is_shown(type(instance)) or is_shown(sender)):
        begin_new_generation()
