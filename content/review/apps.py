from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "content.review"
    label = "review"
    verbose_name = _("Review of pages")

    def ready(self) -> None:
        from . import log_receivers, missing_files, notes  # models are loaded by now

        notes.listen()
        missing_files.listen()
        log_receivers.listen()
