"""Which images and documents are in use: readers may have those that a live page shows, and nobody deletes them."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, ReferenceIndex
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy
from wagtail.permissions import policy_registry
from wagtail.query import PageQuerySet

from .page_listing import not_restricted


def get_assets_used_on(pages: PageQuerySet, model: type) -> QuerySet:
    """Return the images or documents that one of these pages shows or links to."""
    # The index stores ids as text; PostgreSQL compares no text with a number.
    keys = pages.order_by().annotate(key=Cast("pk", CharField())).values("key")
    used = ReferenceIndex.objects.filter(
        base_content_type=ContentType.objects.get_for_model(Page),
        to_content_type=ContentType.objects.get_for_model(model),
        object_id__in=keys,
    ).values("to_object_id")
    found: QuerySet = model.objects.annotate(key=Cast("pk", CharField())).filter(key__in=used)  # type: ignore[attr-defined]
    return found


def is_public_asset(document: Any) -> bool:
    """Return whether readers may have this file: by a live page, listed or not, or by a glossary term."""
    references = ReferenceIndex.objects.filter(
        to_content_type=ContentType.objects.get_for_model(document), to_object_id=str(document.pk)
    )
    if references.exclude(base_content_type=ContentType.objects.get_for_model(Page)).exists():
        return True
    return get_assets_used_on(not_restricted(Page.objects.live()), type(document)).filter(pk=document.pk).exists()


def is_in_use(instance: Any) -> bool:
    return ReferenceIndex.get_references_to(instance).exists()


class InUsePermissionPolicy(CollectionOwnershipPermissionPolicy):
    """Wagtail's policy, except that nobody, superusers included, may delete what is in use.

    Wagtail's screens, bulk actions and choosers ask here.
    """

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        may = super().user_has_permission_for_instance(user, action, instance)
        return bool(may) and not (action == "delete" and instance.pk is not None and is_in_use(instance))


def register_permission_policy() -> None:
    """Register the policy in place of Wagtail's for images and documents."""
    for model in (get_image_model(), get_document_model()):
        policy = InUsePermissionPolicy(model, auth_model=model, owner_field_name="uploaded_by_user")
        policy_registry.register(model, value=policy, exact_class=True)
