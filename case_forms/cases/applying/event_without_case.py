"""What rules did about something that has no case: one row for each occurrence, decided in a savepoint.

What was recorded is never undone by a rule: what fails is logged by ids and codes. The version that is in force then
decides.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar, TypeVar

import structlog
from django.db import InterfaceError, OperationalError, models, transaction
from django.utils.translation import gettext_lazy as _

from case_forms.procedures.decide import Decision
from case_forms.procedures.definition import Procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.procedures.rule_actions.registry import ACTIONS

from .without_case import WorldWithoutCase

log = structlog.get_logger(__name__)


class EventWithoutCase(models.Model):
    """One event that rules responded to. Notices carry its id, so that it happens once.

    `detail`: {"rules": keys, "by_rule": {notice: rule}, "failed": code, "where": part}; ids and codes only.
    """

    FAILED: ClassVar[str]  # what is logged when its rules fail

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(_("at"))
    procedure_version = models.ForeignKey(ProcedureVersion, models.PROTECT, related_name="+")
    detail = models.JSONField(default=dict)

    class Meta:
        abstract = True
        ordering = ["at", "pk"]

    def get_logged(self) -> dict[str, str]:
        """Return which one it is, by ids and codes, for the log."""
        return {"event": str(self.pk)}


E = TypeVar("E", bound=EventWithoutCase)


def respond_once(
    model: type[E],
    *,
    kind: str,
    form_key: str = "",
    at: datetime,
    occurrence: uuid.UUID,
    about: dict[str, Any],
    carry_out: Callable[[E, Procedure], None],
) -> E | None:
    """Let the rules in force respond to what happened, once. Return its event; None when no rule listens.

    `about`: the event's own fields. `carry_out`: decides and acts, in a savepoint.
    """
    try:
        version = ProcedureVersion.objects.in_force(at)
    except ProcedureVersion.DoesNotExist:
        return None
    if not version.parsed.rules_about(kind, form_key):
        return None
    event, is_new = model._default_manager.get_or_create(
        pk=occurrence, defaults={**about, "at": at, "procedure_version": version}
    )
    if not is_new:
        return event
    try:
        # A savepoint: what fails here undoes nothing of what was recorded.
        with transaction.atomic():
            carry_out(event, version.parsed)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  # whatever is wrong with a rule, what happened is recorded
        _record_failure(event, error)
    return event


def build_reference(begins: str, key: uuid.UUID, alphabet: str) -> str:
    """Return the reference that notices bear: six signs from the id of what they are about, the same each time."""
    number, signs = uuid.uuid5(key, "reference").int, ""
    for _sign in range(6):
        number, place = divmod(number, len(alphabet))
        signs += alphabet[place]
    return begins + signs


class DecisionWithoutCase(WorldWithoutCase):
    """One decision about such an event being carried out. `by_rule`: {notice: the rule that asked for it}."""

    def __init__(self, event: EventWithoutCase, procedure: Procedure, decision: Decision) -> None:
        self.procedure, self.decision = procedure, decision
        self._event = event
        self.by_rule: dict[str, str] = {}

    def run(self) -> None:
        for action in self.decision.actions:
            ACTIONS[action.do].carry_out(action, self)
        rules = list(dict.fromkeys(entry["rule"] for entry in self.decision.explanation))
        self._event.detail = {"rules": rules, "by_rule": self.by_rule}
        self._event.save(update_fields=["detail"])


def _record_failure(event: EventWithoutCase, error: Exception) -> None:
    where = str(getattr(error, "where", "") or getattr(error, "rule", ""))[:80]
    code = str(getattr(error, "code", "") or type(error).__name__)[:40]
    log.error(event.FAILED, **event.get_logged(), where=where, code=code)
    event.detail = {"failed": code, "where": where}
    event.save(update_fields=["detail"])
