"""Permission policy: images and documents that something refers to can't be deleted (docs/adr/0075)."""

from typing import Any

from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import ReferenceIndex
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy
from wagtail.permissions import policy_registry


def is_in_use(instance: Any) -> bool:
    return ReferenceIndex.get_references_to(instance).exists()


class UsedStays(CollectionOwnershipPermissionPolicy):
    """Wagtail's policy, except that nobody, superusers included, may delete what is in use.

    Wagtail's screens, bulk actions and choosers ask here.
    """

    def user_has_permission_for_instance(self, user: Any, action: str, instance: Any) -> bool:
        may = super().user_has_permission_for_instance(user, action, instance)
        return bool(may) and not (action == "delete" and instance.pk is not None and is_in_use(instance))


def register() -> None:
    """Register the policy in place of Wagtail's for images and documents."""
    for model in (get_image_model(), get_document_model()):
        policy = UsedStays(model, auth_model=model, owner_field_name="uploaded_by_user")
        policy_registry.register(model, value=policy, exact_class=True)
