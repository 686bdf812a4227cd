"""Words of the workbooks that we write."""

from django.utils.translation import gettext_lazy as _

OCCURRED_ON_LABEL = {"sq": "Dita kur ndodhi", "en": "The day it happened"}
NOTES_OUT = {
    "no_xpath": _("XPath has no way to express this; the cell stays empty."),
    "unanswered": _("XPath gives a different result here when an answer is missing; the cell stays empty."),
    "texts_in_order": _("XPath can't say which of two texts comes first; the cell stays empty."),
    "several_answers": _("This reads a question in the rows of a group from outside; the cell stays empty."),
    "not_in_the_form": _("This reads something that isn't in the form; the cell stays empty."),
    "not_a_number": _("This isn't a number to XPath; the cell stays empty."),
    "not_a_text": _("XPath can't use this as part of a text; the cell stays empty."),
    "not_a_date": _("This isn't a date to XPath; the cell stays empty."),
    "not_whole": _("The number of days may not be whole; the cell stays empty."),
    "no_column": _("The list has no such column; the cell stays empty."),
    "too_long": _("This is too long in XPath; the cell stays empty."),
    "rows": _("ODK doesn't enforce a smallest and a largest number of rows."),
    "scale": _("The label of the last step can't be shown: the steps don't end there."),
    "default": _("This type of question has no default in XLSForms."),
    "initial": _("The question's initial value can't be expressed in an XLSForm; it is in vatra::initial."),
    "parts": _("This question is a group in XLSForms, which don't support this for groups."),
    "reference": _("A space was inserted into ${, which has another meaning in XLSForms."),
    "control_characters": _("Characters that a workbook can't contain were replaced."),
}
