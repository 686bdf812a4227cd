"""A draft's answers as the fields of its pages: what a browser would post of them, for a phone that goes on with it.

The pages are drawn as they are shown, and their fields read, so that each type of question has one way into its fields.
"""

from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag

from access.models import User
from case_forms.submissions.drafts.actions import build_context
from case_forms.submissions.models import Draft
from case_forms.submissions.pages.builder import SectionPageBuilder
from case_forms.submissions.pages.repeat_rows import with_new_rows
from case_forms.submissions.validation.validate import form_states

from .form_package import draw_entries

KEPT, REMOVE = ".kept", ".remove"
SHOWN = "shown"  # which questions a page showed: of no use to another page


def read_posted(draft: Draft, user: User, language: str) -> list[tuple[str, str]]:
    """Return (name, value) of every field that says something, in the order of the pages. A file's is its id."""
    form = draft.form_version.parsed_form
    context = build_context(draft, language, by=user)
    checked = form_states(form, draft.answers, context)
    fields: list[tuple[str, str]] = []
    for state in checked.sections:
        given = with_new_rows(state.section.items, draft.answers)
        rows = state
        if given != draft.answers:
            rows = next(each for each in form_states(form, given, context).sections if each.key == state.key)
        builder = SectionPageBuilder(state, rows, given, checked, context, {}, "", {})
        fields += _iter_fields(draw_entries(builder.entries()))
    return fields


def _iter_fields(html: str) -> Iterator[tuple[str, str]]:
    for field in BeautifulSoup(html, "html.parser").find_all(["input", "select", "textarea"]):
        name, value = str(field.get("name") or ""), _get_value(field)
        if not name or name == SHOWN or name.endswith(REMOVE) or value is None:
            continue
        if value or "q-place" in (field.get("class") or ()):
            yield name.removesuffix(KEPT), value


def _get_value(field: Tag) -> str | None:
    """Return what a browser would send of it; None when it sends nothing."""
    if field.has_attr("disabled"):
        return None
    if field.name == "textarea":
        return field.get_text().replace("\r\n", "\n")
    if field.name == "select":
        options = field.find_all("option")
        chosen = next((each for each in options if each.has_attr("selected")), options[0] if options else None)
        return None if chosen is None else str(chosen.get("value", chosen.get_text()))
    if field.get("type") == "file" or (field.get("type") in ("radio", "checkbox") and not field.has_attr("checked")):
        return None
    return str(field.get("value", "on" if field.get("type") == "checkbox" else ""))
