"""Export and import of forms: as canonical JSON, and as XLSForms (how those are read and written is xlsform's).

What is exported as JSON can be imported byte for byte the same; what can't be used is refused with the places named,
and then nothing is saved.
"""

import json
from typing import TYPE_CHECKING, Any, NoReturn

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models.fields import BLANK_CHOICE_DASH
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from access.languages import get_current_language
from access.table_files import XLSX

from . import canonical
from .actions import (
    DefinitionRefused,
    FormIsLocked,
    archive_form,
    archiving_problems,
    make_form,
    note_export,
    publishing_problems,
    replace_draft,
)
from .catalogue import KINDS
from .dependents import in_motion
from .editing import show_problems
from .edits import MAX_BYTES
from .models import FormDefinition, shared_lists
from .pages import BuilderPage, PageOfForm
from .problem_locations import placed
from .versions import as_file

if TYPE_CHECKING:
    from .xlsform.findings import Import

WORKBOOKS = (".xlsx", ".xls", ".csv", ".zip")
ENDINGS = (*WORKBOOKS, ".json")
REST, MAX_AGE_OF_REST = "form_builder.rest", 24 * 60 * 60
LOCKED = gettext_lazy("The form with this key is locked or awaiting approval.")


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
    """The upload of a form, in whatever file it comes."""

    file = forms.FileField(label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ",".join(ENDINGS)}))
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[*BLANK_CHOICE_DASH, *KINDS.items()],
        required=False,
        help_text=gettext_lazy("Needed for a form from Kobo or ODK. A form that was downloaded here has its kind."),
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Leave it empty to take it from the file (form_id)."),
    )
    as_draft = forms.BooleanField(
        label=gettext_lazy("If there is a form with this key, make the file its draft"),
        required=False,
        help_text=gettext_lazy("The current draft stays in the form's history. What is published stays in use."),
    )

    def clean_file(self) -> Any:
        """Return the file; the definition in one of JSON."""
        file = self.cleaned_data["file"]
        start = file.read(8)
        file.seek(0)
        # By how it begins, or else by its name.
        self.is_workbook = start.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or file.name.lower().endswith(WORKBOOKS)
        if self.is_workbook:
            return file
        # Checked before reading, so that no upload is parsed whose size already rules it out.
        if file.size > MAX_BYTES:
            raise ValidationError(_("The file is too large to be a form."))
        try:
            return read_definition(file.read())
        except NotReadable as reason:
            raise ValidationError(reason.args[0]) from None

    def read(self) -> "Import":
        """Return what is in the file, and the report of it."""
        # Imported late: what reads workbooks is large, and few requests need it.
        from .xlsform.findings import Import
        from .xlsform.sandbox import read_safely

        given = self.cleaned_data
        if not self.is_workbook:
            return Import(given["file"], [])
        return read_safely(
            given["file"],
            name=given["file"].name,
            key=given["key"].strip() or None,
            kind=given["kind"],
            language=get_current_language(),
            shared=shared_lists(),
        )

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("file") is not None and self.is_workbook and not given.get("kind"):
            self.add_error("kind", _("Say what the form is for."))
        return given


class ImportView(BuilderPage):
    """The import of a form, as a new one or as the draft of the one with its key.

    From a workbook of which not all can be carried over, one press takes the rest: the page has it, as its report says.
    """

    permission_required = "add"
    page_title = gettext_lazy("Import a form")
    header_icon = "upload"
    template_name = "form_builder/import.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown(FileForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "rest" in request.POST:
            return self._take_rest(request.POST["rest"])
        asked = FileForm(request.POST, request.FILES)
        if not asked.is_valid():
            return self.shown(asked)
        read, as_draft = asked.read(), asked.cleaned_data["as_draft"]
        if read.errors:
            return self.shown(asked, read)
        origin = "xlsform" if asked.is_workbook else "json"
        try:
            form = self.taken_in(read.definition, as_draft=as_draft, origin=origin)
        except DefinitionRefused as refused:
            return self.shown(asked, read, placed(refused.problems, read.definition, get_current_language()))
        except FormIsLocked:
            asked.add_error("as_draft", LOCKED)
            return self.shown(asked, read)
        if read.report:
            return self.shown(asked, read, made=form)
        messages.success(request, _("Imported as a draft. Nobody can fill it in before it is published."))
        return redirect(self.address("edit", form.pk))

    def _take_rest(self, signed: str) -> HttpResponse:
        try:
            rest = signing.loads(signed, salt=REST, max_age=MAX_AGE_OF_REST)
            form = self.taken_in(rest["definition"], as_draft=rest["as_draft"], origin="xlsform")
        except signing.BadSignature:
            messages.error(self.request, _("Too much time has passed. Upload the file again."))
            return redirect(self.address("import"))
        except FormIsLocked:
            messages.error(self.request, LOCKED)
            return redirect(self.address("import"))
        except DefinitionRefused as refused:
            found = placed(refused.problems, rest["definition"], get_current_language())
            return self.shown(FileForm(), problems=found)
        messages.warning(
            self.request,
            _("Imported as a draft, without what is marked. It can't be published before you have decided about that."),
        )
        return redirect(self.address("edit", form.pk))

    def taken_in(self, definition: Any, *, as_draft: bool, origin: str) -> FormDefinition:
        """Make the definition a new form, or the draft of the form with its key.

        Raises DefinitionRefused, FormIsLocked.
        """
        key = definition.get("key") if isinstance(definition, dict) else None
        existing = FormDefinition.objects.filter(key=key).first() if as_draft and isinstance(key, str) else None
        if existing is None:
            return make_form(definition=definition, by=self.me, origin=origin)
        replace_draft(form=existing, definition=definition, by=self.me, origin=origin)
        return existing

    def shown(
        self,
        asked: forms.Form,
        read: "Import | None" = None,
        problems: list[dict[str, str]] | None = None,
        made: FormDefinition | None = None,
    ) -> HttpResponse:
        """Render the page with what was found in the file. `made`: the form that was made of it."""
        rest: Any = read.rest and {"definition": read.rest, "as_draft": asked["as_draft"].value()} if read else None
        context = self.get_context_data(
            asked=asked,
            report=read.report if read else [],
            errors=len(read.errors) if read else 0,
            problems=problems or [],
            rest=signing.dumps(rest, salt=REST, compress=True) if rest else "",
            made=made,
            made_url=self.address("edit", made.pk) if made else "",
        )
        is_refused = made is None and bool((read and read.errors) or problems or asked.errors)
        return self.render_to_response(context, status=422 if is_refused else 200)


class ExportSheetView(PageOfForm):
    """The draft as a workbook that pyxform reads. Only a form that could be published can be written as one."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Imported late: pyxform and openpyxl are large, and few requests need them.
        from .xlsform.writing import write_xlsform

        found = publishing_problems(self.form.key, self.draft.definition, asks_dependents=False)
        if found:
            show_problems(
                request, _("A form that can't be filled in yet can't be downloaded as an XLSForm."), found, self.draft
            )
            return redirect(self.address("edit", self.form.pk))
        workbook = write_xlsform(self.draft.definition)
        note_export(form=self.form, by=self.me, format="xlsx")
        response = HttpResponse(workbook, content_type=XLSX)
        response["Content-Disposition"] = f'attachment; filename="{self.form.key}.xlsx"'
        return response


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
