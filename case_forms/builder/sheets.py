"""XLSForms uploaded and downloaded. How they are read and written is xlsform's; here are the pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .pages import PageOfForm
from .transfer import ImportView
from .versions import as_comparable

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGEST = 5_000_000


class ExportSheetView(PageOfForm):
    """The draft as a workbook that pyxform reads."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from .xlsform.writing import write_xlsform

        response = HttpResponse(write_xlsform(as_comparable(self.draft.definition)), content_type=WORKBOOK)
        response["Content-Disposition"] = f'attachment; filename="{self.form.key}.xlsx"'
        return response


class SheetForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"), widget=forms.FileInput(attrs={"accept": ".xlsx,.xls"}))

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise ValidationError(_("The file is too large to be a form."))
        return file.read()


class ImportSheetView(ImportView):
    page_title = gettext_lazy("Upload an XLSForm")
