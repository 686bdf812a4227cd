"""The block by which a reader saves pages on their own phone and gives them a neutral title and icon."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import blocks


class PhoneControlsBlock(blocks.StructBlock):
    """Buttons that save pages on the phone, show and remove what is saved, and make title and icon neutral.

    They need JavaScript, because what they decide stays on the phone and never reaches us; without it the block says
    that nothing is saved. Everything they save is removed by the exit.
    """

    title = blocks.CharBlock(max_length=120, label=_("title"))

    class Meta:
        icon = "mobile-alt"
        label = _("What stays on this phone")
        template = "content/phone_controls.html"

    def get_api_representation(self, value: Any, context: dict[str, Any] | None = None) -> dict[str, Any]:
        return {"title": value["title"]}
