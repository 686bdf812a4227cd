"""Wagtail's content checker with our own rule for alt texts."""

from typing import Any

from django.http import HttpRequest
from wagtail.admin.userbar import ContentCheckerItem

# A file's name, or "picture of": people who use a screen reader already know that it is one.
POOR_ALT_TEXT = (
    r"\.(avif|gif|jpe?g|png|svg|webp)$|_"
    r"|^(img|dsc|image|foto|photo)[ -]?\d"
    r"|^(foto|fotografi|figurë|pamje|image|picture|photo) (e|i|of) "
)


class ContentChecker(ContentCheckerItem):
    axe_custom_checks = [
        {**check, "options": {"pattern": POOR_ALT_TEXT}} if check["id"] == "check-image-alt-text" else check
        for check in ContentCheckerItem.axe_custom_checks
    ]


def use_our_checker(request: HttpRequest, items: list[Any], page: Any) -> None:
    """Put our checker in place of Wagtail's. The preview and the panel beside the editor ask the same hook."""
    items[:] = [
        ContentChecker(in_editor=item.in_editor) if isinstance(item, ContentCheckerItem) else item for item in items
    ]
