"""Wagtail's choosers without the inline script that they write beside themselves (docs/adr/0079)."""

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail.admin.widgets import BaseChooser
from wagtail.admin.widgets.workflows import AdminTaskChooser


def _render(self: Any, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
    """Render the chooser, and beside it the element from which `static/js/cms/start.js` starts it.

    Raises TypeError without an id, as Wagtail does.
    """
    if not attrs or "id" not in attrs:
        raise TypeError("A chooser cannot be rendered without an 'id' attribute")
    chosen = self.get_value_data(value)
    is_task = isinstance(self, AdminTaskChooser)  # Wagtail starts this one by a function of its own
    return format_html(
        '{}<template data-controller="vo-start" data-vo-start-name-value="{}" data-vo-start-id-value="{}"'
        ' data-vo-start-options-value="{}"></template>',
        self.render_html(name, chosen, attrs),
        "createTaskChooser" if is_task else self.js_constructor,
        attrs["id"],
        json.dumps({} if is_task else self.get_js_init_options(attrs["id"], name, chosen)),
    )


def begin_choosers_without_inline_scripts() -> None:
    """Replace `BaseChooser.render` by ours, for every chooser of Wagtail's at once."""
    BaseChooser.render = _render
