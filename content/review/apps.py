from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "content.review"
    label = "review"
    verbose_name = _("Review of pages")

    def ready(self) -> None:
        from . import log_receivers as deeds
        from . import missing_files as gone
        from . import notes

        notes.listen()
        gone.listen()
        deeds.listen()
