"""The admin pages of the lists of choices that forms share.

A list has no draft: saving takes effect at once. It reaches a form when that is published, with everything that the
second pair of eyes checks then.
"""

from collections import Counter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.ui.tables import Column, NumberColumn, TitleColumn, UpdatedAtColumn
from wagtail.snippets.views import snippets

from access.language_fields import add_text_fields, get_texts, name_text_fields
from access.languages import get_current_language
from audit.chain import get_actor, log_event

from .choice_table import TableRefused, get_headings, read_table, write_table
from .definition import Form
from .definition.value_checks import KEY
from .details import details
from .diff import Difference
from .list_usage import forms_using, is_used, lists_of_forms, problems_of_list
from .lists import SHARED
from .locked import locked_words, published_in_list, renamed_in
from .models import ChoiceList
from .pages import BuilderPage
from .sentences import Sentences

MAX_REPORTED = 20


class ChoiceListForm(WagtailAdminModelForm):
    """The form of a list: its titles, its key (permanent once created) and its choices as a table."""

    table = forms.CharField(
        label=gettext_lazy("Choices"),
        strip=False,
        widget=forms.Textarea(
            attrs={
                "rows": 16,
                "data-choice-table": " ".join(get_headings()),  # the columns of an empty table, for the page's script
                "spellcheck": "false",
                "wrap": "off",
            }
        ),
        help_text=gettext_lazy(
            "One choice per line, columns separated by tabs, as copied from a spreadsheet. The first line names "
            "the columns: “value”, “label:sq”, “label:en”, then attributes to filter by, such as “region”."
        ),
    )

    class Meta:
        model = ChoiceList
        fields = ["key"]

    field_order = [*name_text_fields("title"), "key", "table"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stands = self.instance.pk is not None
        key = self.fields["key"]
        key.disabled = stands
        key.widget = forms.TextInput()
        key.validators = []  # `clean_key` says it in our words
        key.help_text = _("Forms refer to the list by it. It is permanent.")
        add_text_fields(self, "title", _("Title"), self.instance.title)
        self.order_fields(self.field_order)
        self.initial["table"] = write_table(self.instance.choices)

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if not KEY.fullmatch(key):
            raise ValidationError(_("A key has small letters, digits and _, and begins with a letter."))
        return key

    def clean_table(self) -> list[dict[str, Any]]:
        """Return the choices. A published value can't change, nor can one that a rule compares an answer with."""
        try:
            choices = read_table(self.cleaned_data["table"])
            if self.instance.pk is not None:
                self._check_used_values(choices)
            return choices
        except TableRefused as refused:
            raise ValidationError(_first_few([str(problem) for problem in refused.problems])) from None

    def _check_used_values(self, choices: list[dict[str, Any]]) -> None:
        """Raise ValidationError when a published value was renamed, or a rule compares with one that is gone."""
        name = f"{SHARED}{self.instance.key}"
        renamed = renamed_in(choices, published_in_list(name))
        problems = [f"{choices[position]['value']}: {locked_words(was)}" for position, was in renamed]
        # Only when nothing was renamed: a rule that compares with a renamed value would be reported for the same
        # mistake.
        problems = problems or [str(problem.message) for problem in problems_of_list(name, choices)]
        if problems:
            raise ValidationError(_first_few(problems))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "table" in cleaned:
            self.instance.choices = cleaned["table"]
        self.instance.title = get_texts(cleaned, "title", self.instance.title)
        return cleaned

    def save(self, commit: bool = True) -> ChoiceList:
        is_new = self.instance._state.adding
        saved = super().save(commit=commit)
        if commit:
            log_event(
                "choice_list.made" if is_new else "choice_list.changed",
                actor=get_actor(self.for_user),
                target_kind="choicelist",
                target_id=saved.pk,
                list=saved.key,
                choices=len(saved.choices),
            )
        return saved


def _first_few(problems: list[str]) -> list[str]:
    """Return the first problems, and a line that counts the others."""
    more = len(problems) - MAX_REPORTED
    return problems[:MAX_REPORTED] + ([_("and %(count)s more") % {"count": more}] if more > 0 else [])


class WithoutAutosave:
    """A mixin that turns autosave off: a list has no draft, and others should not find half a choice."""

    def get_context_data(self: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {"autosave_enabled": False, "asked": context["form"]}

    def get_usage_url(self) -> None:
        """Return none: Wagtail counts references in the database; ours are in definitions, and the page names them."""


class AddListView(WithoutAutosave, snippets.CreateView):
    pass


class EditListView(WithoutAutosave, snippets.EditView):
    """The page that changes a list, with the forms that use it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"used_by": list(forms_using(self.object.key))}


class ListIndex(snippets.IndexView):
    """The index of the shared lists, with how many forms use each."""

    default_ordering = "key"

    @cached_property
    def columns(self) -> list[Any]:
        titled = self._get_title_column_class(TitleColumn)
        used = Counter(name for _form, names in lists_of_forms() for name in names)
        return [
            titled("title", label=_("List"), accessor=str, get_url=self.get_edit_url),
            Column("key", label=_("Key"), sort_key="key"),
            NumberColumn("choices", label=_("Choices"), accessor=lambda entry: len(entry.choices)),
            NumberColumn("forms", label=_("Forms"), accessor=lambda entry: used[f"{SHARED}{entry.key}"]),
            UpdatedAtColumn(),
        ]


class DeleteListView(snippets.DeleteView):
    """The deletion of a list that no form names."""

    def form_valid(self, form: Any) -> HttpResponse:
        # The permission policy refuses as well (permissions.py); this says why.
        if is_used(self.object.key):
            messages.error(self.request, _("Not deleted: forms choose from this list."))
            return redirect(self.get_success_url())
        key, pk = self.object.key, self.object.pk
        with transaction.atomic():
            response = super().form_valid(form)
            actor = get_actor(self.request.user)
            log_event("choice_list.deleted", actor=actor, target_kind="choicelist", target_id=pk, list=key)
        return response


class CompareListView(BuilderPage):
    """Two revisions of a list, compared choice by choice."""

    model = ChoiceList
    page_title = gettext_lazy("What changed")
    template_name = "form_builder/compare.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        entry = get_object_or_404(ChoiceList, pk=kwargs["pk"])
        old, new = (self.revision(entry, kwargs[name]) for name in ("revision_id_a", "revision_id_b"))
        said = Sentences(Form(), get_current_language())
        before, after = ({"title": side.title, "choices": side.choices} for side in (old, new))
        changed = tuple(details(before, after, said, said))
        found = [Difference("changed", "list", entry.key, str(new), details=changed)] if changed else []
        return self.render_to_response(self.get_context_data(found=found))

    @staticmethod
    def revision(entry: ChoiceList, name: str) -> ChoiceList:
        revisions = entry.revisions.order_by("created_at", "pk")
        if name == "earliest":
            return revisions[0].as_object() if revisions else entry
        if name in ("latest", "live"):
            return entry
        return get_object_or_404(revisions, pk=name).as_object()
