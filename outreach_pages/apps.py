from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutreachPagesConfig(AppConfig):
    name = "outreach_pages"
    verbose_name = _("Informative sessions")
    seeds_pages = True
    legal_texts = "data/legal.json"

    def ready(self) -> None:
        # Imported here, because it needs models, which are loaded by now.
        from .asked import actions  # noqa: F401  # listens to corrections of records
        from .kits import versions

        versions.connect_signals()
