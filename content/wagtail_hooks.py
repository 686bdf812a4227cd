"""What editors see of this room: the telephone lines in the menu, and the house's colour and name."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.ui.tables import BooleanColumn
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import SnippetViewSet

from .models import Hotline

TESTED = BooleanColumn("is_tested", label=_("tested within 30 days"), accessor=Hotline.is_tested)


class HotlineViewSet(SnippetViewSet):
    model = Hotline
    icon = "mobile-alt"
    menu_label = _("Telephone lines")
    menu_order = 210
    add_to_admin_menu = True
    list_display = ["__str__", "publish", "verified_on", TESTED, "confidence"]
    list_filter = ["publish", "confidence"]
    search_fields = ["key", "number", "name_sq", "name_en"]
    inspect_view_enabled = True
    copy_view_enabled = False


register_snippet(HotlineViewSet)


@hooks.register("insert_global_admin_css")
def house_colours() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("css/cms.css"))
