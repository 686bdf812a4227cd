from collections.abc import Iterator
from uuid import UUID

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "case_forms.cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from audit.due import register_clocks
        from notifications.outbox.sharing import Gate, register_gate
        from vault.data_keys import register_owners

        from . import (
            date_clock,
            deadline_clock,
            receivers,  # noqa: F401
            rule_events,
        )
        from .actions import apply_decision
        from .consent import clock as consent_clock
        from .consent.gate import check_notice, check_request
        from .days import calendar as days_calendar
        from .documents import actions as documents
        from .finding import requests
        from .referring import at_link, untold
        from .rights import entries
        from .talk import receivers as talk_receivers  # noqa: F401

        register_owners("cases", _iter_case_ids)
        rule_events.register_applier(apply_decision)
        register_clocks(
            deadline_clock.DUE_CLOCK, requests.DUE, date_clock.DUE, consent_clock.DUE, untold.CLOCK, documents.DUE
        )
        days_calendar.register()
        at_link.register()
        entries.register()
        register_gate(Gate(check_request, check_notice))


def _iter_case_ids() -> Iterator[UUID]:
    """Iterate over the cases that have a data key, or should have one."""
    from .models import Case  # models are there once the apps are

    return Case.objects.order_by("pk").values_list("pk", flat=True).iterator()
