"""Export and import of procedures as canonical JSON, for those who want it.

What is exported can be imported byte for byte the same. What the editor can't open is refused with the reason; what it
can open becomes the draft, whatever problems it has: they are shown beside its parts.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from case_forms.form_builder import canonical
from case_forms.form_builder.edits import EditRefused
from case_forms.form_builder.transfer import NotReadable, read_definition
from case_forms.form_builder.versions import as_file
from case_forms.procedures.actions import ProcedureIsLocked, note_export, replace_draft

from .edits import MAX_BYTES, must_be_usable
from .pages import PageOfProcedure


class FileForm(forms.Form):
    """The upload of a file of canonical JSON. `key`: of the procedure whose draft it is to be."""

    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".json,application/json"})
    )

    def __init__(self, *args: Any, key: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key = key

    def clean_file(self) -> Any:
        """Return the definition in the file."""
        file = self.cleaned_data["file"]
        # Checked before reading, so that no upload is parsed whose size already rules it out.
        if file.size > MAX_BYTES:
            raise ValidationError(_("The file is too large to be a procedure."))
        try:
            definition = read_definition(file.read())
            must_be_usable(definition, self.key)
        except NotReadable as reason:
            raise ValidationError(reason.args[0]) from None
        except EditRefused as refused:
            raise ValidationError(str(refused.message)) from None
        return definition


class ImportView(PageOfProcedure):
    """The import of a file of canonical JSON as the draft of the procedure."""

    page_title = gettext_lazy("Import from JSON")
    header_icon = "upload"
    template_name = "procedure_editor/import.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown(FileForm(key=self.procedure.key))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = FileForm(request.POST, request.FILES, key=self.procedure.key)
        if not asked.is_valid():
            return self.shown(asked)
        try:
            replace_draft(procedure=self.procedure, definition=asked.cleaned_data["file"], by=self.me, origin="json")
        except ProcedureIsLocked:
            asked.add_error("file", _("The procedure is locked or awaiting approval."))
            return self.shown(asked)
        messages.success(request, _("Imported as the draft. Nothing is decided by it before it is approved."))
        return redirect(self.address("edit"))

    def shown(self, asked: FileForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(asked=asked), status=422 if asked.errors else 200)


class ExportView(PageOfProcedure):
    """The draft as canonical JSON."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        note_export(procedure=self.procedure, by=self.me)
        return as_file(canonical.dump(self.draft.definition), f"{self.procedure.key}.json")
