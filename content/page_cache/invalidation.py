"""Invalidation of the page cache when anything changes that a reader may see.

Draft work doesn't count: a page's draft columns are saved with every autosave. What changes without these signals (a
bare `QuerySet.update()`) reaches readers when cached pages expire, a minute at most; code that does so calls
`invalidate_pages()` itself.
"""

from typing import Any

from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save
from wagtail.contrib.settings.models import BaseGenericSetting, BaseSiteSetting
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished, post_page_move

from .version import invalidate_pages

# Models that pages show beside their own text.
SHOWN_MODELS = {
    "access.mobileunit",
    "access.municipality",
    "access.region",
    "content.glossaryterm",
    "content.hotline",
    # By label: these rooms stand above this one, so their models can't be imported here.
    "outreach_pages.informativesession",
    "procedures.procedureversion",  # the privacy notice says how long a closed case is stored
    "wagtailcore.collection",
    "wagtailcore.collectionviewrestriction",
    "wagtailcore.locale",
    "wagtailcore.pageviewrestriction",
    "wagtailcore.site",
    "wagtaildocs.document",
    "wagtailimages.image",
    "wagtailredirects.redirect",
}
DRAFT_FIELDS = frozenset(
    {"draft_title", "latest_revision", "latest_revision_created_at", "has_unpublished_changes", "locked", "locked_at"}
    | {"locked_by", "go_live_at", "expire_at", "expired", "alias_of", "content_type"}
)


def connect() -> None:
    """Connect the signals. Called once, when the app is ready."""
    for moment in (page_published, page_unpublished, post_page_move):
        moment.connect(_changed, dispatch_uid="whole-pages")
    post_save.connect(_saved, dispatch_uid="whole-pages")
    post_delete.connect(_deleted, dispatch_uid="whole-pages")
    m2m_changed.connect(_related, dispatch_uid="whole-pages")


def is_shown(model: type[Model]) -> bool:
    return model._meta.label_lower in SHOWN_MODELS or issubclass(model, (Page, BaseSiteSetting, BaseGenericSetting))


def _changed(**_given: Any) -> None:
    invalidate_pages()


def _saved(sender: type[Model], instance: Model, update_fields: frozenset[str] | None = None, **_given: Any) -> None:
    if not is_shown(sender):
        return
    # Without `update_fields` a save may have changed anything, so it counts.
    if issubclass(sender, Page) and update_fields is not None and set(update_fields) <= DRAFT_FIELDS:
        return
    invalidate_pages()


def _deleted(sender: type[Model], **_given: Any) -> None:
    if is_shown(sender):
        invalidate_pages()


def _related(sender: type[Model], instance: Any, action: str, **_given: Any) -> None:
    # The pre_ signals come before the rows exist; either side of the relation may be what pages show.
    if action.startswith("post_") and (is_shown(type(instance)) or is_shown(sender)):
        invalidate_pages()
