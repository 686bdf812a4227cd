"""Upload and download of XLSForms. How they are read and written is xlsform's; here are the pages."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from access.languages import get_current_language

from .actions import DefinitionRefused, FormIsLocked, note_export, publishing_problems
from .catalogue import KINDS
from .editing import show_problems
from .models import shared_lists
from .pages import PageOfForm
from .problem_locations import placed
from .transfer import ImportView

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
        response = HttpResponse(workbook, content_type=WORKBOOK)
        response["Content-Disposition"] = f'attachment; filename="{self.form.key}.xlsx"'
        return response


class SheetForm(forms.Form):
    """The upload of an XLSForm."""

    file = forms.FileField(label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".xlsx"}))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
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


class ImportSheetView(ImportView):
    """The import of an XLSForm.

    What can't be carried over is reported by sheet, row and column; with an error, nothing is saved.
    """

    page_title = gettext_lazy("Upload an XLSForm")
    template_name = "form_builder/import_xlsform.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.shown(SheetForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Imported late, as for the download.
        from .xlsform.sandbox import read_safely

        asked = SheetForm(request.POST, request.FILES)
        if not asked.is_valid():
            return self.shown(asked)
        given = asked.cleaned_data
        language = get_current_language()
        read = read_safely(
            given["file"],
            name=given["file"].name,
            key=given["key"].strip() or None,
            kind=given["kind"],
            language=language,
            shared=shared_lists(),
        )
        if read.definition is None:
            return self.told(asked, read.report)
        try:
            form = self.taken_in(read.definition, as_draft=given["as_draft"], origin="xlsform")
        except DefinitionRefused as refused:
            return self.told(asked, read.report, placed(refused.problems, read.definition, language))
        except FormIsLocked:
            asked.add_error("as_draft", _("The form with this key is locked or awaiting approval."))
            return self.told(asked, read.report)
        if read.report:
            return self.told(asked, read.report, form=form)
        messages.success(request, _("Imported as a draft. Nobody can fill it in before it is published."))
        return redirect(self.address("edit", form.pk))

    def shown(self, asked: forms.Form, problems: list[dict[str, str]] | None = None) -> HttpResponse:
        return self.told(asked, [], problems)

    def told(
        self, asked: forms.Form, report: list[Any], problems: list[dict[str, str]] | None = None, form: Any = None
    ) -> HttpResponse:
        """Render the page with what was found in the workbook.

        `form`: the form that was made of it, None when none was.
        """
        is_refused = form is None and bool(report or problems or asked.errors)
        context = self.get_context_data(
            asked=asked,
            report=report,
            problems=problems or [],
            made=form,
            made_url=self.address("edit", form.pk) if form else "",
            import_url=self.address("import"),
        )
        return self.render_to_response(context, status=422 if is_refused else 200)
