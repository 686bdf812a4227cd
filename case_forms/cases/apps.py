from collections.abc import Iterator
from uuid import UUID

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "case_forms.cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from vault.data_keys import register_owners

        from . import (
            date_clock,
            deadline_clock,
            receivers,  # noqa: F401
        )

        register_owners("cases", _iter_case_ids)
        deadline_clock.register()
        date_clock.register()


def _iter_case_ids() -> Iterator[UUID]:
    """Iterate over the cases that have a data key, or should have one."""
    from .models import Case

    return Case.objects.order_by("pk").values_list("pk", flat=True).iterator()
