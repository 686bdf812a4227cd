from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    name = "content"
    verbose_name = _("Public content")
    seeds_pages = True
    legal_texts = "data/legal.json"

    def ready(self) -> None:
        # Imported here, because they need models, which are loaded by now.
        from . import asset_usage, pictures, public_changes
        from .media_storage import checks as _media_checks  # noqa: F401
        from .page_cache import invalidation

        invalidation.connect()
        pictures.connect()
        public_changes.connect()
        asset_usage.register_permission_policy()
