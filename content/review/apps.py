from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "content.review"
    label = "review"
    verbose_name = _("Review of pages")

    def ready(self) -> None:
        from . import history, localize, mails  # models are loaded by now

        history.connect_signals()
        localize.connect_signals()
        mails.connect_signals()
