"""Mixin of pages that two people publish: permissions, revisions that stay as they are, previews of translations.

Imports none of our models.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from access.languages import LANGUAGES

from .page_permissions import PublicPagePermissions

TRANSLATION_MODE = "twin-"


class ReviewedPage:
    """A page that nobody publishes alone; its preview also offers the other language."""

    def permissions_for_user(self, user: Any) -> PublicPagePermissions:
        return PublicPagePermissions(user, self)

    def save_revision(self, *args: Any, overwrite_revision: Any = None, **kwargs: Any) -> Any:
        """Save a revision, never over one that is fixed.

        Autosave writes over its own last revision. Where somebody was asked to approve that one, or it waits for its
        hour, or readers have it, what was typed is stored as a new revision instead (docs/adr/0075).
        """
        if overwrite_revision is not None and is_fixed(self, overwrite_revision):
            overwrite_revision = None
        return super().save_revision(*args, overwrite_revision=overwrite_revision, **kwargs)  # type: ignore[misc]

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        own: list[tuple[str, Any]] = list(super().preview_modes)  # type: ignore[misc]
        # Wagtail's default mode has no name; it gets a label to tell it from the translation beside it.
        if own and not own[0][0]:
            own[0] = ("", _("This page"))
        mine = self.locale.language_code if self.locale_id else ""  # type: ignore[attr-defined]
        return [*own, *((TRANSLATION_MODE + code, get_language_name(code)) for code in LANGUAGES if code != mine)]

    def serve_preview(self, request: HttpRequest, preview_mode: str) -> HttpResponse:
        """Show the translation's newest draft, when the mode asks for it."""
        if not (preview_mode or "").startswith(TRANSLATION_MODE):  # Wagtail's own requests for a preview name no mode
            shown: HttpResponse = super().serve_preview(request, preview_mode)  # type: ignore[misc]
            return shown
        code = preview_mode.removeprefix(TRANSLATION_MODE)
        twin = self.get_translations().filter(locale__language_code=code).first()  # type: ignore[attr-defined]
        if twin is None:
            return render(request, "content_admin/no_twin.html", {"language": get_language_name(code)})
        # The draft and not the live page: whoever writes both languages compares what will be, not what was.
        return twin.get_latest_revision_as_object().serve_preview(request, "")


def is_fixed(page: Any, revision: Any) -> bool:
    is_out = revision.pk == page.live_revision_id or revision.approved_go_live_at is not None
    return is_out or revision.task_states.exists()


def get_language_name(code: str) -> str:
    """Return a language's name in that language."""
    return translation.get_language_info(code)["name_local"].capitalize()
