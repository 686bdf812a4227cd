"""Announcements of changes in what everybody may find: listed pages, published hotlines, terms, regions, files.

The page cache asks "may any page look different?" (`page_cache.invalidation`); this asks what the public API shows.
Nothing is announced of unlisted and restricted pages, of sessions' own pages and of kits: even the moment at which one
is published would say something of a session. A page that stops being public is announced, as it must vanish elsewhere.

Nothing is asked or announced while nobody listens (settings.PUBLISH_WEBHOOKS).
"""

from typing import Any

from django.conf import settings
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.dispatch import Signal
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import CollectionViewRestriction, Locale, Page, PageViewRestriction
from wagtail.signals import post_page_move, pre_page_move

from access.models import MobileUnit, Municipality, Region

from .asset_usage import get_assets_used_on
from .models import GlossaryTerm, Hotline
from .page_cache.invalidation import DRAFT_FIELDS
from .page_listing import public_page_models, public_pages

# kwargs: kind (one of KINDS), language (a code, or "" for every language). Sent within the transaction of the change.
public_content_changed = Signal()

PAGE, HOTLINE, TERM, REGION, FILE = "page", "hotline", "glossary_term", "region", "file"
KINDS = (PAGE, HOTLINE, TERM, REGION, FILE)
REGIONAL = (Region, Municipality, MobileUnit)
WAS_PUBLIC = "_vatra_was_public"


def connect() -> None:
    """Connect the signals. Called once, when the app is ready."""
    uid = "public-changes"
    pre_save.connect(_before_saving, dispatch_uid=uid)
    post_save.connect(_saved, dispatch_uid=uid)
    pre_delete.connect(_before_deleting, dispatch_uid=uid)
    m2m_changed.connect(_related, dispatch_uid=uid)
    pre_page_move.connect(_moving, dispatch_uid=uid)
    post_page_move.connect(_moving, dispatch_uid=uid)


def is_watched() -> bool:
    return bool(settings.PUBLISH_WEBHOOKS)


def find_kind(instance: Any) -> str:
    """Return the kind of what readers see in this row, or in what it restricts; "" for what they never see."""
    if isinstance(instance, Page | PageViewRestriction):
        return PAGE
    if isinstance(instance, Hotline):
        return HOTLINE
    if isinstance(instance, GlossaryTerm):
        return TERM
    if isinstance(instance, REGIONAL):
        return REGION
    if isinstance(instance, get_image_model() | get_document_model() | CollectionViewRestriction):
        return FILE
    return ""


def is_public(instance: Any) -> bool:
    """Tell whether everybody can find this, as the database has it now."""
    if instance.pk is None:
        return False
    if isinstance(instance, Page):
        return bool(public_pages().filter(pk=instance.pk).exists())
    if isinstance(instance, Hotline):
        return Hotline.objects.published().filter(pk=instance.pk).exists()
    if isinstance(instance, PageViewRestriction):
        return _is_listed_kind(instance.page)
    if isinstance(instance, get_image_model() | get_document_model()):
        # A new file is on no page yet; what it is put on is announced by itself.
        return get_assets_used_on(public_pages(), type(instance)).filter(pk=instance.pk).exists()
    return True


def _is_listed_kind(page: Page) -> bool:
    """Tell whether a page could be public but for restrictions: asked of one that is being restricted, or freed."""
    specific = page.specific
    is_of_public_type = isinstance(specific, tuple(public_page_models()))
    return page.live and is_of_public_type and getattr(specific, "is_listed", False)


def announce(instance: Any) -> None:
    """Announce that what this row shows has changed."""
    about = instance.page if isinstance(instance, PageViewRestriction) else instance
    language = ""
    if isinstance(about, Page | GlossaryTerm):
        codes = Locale.objects.filter(pk=about.locale_id).values_list("language_code", flat=True)
        language = codes.first() or ""
    public_content_changed.send(sender=type(about), kind=find_kind(instance), language=language)


def _before_saving(
    sender: type[Model], instance: Any, update_fields: frozenset[str] | None = None, raw: bool = False, **_given: Any
) -> None:
    if not is_watched() or raw or not find_kind(instance) or _is_draft_work(instance, update_fields):
        return
    # Asked before: a page that is unpublished or unlisted by this save isn't public any more after it.
    setattr(instance, WAS_PUBLIC, not instance._state.adding and is_public(instance))


def _saved(
    sender: type[Model], instance: Any, update_fields: frozenset[str] | None = None, raw: bool = False, **_given: Any
) -> None:
    if not is_watched() or raw or not find_kind(instance) or _is_draft_work(instance, update_fields):
        return
    was_public = instance.__dict__.pop(WAS_PUBLIC, False)
    if was_public or is_public(instance):
        announce(instance)


def _is_draft_work(instance: Any, update_fields: frozenset[str] | None) -> bool:
    return isinstance(instance, Page) and update_fields is not None and set(update_fields) <= DRAFT_FIELDS


def _before_deleting(sender: type[Model], instance: Any, **_given: Any) -> None:
    if is_watched() and find_kind(instance) and is_public(instance):
        announce(instance)


def _related(sender: type[Model], instance: Any, action: str, **_given: Any) -> None:
    if is_watched() and action.startswith("post_") and find_kind(instance) and is_public(instance):
        announce(instance)


def _moving(instance: Page, **_given: Any) -> None:
    """Announce a page that was public where it stood, or is public where it stands now."""
    if is_watched() and is_public(instance):
        announce(instance)
