"""What an editor sees on the form of a material or a kit: on how many pages of sessions its words stand."""

from typing import Any

from wagtail.admin.panels import Panel


class SessionPagesPanel(Panel):
    """How many published pages of sessions follow these words, and how many keep what they had."""

    class BoundPanel(Panel.BoundPanel):
        template_name = "outreach_pages/kits/session_pages_panel.html"

        def is_shown(self) -> bool:
            return self.instance.pk is not None

        def get_context_data(self, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            return context | self.instance.count_session_pages()
