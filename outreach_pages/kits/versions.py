"""Freeze what a kit and its materials say when one of them is published."""

import hashlib
import json
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete
from wagtail.log_actions import get_active_log_context
from wagtail.models import Page
from wagtail.signals import page_published, page_unpublished

from access.models import User
from audit.chain import SYSTEM, get_actor, log_event

from .models import KitPage, KitVersion, MaterialPage


def connect_signals() -> None:
    """Connect the signals. Called once, when the app is ready."""
    for model in (KitPage, MaterialPage):
        page_published.connect(_on_published, sender=model, dispatch_uid=f"kits.versions.{model.__name__}")
    page_unpublished.connect(_on_taken_away, sender=MaterialPage, dispatch_uid="kits.versions.taken_away")
    post_delete.connect(_on_taken_away, sender=MaterialPage, dispatch_uid="kits.versions.deleted")


def _on_published(sender: type[Page], instance: Any, **_given: Any) -> None:
    if not instance.live:  # approved, and waiting for its hour
        return
    kits = [instance] if isinstance(instance, KitPage) else get_kits_with(instance)
    for kit in kits:
        freeze(kit=kit, by=get_active_log_context().user)


@transaction.atomic
def _on_taken_away(sender: type[Page], instance: MaterialPage, **_given: Any) -> None:
    """Make versions without a material that was unpublished or deleted: one that harms is gone for units at once."""
    kits = KitPage.objects.live().filter(locale_id=instance.locale_id).order_by("pk")
    # Before their versions are read: a publication at the same time may be making one that names the material.
    list(Page.objects.select_for_update().filter(pk__in=kits.order_by().values("pk")).order_by("pk").values_list("pk"))
    for kit in kits:
        # The kit itself can't tell any longer which material was deleted.
        newest = KitVersion.objects.newest(kit.pk)
        if newest is None or newest.holds(instance):
            freeze(kit=kit, by=get_active_log_context().user)


def get_kits_with(material: MaterialPage) -> list[KitPage]:
    """Return the live kits that name this material, in what is published of them."""
    return material.get_kits()


@transaction.atomic
def freeze(*, kit: KitPage, by: User | None) -> KitVersion:
    """Make the kit's next version of what is live now, or return the newest one where nothing differs from it."""
    # Under the page's lock, so that two publications at once take two numbers.
    Page.objects.select_for_update().get(pk=kit.pk)
    live = KitPage.objects.select_related("locale").get(pk=kit.pk)
    content = build_content(live)
    # Without the revisions' numbers: the same words approved once more are no other version.
    words = [{name: part for name, part in each.items() if name != "revision"} for each in content["materials"]]
    digest = compute_digest(content | {"materials": words, "audience": live.audience})
    newest = KitVersion.objects.newest(kit.pk)
    if newest is not None and newest.digest == digest:
        return newest
    version = KitVersion.objects.create(
        kit_id=live.pk,
        number=newest.number + 1 if newest is not None else 1,
        language=live.locale.language_code,
        audience=live.audience,
        title=live.title,
        minutes=live.minutes,
        content=content,
        digest=digest,
        made_by=by,
    )
    actor = get_actor(by) if by is not None else SYSTEM
    log_event("session.kit_version_made", actor=actor, target_kind="kitpage", target_id=live.pk, number=version.number)
    return version


def freeze_all() -> int:
    """Make a version of each live kit that has none of what it says now. Returns how many; seeding asks for it."""
    before = KitVersion.objects.count()
    for kit in KitPage.objects.live().order_by("pk"):
        freeze(kit=kit, by=None)
    return KitVersion.objects.count() - before


def build_content(kit: KitPage) -> dict[str, Any]:
    """Build what a version keeps: {"title", "intro", "sources", "body", "minutes", "materials": […]}.

    `body`: raw stream blocks. A material: the same, with its kind, topics, page, `digest` (SHA-256 of its own part) and
    `revision` (the published one; None for a text as seeding wrote it).
    """
    materials = [_build_material(each) for each in kit.get_materials()]
    return _read_texts(kit) | {"minutes": kit.minutes, "materials": materials}


def _build_material(page: MaterialPage) -> dict[str, Any]:
    texts = _read_texts(page) | {"kind": page.kind, "topics": list(page.topics)}
    return {"page": page.pk, "revision": page.live_revision_id, **texts, "digest": compute_digest(texts)}


def _read_texts(page: Any) -> dict[str, Any]:
    body = page.body.get_prep_value()
    return {"title": page.title, "intro": page.intro, "sources": page.sources, "body": body}


def compute_digest(content: Any) -> str:
    """Return the SHA-256 of JSON, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
