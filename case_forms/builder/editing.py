"""Adding and editing a form: what the outline posts, and the pages around it."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.snippets.views import snippets

from . import canonical
from .changes import apply_changes
from .checker import check_definition
from .models import FormDefinition
from .shapes import KINDS, shape_problems

try:
    from .catalogue import catalogue
except ImportError:

    def catalogue(language: str) -> dict[str, Any]:
        return {}


class AddForm(WagtailAdminModelForm):
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    language = forms.ChoiceField(label=gettext_lazy("First language"), choices=[("sq", "Shqip"), ("en", "English")])
    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    key = forms.CharField(label=gettext_lazy("key"), max_length=64)

    class Meta:
        model = FormDefinition
        fields = ["key"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, kind) for kind in KINDS]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        language = cleaned.get("language", "sq")
        self.instance.definition = {
            "format": 1,
            "key": cleaned.get("key", ""),
            "kind": cleaned.get("kind", ""),
            "title": {language: cleaned.get("title", "")},
            "languages": [language],
            "sections": [{"key": "section_1", "title": {language: "1"}, "items": []}],
        }
        for problem in shape_problems(self.instance.definition):
            self.add_error("key" if problem.path == "/key" else None, problem.message)
        return cleaned


class DefinitionForm(WagtailAdminModelForm):
    """What the outline posts: {"base": sha256, "changes": [...]}, or {"base": sha256, "definition": {...}}."""

    definition = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)

    class Meta:
        model = FormDefinition
        fields: list[str] = []

    def clean_definition(self) -> dict[str, Any]:
        now = self.instance.definition
        sent = self.cleaned_data["definition"]
        if not sent:
            return now
        posted = json.loads(sent)
        new = posted["definition"] if "definition" in posted else apply_changes(now, posted["changes"])
        if shape_problems(new):
            raise ValidationError("shape")
        return new

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "definition" in cleaned:
            self.instance.definition = cleaned["definition"]
        return cleaned


class AddView(snippets.CreateView):
    template_name = "builder/add.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"autosave_enabled": False}


class EditView(snippets.EditView):
    template_name = "builder/edit.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        definition = self.object.definition
        return context | {
            "outline_definition": definition,
            "outline_catalogue": catalogue(get_language() or "sq"),
            "outline_problems": [
                {"path": problem.path, "code": problem.code, "message": str(problem.message)}
                for problem in check_definition(definition)
            ],
            "outline_settings": {
                "readOnly": bool(self.locked_for_user),
                "base": sha_of(definition),
                "language": get_language(),
                "urls": {"preview": "/cms/forms/try/"},
            },
            "form_is_multipart": True,
        }

    def get_success_json(self) -> dict[str, Any]:
        return super().get_success_json() | {"base": sha_of(self.object.definition)}


def sha_of(definition: dict[str, Any]) -> str:
    return canonical.sha256_of(canonical.dump(definition))
