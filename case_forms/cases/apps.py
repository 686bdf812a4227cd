from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "case_forms.cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from . import (
            date_clock,
            deadline_clock,
            receivers,  # noqa: F401
        )
        from .finding import requests

        deadline_clock.register()
        requests.register()
        date_clock.register()
