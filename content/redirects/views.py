"""Wagtail's screens for redirects, with pages of our own as the only targets."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.widgets.button import Button
from wagtail.contrib.redirects import forms, views
from wagtail.contrib.redirects.models import Redirect


class RedirectForm(forms.RedirectForm):
    """Form with an old address and the page that takes its place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["redirect_page"].required = True

    def clean(self) -> dict[str, Any]:
        """Refuse what only a forged request contains, rather than dropping it silently."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.data.get("redirect_link") or self.data.get("is_permanent"):
            raise ValidationError(_("A redirect leads to a page of this site, and is never permanent."))
        return cleaned

    def save(self, commit: bool = True) -> Redirect:
        self.instance.redirect_link, self.instance.is_permanent = "", False
        saved: Redirect = super().save(commit=commit)
        return saved

    class Meta(forms.RedirectForm.Meta):
        fields = ("old_path", "site", "redirect_page")


class IndexView(views.IndexView):
    """The list, without the import of files, and without "permanent": no redirect is followed that way."""

    columns = [column for column in views.IndexView.columns if column.name != "is_permanent"]
    list_export = ["old_path", "link", "site"]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        # Past Wagtail's own, whose button leads to the import; its addresses are shut in the policy table.
        buttons: list[Button] = super(views.IndexView, self).header_more_buttons
        return list(buttons)


class CreateView(views.CreateView):
    form_class = RedirectForm


class EditView(views.EditView):
    form_class = RedirectForm
