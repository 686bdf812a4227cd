"""The editors' form of a session's page: which kit it takes words from, and what of its own that replaces."""

import re
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminPageForm

from ..kits.models import KitVersion
from .body import write_own_text
from .differences import RECORD_FIELDS, compute_digest

if TYPE_CHECKING:
    from .models import SessionPage

BLOCK_KEY = re.compile(r' data-block-key="[^"]*"')  # the text editor gives each paragraph one when it is saved


class KitVersionField(forms.ModelChoiceField):
    def label_from_instance(self, version: KitVersion) -> str:
        day = date_format(localtime(version.made_at), "d.m.Y")
        return _("%(kit)s · version %(number)d of %(day)s") % {
            "kit": version.title,
            "number": version.number,
            "day": day,
        }


class SessionPageForm(WagtailAdminPageForm):
    """Offer the kits of the page's language and audience.

    A page that nobody has edited gets the text that its record writes beside a kit: the program's own signs and quiz
    would say twice what the kit says. What editors wrote is never touched.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        page = cast("SessionPage", self.instance)
        self._kit_before = page.kit_version_id
        self._is_records_own = bool(page.record_digest) and page.record_digest == compute_digest(page)
        self._text_before = _normalise(page)
        if "kit_version" in self.fields:
            self.fields["kit_version"] = self._build_kit_field(page)

    def _build_kit_field(self, page: "SessionPage") -> KitVersionField:
        field = cast(forms.ModelChoiceField, self.fields["kit_version"])
        fits = Q(language=page.locale.language_code, audience=page.session.audience) | Q(pk=page.kit_version_id)
        versions = KitVersion.objects.filter(fits).defer("content").order_by("kit_id", "-number")
        return KitVersionField(
            versions, required=False, label=field.label, help_text=field.help_text, empty_label=_("no kit")
        )

    def save(self, commit: bool = True) -> Any:
        """Save the form; where the kit came or went and nobody wrote anything, with the record's text for that."""
        page = cast("SessionPage", self.instance)
        came_or_went = (self._kit_before is None) != (page.kit_version_id is None)
        if came_or_went and self._is_records_own and _normalise(page) == self._text_before:
            write_own_text(page)
            page.record_digest = compute_digest(page)
        return super().save(commit=commit)


def _normalise(page: "SessionPage") -> Any:
    """Return what the record writes as one text, without the marks that the text editor adds."""
    texts = [getattr(page, name) for name in RECORD_FIELDS]
    return BLOCK_KEY.sub("", str([*texts, page.body.stream_block.get_prep_value(page.body)]))
