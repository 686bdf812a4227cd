"""The table of a register, cell by cell as modeladmin makes them, in one template.

modeladmin renders a template of its own for each row, each cell and each button: for a page of fifty that was most of
the time that the page took.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.utils import label_for_field
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from wagtail_modeladmin.templatetags.modeladmin_tags import items_for_result

CLOSING = "</td>"


def list_heads(view: Any) -> list[str]:
    """List the columns' names."""
    return [str(label_for_field(name, view.model, view.model_admin)) for name in view.list_display]


def list_lines(view: Any, rows: Iterable[Any]) -> list[list[SafeString]]:
    """List the cells of each row; the buttons stand in the column that has them."""
    with_buttons = view.list_display.index(view.model_admin.get_list_display_add_buttons(view.request))
    lines = []
    for row in rows:
        cells: list[SafeString] = list(items_for_result(view, row, view.request))
        # The cell is already escaped, by modeladmin's own `format_html`.
        cell = SafeString(cells[with_buttons].removesuffix(CLOSING))
        cells[with_buttons] = format_html("{}{}</td>", cell, _draw_buttons(view.get_buttons_for_obj(row)))
        lines.append(cells)
    return lines


def _draw_buttons(buttons: list[dict[str, Any]]) -> SafeString:
    if not buttons:
        return SafeString()
    parts = ((each["url"], each["classname"], each["title"], each["label"]) for each in buttons)
    return format_html(
        '<ul class="actions">{}</ul>',
        format_html_join("", '<li><a href="{}" class="{}" title="{}">{}</a></li>', parts),
    )
