"""Messages of findings and notes. The codes are for programs and tests; docs/xlsform.md explains them."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

# What the service itself writes into a form or a workbook, in each of the form's languages (`in_each_language`).
OCCURRED_ON_LABEL = gettext_lazy("The day it happened")
GENERAL_CONSTRAINT = gettext_lazy("This answer does not fit.")
ACKNOWLEDGED_LABEL = pgettext_lazy("acknowledged", "OK")
OTHER_LABEL = pgettext_lazy("choice", "Other")
SPECIFY_LABEL = gettext_lazy("Please specify")
COUNT_DIFFERS = gettext_lazy("The number of rows here differs from the one given above.")


def get_message(code: str, values: Mapping[str, Any]) -> str:
    """Return the message for a code, filled in. With `at` the place in the expression is added."""
    words = str(IMPORT_MESSAGES.get(code, code))
    try:
        words = words % values
    except (KeyError, TypeError, ValueError):
        words = str(IMPORT_MESSAGES.get(code, code))
    if values.get("at") is not None:
        words += " " + _("(character %(at)s)") % {"at": int(values["at"]) + 1}
    return words


IMPORT_MESSAGES: dict[str, "str | Promise"] = {
    # the file
    "empty_file": gettext_lazy("The file is empty."),
    "file_too_large": gettext_lazy("The file is larger than %(most)s MB: too large to be a form."),
    "encrypted": gettext_lazy("The workbook is protected with a password. Save it without one."),
    "not_a_workbook": gettext_lazy("This is no workbook: no .xlsx, .xls or .csv, and no .zip with one of these."),
    "several_workbooks": gettext_lazy("There are several workbooks in the .zip. Leave the one with the form."),
    "file_left_out": gettext_lazy("“%(name)s” in the .zip was left out: files beside the form can't be carried over."),
    "broken_zip": gettext_lazy("The file is damaged: it can't be unpacked."),
    "zip_bomb": gettext_lazy("The file unpacks to far more than a form could need."),
    "macros": gettext_lazy("The workbook has macros. Save it as .xlsx, without them."),
    "doctype": gettext_lazy("The file contains XML that refers to something outside it."),
    "other_encoding": gettext_lazy("“%(part)s” inside the file isn't written in UTF-8."),
    "unreadable": gettext_lazy("The workbook can't be read: %(reason)s"),
    "damaged": gettext_lazy("The workbook is damaged: its parts don't fit together."),
    "took_too_long": gettext_lazy("Reading the workbook took too long."),
    "too_much_memory": gettext_lazy("Reading the workbook took too much memory."),
    "too_much_text": gettext_lazy("The workbook contains more text than a form could."),
    "too_many_rows": gettext_lazy("The sheet has more than %(most)s rows."),
    "too_many_columns": gettext_lazy("The sheet has more than %(most)s columns."),
    "cell_too_long": gettext_lazy("A cell contains more than %(most)s characters."),
    "sheet_twice": gettext_lazy("Two sheets have the same name."),
    "sheet_ignored": gettext_lazy("This sheet was left out: it has no equivalent here."),
    "noted_before": gettext_lazy("A note from when this workbook was written: %(note)s"),
    "merged_cells": gettext_lazy("There are merged cells. Only the first cell of each counts."),
    "formula": gettext_lazy("A formula: its last result was taken."),
    "formula_without_value": gettext_lazy("A formula without a result. Write the text itself."),
    "error_value": gettext_lazy("The cell contains a spreadsheet error."),
    "date_cell": gettext_lazy("A spreadsheet date. Write it as text: 2026-03-01."),
    "not_finite": gettext_lazy("The cell contains no number."),
    "control_characters": gettext_lazy("Characters that can't be shown were left out."),
    "pyxform": gettext_lazy("pyxform, which converts XLSForms, says: %(words)s"),
    "too_many_errors": gettext_lazy("There are more than %(most)s errors; those beyond aren't listed."),
    # sheets, columns, languages
    "no_survey": gettext_lazy("There is no sheet “survey”."),
    "no_questions": gettext_lazy("The form has no questions."),
    "missing_column": gettext_lazy("The sheet has no column “%(name)s”."),
    "column_ignored": gettext_lazy("This column was left out: it has no equivalent here."),
    "setting_ignored": gettext_lazy("This setting was left out: it has no equivalent here."),
    "unknown_language": gettext_lazy("Which language is “%(name)s”? Write its code after it, as in English (en)."),
    "language_twice": gettext_lazy("Two columns have texts in the same language."),
    "language_assumed": gettext_lazy("Texts without a language were taken to be in “%(name)s”."),
    "bad_form_id": gettext_lazy("No key can be made of “%(name)s”. Give the form a key."),
    "no_title": gettext_lazy("The form has no title; its key is used instead."),
    # rows
    "no_type": gettext_lazy("The row has no type."),
    "no_name": gettext_lazy("The row has no name."),
    "unknown_type": gettext_lazy("There is no type of question “%(name)s”."),
    "unsupported_type": gettext_lazy("Questions of the type “%(name)s” can't be carried over."),
    "nearest_type": gettext_lazy("The nearest equivalent to “%(name)s” is %(ours)s."),
    "left_out": gettext_lazy("“%(name)s” was left out: the system records this itself."),
    "left_out_and_read": gettext_lazy("“%(name)s” is recorded by the system itself; conditions can't read it."),
    "moment_of_check": gettext_lazy("“%(name)s” is read as the time of the check."),
    "group_not_closed": gettext_lazy("This group is never closed."),
    "group_not_open": gettext_lazy("There is no open group of this kind to close."),
    "groups_too_deep": gettext_lazy("Groups are nested more than %(most)s levels deep."),
    "too_many_questions": gettext_lazy("A form has at most %(most)s questions."),
    "form_too_large": gettext_lazy("The form's conditions are larger than a form may be."),
    "expressions_too_long": gettext_lazy("All expressions together are longer than %(most)s characters."),
    "loop": gettext_lazy("Loops can't be carried over. Write the questions out, or use a repeat."),
    "repeats_too_deep": gettext_lazy("Repeats can be nested two levels deep, not deeper."),
    "renamed": gettext_lazy("The name was changed to “%(key)s”."),
    "group_flattened": gettext_lazy("A group inside a section: its questions were placed in the section itself."),
    "section_cut": gettext_lazy("A section has at most %(most)s items; from here on a further one goes on."),
    "group_dissolved": gettext_lazy("A group of groups: each of those became a section."),
    "matrix_made": gettext_lazy("This table of questions became one question with rows."),
    "no_label": gettext_lazy("There is no label; the name is used instead."),
    "insertions": gettext_lazy("Answers can't be inserted into a text; the question's label is used instead."),
    "markup_removed": gettext_lazy("HTML was removed from the text."),
    "media_left_out": gettext_lazy("Pictures, sound and video attached to questions were left out."),
    "appearance_left_out": gettext_lazy("The appearance “%(name)s” was left out."),
    "parameter_left_out": gettext_lazy("The parameter “%(name)s” was left out."),
    "bad_parameters": gettext_lazy("The parameters can't be read."),
    "bad_range": gettext_lazy("A range needs a start, an end and a step that are numbers and fit together."),
    "tick_labels": gettext_lazy("Only the labels of the first and the last step were carried over."),
    "required_message_left_out": gettext_lazy("The message of a required question was left out; ours is used instead."),
    "constraint_message_made": gettext_lazy("The constraint has no message; a general one is used."),
    "message_without_constraint": gettext_lazy("A message without a constraint was left out."),
    "trigger": gettext_lazy("A calculation that depends on another answer being given can't be carried over."),
    "no_calculation": gettext_lazy("There is no calculation."),
    "calculation_replaces": gettext_lazy("The question is calculated, so nobody can answer it."),
    "calculated_choice": gettext_lazy("A calculated choice is stored as text."),
    "hint_left_out": gettext_lazy("A calculated question has no hint, constraint or default; they were left out."),
    "read_only_condition": gettext_lazy("A question is read-only or not; a condition can't be carried over."),
    "bad_default": gettext_lazy("The default doesn't fit the question."),
    "default_left_out": gettext_lazy("This type of question has no default."),
    "repeat_count": gettext_lazy("The number of rows isn't fixed by “%(name)s”: a note shows when it differs."),
    "bad_count": gettext_lazy("The number of rows must be from 1 to %(most)s."),
    "sensitivity_assumed": gettext_lazy(
        "XLSForms don't say how sensitive an answer is: “personal” was used where vatra::sensitivity is empty."
    ),
    "bad_sensitivity": gettext_lazy("A sensitivity is public, internal, personal or special."),
    "bad_sharing": gettext_lazy("“%(name)s” is not a recipient. Write: police, or: police if ${danger} = 'yes'."),
    "bad_months": gettext_lazy("Write for how many months the answer is stored, from 1 to 600."),
    "vatra_ignored": gettext_lazy("The value here doesn't fit the type of the row, and was left out."),
    # choices
    "no_list": gettext_lazy("There is no list of choices “%(name)s”."),
    "no_list_named": gettext_lazy("The type doesn't name a list of choices."),
    "choice_without_name": gettext_lazy("The choice has no name."),
    "choice_without_list": gettext_lazy("The choice has no list name."),
    "duplicate_choice": gettext_lazy("Another choice of the list has this name."),
    "too_many_attributes": gettext_lazy("A choice has at most %(most)s columns besides its name and label."),
    "from_a_list_of_answers": gettext_lazy("Choices taken from earlier answers can't be carried over."),
    "choices_from_a_file": gettext_lazy(
        "Choices from another file can't be carried over. Put them in the sheet “choices”."
    ),
    "randomized": gettext_lazy("The choices are shown in their order, not shuffled."),
    # expressions
    "expression_too_long": gettext_lazy("The expression is longer than %(most)s characters."),
    "expression_too_deep": gettext_lazy("The expression is nested more than %(most)s levels deep."),
    "expression_too_large": gettext_lazy("The expression has more than %(most)s parts."),
    "unread_sign": gettext_lazy("“%(sign)s” has no meaning in an expression."),
    "open_quote": gettext_lazy("A quotation mark is never closed."),
    "bad_reference": gettext_lazy("Write ${name}, with the name of one question."),
    "unfinished": gettext_lazy("The expression ends in the middle."),
    "unexpected": gettext_lazy("“%(word)s” can't be used here."),
    "not_in_xlsforms": gettext_lazy("“%(word)s” can't be carried over."),
    "unknown_name": gettext_lazy("There is no question “%(name)s”."),
    "ambiguous_name": gettext_lazy("Several questions are called “%(name)s”."),
    "group_read": gettext_lazy("“%(name)s” is a group: it has no answer."),
    "several_answers": gettext_lazy(
        "This reads the answers of all rows at once. Use count, sum, min, max or indexed-repeat."
    ),
    "outside_of_rows": gettext_lazy("Inside [ ] only the row's own questions can be read, not “%(name)s”."),
    "no_itself": gettext_lazy("“.” has a meaning only in a constraint."),
    "no_column": gettext_lazy("The sheet “choices” has no column “%(name)s”."),
    "no_rows": gettext_lazy("A repeat group, or a question in one, is needed here."),
    "position_in_brackets": gettext_lazy("Rows can't be chosen by their position. Use indexed-repeat."),
    "cant_compare": gettext_lazy("These two can't be compared."),
    "not_a_number": gettext_lazy("This text is not a number, and a number is needed."),
    "no_number": gettext_lazy("This is never a number, and a number is needed."),
    "no_text": gettext_lazy("This can't be written as a text."),
    "mixed_kinds": gettext_lazy("The two results are of different types."),
    "from_a_file": gettext_lazy("%(name)s() reads another file; that can't be carried over."),
    "unknown_function": gettext_lazy("The function %(name)s() can't be carried over."),
    "wrong_arguments": gettext_lazy("%(name)s() doesn't take this many arguments."),
    "not_choices": gettext_lazy("This is about choices, and the question has none."),
    "no_choices_to_name": gettext_lazy("Only choices of a list in the sheet “choices” can be named."),
    "too_many_to_name": gettext_lazy("A list of more than %(most)s choices can't be named in an expression."),
    "pattern_not_written": gettext_lazy("A pattern must be written out."),
    "pattern_refused": gettext_lazy("This pattern can't be used: %(reason)s."),
    "must_be_written": gettext_lazy("This must be written out, not calculated."),
    "count_of_some": gettext_lazy("Not every row has this question. Count those with an answer: count-non-empty."),
    "not_a_position": gettext_lazy("Only position(..), the number of the row, can be carried over."),
    "two_indexes": gettext_lazy("indexed-repeat over two groups can't be carried over."),
    "not_a_date": gettext_lazy("This is not a date such as 2026-03-01."),
    "date_format": gettext_lazy("“%(sign)s” in the form of a date can't be carried over."),
    "moments": gettext_lazy("Moments can be compared, or counted by their day; parts of days can't be counted."),
    "once": gettext_lazy("once() must be around the whole calculation, or not used at all."),
    "position_of_a_filter": gettext_lazy("A choice filter can't be carried over to this type of question."),
    # what the form's own check says
    "check": gettext_lazy("%(words)s"),
}

# why a cell of a workbook that we write stays empty, or what was lost in it
EXPORT_NOTES = {
    "no_xpath": gettext_lazy("XPath has no way to express this; the cell stays empty."),
    "unanswered": gettext_lazy("XPath gives a different result here when an answer is missing; the cell stays empty."),
    "texts_in_order": gettext_lazy("XPath can't say which of two texts comes first; the cell stays empty."),
    "several_answers": gettext_lazy("This reads a question in the rows of a group from outside; the cell stays empty."),
    "not_in_the_form": gettext_lazy("This reads something that isn't in the form; the cell stays empty."),
    "not_a_number": gettext_lazy("This isn't a number to XPath; the cell stays empty."),
    "not_a_text": gettext_lazy("XPath can't use this as part of a text; the cell stays empty."),
    "not_a_date": gettext_lazy("This isn't a date to XPath; the cell stays empty."),
    "not_whole": gettext_lazy("The number of days may not be whole; the cell stays empty."),
    "no_column": gettext_lazy("The list has no such column; the cell stays empty."),
    "too_long": gettext_lazy("This is too long in XPath; the cell stays empty."),
    "rows": gettext_lazy("ODK doesn't enforce a smallest and a largest number of rows."),
    "scale": gettext_lazy("The label of the last step can't be shown: the steps don't end there."),
    "default": gettext_lazy("This type of question has no default in XLSForms."),
    "initial": gettext_lazy("The question's initial value can't be expressed in an XLSForm; it is in vatra::initial."),
    "parts": gettext_lazy("This question is a group in XLSForms, which don't support this for groups."),
    "reference": gettext_lazy("A space was inserted into ${, which has another meaning in XLSForms."),
    "control_characters": gettext_lazy("Characters that a workbook can't contain were replaced."),
}
