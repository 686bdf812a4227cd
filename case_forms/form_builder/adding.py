"""New forms: started with one section, or as a copy of another form."""

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from wagtail.admin import messages

from access.languages import DEFAULT_LANGUAGE, NATIVE_NAMES, get_current_language
from access.models import localize

from .actions import DefinitionRefused, make_form
from .catalogue import KINDS
from .definition.limits import FORMAT
from .models import FormDefinition
from .pages import BuilderPage, PageOfForm

MAX_PROPOSED_LENGTH = 40


class KeyedForm(forms.Form):
    """A title and a key that no form has yet. Left empty, the key is taken from the title."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=64,
        required=False,
        help_text=gettext_lazy(
            "Small letters, digits and _. Programs and tables identify the form by it, and it is permanent. Leave"
            " it empty to take it from the title."
        ),
    )

    def clean_key(self) -> str:
        key = self.cleaned_data["key"].strip()
        if not key:
            taken = set(FormDefinition.objects.values_list("key", flat=True))
            return proposed_key(self.cleaned_data.get("title", ""), taken)
        if FormDefinition.objects.filter(key=key).exists():
            raise ValidationError(_("Another form has this key."))
        return key

    def definition(self) -> dict[str, Any]:
        """Build the definition to create from the valid form."""
        raise NotImplementedError

    def refuse(self, refused: DefinitionRefused) -> None:
        for problem in refused.problems:
            self.add_error("key" if problem.path == "/key" else None, str(problem.message))


class AddForm(KeyedForm):
    """The fields of a new form: language, title, kind and key."""

    language = forms.ChoiceField(
        label=gettext_lazy("Main language"),
        choices=list(NATIVE_NAMES.items()),
        help_text=gettext_lazy("The language in which the form is first written. Others can be added later."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    field_order = ["language", "title", "kind", "key"]

    def definition(self) -> dict[str, Any]:
        """Build a form with one empty section, in its main language only."""
        given = self.cleaned_data
        language = given["language"]
        # The section's name is content: in the form's own language, not in that of whoever creates it.
        with override(language):
            section = _("Section 1")
        return {
            "format": FORMAT,
            "key": given["key"],
            "kind": given["kind"],
            "title": {language: given["title"]},
            "languages": [language],
            "sections": [{"key": "section_1", "title": {language: section}, "items": []}],
        }


class CopyForm(KeyedForm):
    """The title and key of a copy."""

    field_order = ["title", "key"]

    def __init__(self, *args: Any, copied: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.copied = copied
        self.first = str(next(iter(copied["languages"]), DEFAULT_LANGUAGE))

    def definition(self) -> dict[str, Any]:
        given = self.cleaned_data
        title = {code: build_copy_title(text, code) for code, text in self.copied["title"].items()} | {
            self.first: given["title"]
        }
        return {**self.copied, "key": given["key"], "title": title}


class AddView(BuilderPage):
    """The page that creates a form."""

    permission_required = "add"
    page_title = gettext_lazy("New form")
    template_name = "form_builder/add.html"
    origin = "new"

    def asked(self, posted: Any = None) -> KeyedForm:
        return AddForm(posted, initial={"language": get_current_language()})

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown(self.asked())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = self.asked(request.POST)
        if not asked.is_valid():
            return self.shown(asked)
        try:
            form = make_form(definition=asked.definition(), by=self.me, origin=self.origin)
        except DefinitionRefused as refused:
            asked.refuse(refused)
            return self.shown(asked)
        messages.success(request, _("The form has been created. Nobody can fill it in before it is published."))
        return redirect(self.address("edit", form.pk))

    def shown(self, asked: KeyedForm) -> HttpResponse:
        return self.render_to_response(
            self.get_context_data(
                asked=asked,
                taken_keys=list(FormDefinition.objects.values_list("key", flat=True)),
                import_url=self.address("import"),
            )
        )


class CopyView(AddView, PageOfForm):
    """A copy of a form's working copy, as a form of its own. The original stays as it is."""

    page_title = gettext_lazy("Copy")

    @property
    def origin(self) -> str:  # type: ignore[override]
        return f"copy:{self.form.key}"

    def asked(self, posted: Any = None) -> KeyedForm:
        copied = self.draft.definition
        title = build_copy_title(localize(copied["title"], str(copied["languages"][0])), get_current_language())
        return CopyForm(posted, copied=copied, initial={"title": title})


def build_copy_title(title: str, language: str) -> str:
    """Return the title of a copy until somebody changes it, so that lists never show two forms with one name."""
    with override(language if language in NATIVE_NAMES else get_language()):
        return _("Copy of %(title)s") % {"title": title}


def proposed_key(title: str, taken: set[str]) -> str:
    """Make a key of a title: "Çfarë moshe keni?" -> "cfare_moshe_keni", numbered when it is taken."""
    # NFD takes letters apart from their accents, so that dropping what isn't ASCII leaves "ë" as "e".
    plain = unicodedata.normalize("NFD", title.lower()).encode("ascii", "ignore").decode()
    base = "_".join(re.findall(r"[a-z0-9]+", plain))[:MAX_PROPOSED_LENGTH].strip("_") or "form"
    if not base[0].isalpha():
        base = f"form_{base}"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key
