"""Wagtail's screens for what editors maintain besides pages: helplines, glossary, search settings."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from .models import GlossaryTerm, Hotline, SearchAnswer, SearchSynonyms
from .reports.views import state_label


class HotlineViewSet(SnippetViewSet):
    model = Hotline
    icon = "mobile-alt"
    menu_label = _("Helplines")
    menu_order = 210
    add_to_admin_menu = True
    list_display = [
        "__str__",
        "publish",
        Column("state", label=_("State"), accessor=state_label),
        "verified_on",
        "verified_by",
        "confidence",
    ]
    list_filter = ["publish", "confidence", "never_stale"]
    search_fields = ["key", "number", "name_sq", "name_en"]
    inspect_view_enabled = True
    copy_view_enabled = False


class GlossaryTermViewSet(SnippetViewSet):
    model = GlossaryTerm
    icon = "help"
    menu_label = _("Glossary")
    menu_order = 220
    add_to_admin_menu = True
    list_display = ["term", "slug"]
    search_fields = ["term"]
    copy_view_enabled = False


class SynonymsViewSet(SnippetViewSet):
    model = SearchSynonyms
    icon = "search"
    menu_label = _("Synonyms")
    list_display = ["__str__", "locale"]
    list_filter = ["locale"]
    copy_view_enabled = False


class AnswerViewSet(SnippetViewSet):
    model = SearchAnswer
    icon = "pick"
    menu_label = _("Promoted results")
    list_display = ["__str__", Column("language", label=_("language"), accessor="page.locale")]
    list_filter = ["page__locale"]
    copy_view_enabled = False


class SearchGroup(SnippetViewSetGroup):
    """Menu group for search settings that editors maintain: promoted results and synonyms."""

    items = (AnswerViewSet, SynonymsViewSet)
    menu_label = _("Search by readers")
    menu_icon = "search"
    menu_order = 230
    add_to_admin_menu = True
