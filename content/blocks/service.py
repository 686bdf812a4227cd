"""Blocks filled by the service: who answers for it, how long it stores what, and when the police are notified."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..service_facts import get_organisation, get_police_rules, get_terms


class OrganisationBlock(blocks.StructBlock):
    """Name and addresses of the organisation, from the service's settings."""

    title = blocks.CharBlock(max_length=120, label=_("title"))
    to = blocks.ChoiceBlock(
        choices=[
            ("everybody", _("for everybody")),
            ("press", _("for journalists")),
            ("privacy", _("for questions about personal data")),
        ],
        default="everybody",
        label=_("which e-mail address"),
    )

    class Meta:
        icon = "home"
        label = _("The organisation's addresses")
        template = "content/blocks/organisation.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        known = get_organisation()
        emails = {"press": known.press_email, "privacy": known.privacy_email}
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        return context | {"organisation": known, "email": emails.get(value.get("to") or "", known.email)}


class StorageTermsBlock(blocks.StructBlock):
    """What the service stores, and for how long: as it is set up now."""

    title = blocks.CharBlock(max_length=120, label=_("title"))

    class Meta:
        icon = "time"
        label = _("How long it is stored")
        template = "content/blocks/storage_terms.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().get_context(value, parent_context=parent_context) | {"terms": get_terms()}


class PoliceRulesBlock(blocks.StructBlock):
    """When the police are notified of somebody who was asked, wasn't, or can't be: as the procedure in force says."""

    title = blocks.CharBlock(max_length=120, label=_("title"))

    class Meta:
        icon = "group"
        label = _("When the police are notified")
        template = "content/blocks/police_rules.html"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        return super().get_context(value, parent_context=parent_context) | {"rules": get_police_rules()}
