from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishWebhooksConfig(AppConfig):
    name = "notifications.publish_webhooks"
    verbose_name = _("Webhooks about public content")

    def ready(self) -> None:
        from . import checks, recording  # noqa: F401  # what they register
