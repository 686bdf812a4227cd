"""Export and import of forms as canonical JSON.

What is exported can be imported byte for byte the same; what can't be used is refused with the places named, and then
nothing is saved.
"""

import json
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from access.languages import get_current_language

from . import canonical
from .actions import (
    DefinitionRefused,
    FormIsLocked,
    archive_form,
    archiving_problems,
    make_form,
    note_export,
    replace_draft,
)
from .dependents import in_motion
from .edits import MAX_BYTES
from .models import FormDefinition
from .pages import BuilderPage, PageOfForm
from .problem_locations import placed
from .versions import as_file


class NotReadable(Exception):
    """Raised for a file that isn't JSON as we write it. `args[0]` says why, for people."""


def read_definition(content: bytes) -> Any:
    """Return the JSON of a file, whatever it holds.

    Raises NotReadable for what isn't one plain JSON document: a name twice in one object, NaN, another encoding than
    UTF-8, nested too deep.
    """
    try:
        # "utf-8-sig": editors on Windows put a byte order mark at the beginning.
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_each_once, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise NotReadable(_("The file is not UTF-8.")) from None
    except RecursionError:
        raise NotReadable(_("The file is nested too deep.")) from None
    except json.JSONDecodeError as error:
        words = _("The file is not JSON: line %(line)s, column %(column)s.")
        raise NotReadable(words % {"line": error.lineno, "column": error.colno}) from None
    except ValueError as error:  # a number of too many digits, or one of the two below
        raise NotReadable(error.args[0] if isinstance(error, _Refused) else _("The file is not JSON.")) from None


class _Refused(ValueError):
    pass


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # `json` silently lets the last of two equal names win; what a person checked in the file may be the first.
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(_("“%(name)s” appears twice in one object.") % {"name": twice[:80]})
    return found


def _no_constant(name: str) -> NoReturn:
    raise _Refused(_("“%(name)s” is not a number in JSON.") % {"name": name})


class FileForm(forms.Form):
    """The upload of a file of canonical JSON."""

    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".json,application/json"})
    )
    as_draft = forms.BooleanField(
        label=gettext_lazy("If there is a form with this key, make the file its draft"),
        required=False,
        help_text=gettext_lazy("The current draft stays in the form's history. What is published stays in use."),
    )

    def clean_file(self) -> Any:
        """Return the definition in the file."""
        file = self.cleaned_data["file"]
        # Checked before reading, so that no upload is parsed whose size already rules it out.
        if file.size > MAX_BYTES:
            raise ValidationError(_("The file is too large to be a form."))
        try:
            return read_definition(file.read())
        except NotReadable as reason:
            raise ValidationError(reason.args[0]) from None


class ImportView(BuilderPage):
    """The import of a file of canonical JSON, as a new form or as the draft of the one with its key."""

    permission_required = "add"
    page_title = gettext_lazy("Import a form")
    header_icon = "upload"
    template_name = "form_builder/import.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown(FileForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = FileForm(request.POST, request.FILES)
        if not asked.is_valid():
            return self.shown(asked)
        definition = asked.cleaned_data["file"]
        try:
            form = self.taken_in(definition, as_draft=asked.cleaned_data["as_draft"])
        except DefinitionRefused as refused:
            return self.shown(asked, placed(refused.problems, definition, get_current_language()))
        except FormIsLocked:
            asked.add_error("as_draft", _("The form with this key is locked or awaiting approval."))
            return self.shown(asked)
        messages.success(request, _("Imported as a draft. Nobody can fill it in before it is published."))
        return redirect(self.address("edit", form.pk))

    def taken_in(self, definition: Any, *, as_draft: bool, origin: str = "json") -> FormDefinition:
        """Make the definition a new form, or the draft of the form with its key.

        Raises DefinitionRefused, FormIsLocked.
        """
        key = definition.get("key") if isinstance(definition, dict) else None
        existing = FormDefinition.objects.filter(key=key).first() if as_draft and isinstance(key, str) else None
        if existing is None:
            return make_form(definition=definition, by=self.me, origin=origin)
        replace_draft(form=existing, definition=definition, by=self.me, origin=origin)
        return existing

    def shown(self, asked: forms.Form, problems: list[dict[str, str]] | None = None) -> HttpResponse:
        return self.render_to_response(
            self.get_context_data(asked=asked, problems=problems or [], xlsform_url=self.address("import_xlsform")),
            status=422 if problems or asked.errors else 200,
        )


class ExportView(PageOfForm):
    """The draft as canonical JSON."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = canonical.dump(self.draft.definition)
        note_export(form=self.form, by=self.me, format="json")
        return as_file(text, f"{self.form.key}.json")


class ArchiveView(PageOfForm):
    """GET asks for confirmation, POST takes a form out of use or back into it."""

    page_title = gettext_lazy("Archive")
    header_icon = "folder-open-inverse"
    template_name = "form_builder/archive.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown()

    def shown(self, status: int = 200) -> HttpResponse:
        language, newest = get_current_language(), self.form.newest_version()
        is_archived = not self.form.is_archived
        # No definition: these problems are in procedures, not at a place in the form.
        problems = placed(archiving_problems(self.form, is_archived=is_archived), {}, language)
        published = newest.parsed_form if newest else None
        before, after = (published, None) if is_archived else (None, published)
        motion = in_motion(self.form.key, before, after, language)
        return self.render_to_response(self.get_context_data(problems=problems, motion=motion), status=status)

    def get_page_title(self) -> str:
        return _("Restore") if self.form.is_archived else _("Archive")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        wanted = request.POST.get("archived") == "yes"
        try:
            archive_form(form=self.form, is_archived=wanted, by=self.me)
        except DefinitionRefused:
            return self.shown(status=422)
        messages.success(request, _("Archived.") if wanted else _("The form is in use again."))
        return redirect(self.address("edit", self.form.pk))
