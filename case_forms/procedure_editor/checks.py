"""The seam for checks of a procedure that other rooms make: scenarios, for example.

A check takes the typed draft and returns findings. They are shown beside the editor, and asked for again when the
procedure is submitted for approval: a blocking one keeps it from being submitted. What the procedure's own rules report
(`procedures.checker`) is no such check.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from django.utils.translation import gettext as _

from case_forms.procedures.definition import Procedure

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """What a check has found. `rule`: the key of the rule that it is about, "" for the procedure as a whole."""

    rule: str
    words: str
    is_blocking: bool = True

    def get_path(self, procedure: Procedure) -> str:
        """Return the JSON pointer of the rule; "" when the procedure has no such rule."""
        positions = (index for index, rule in enumerate(procedure.rules) if self.rule and rule.key == self.rule)
        position = next(positions, None)
        return "" if position is None else f"/rules/{position}"


Check = Callable[[Procedure], Iterable[Finding]]

# Filled from `AppConfig.ready` of the rooms that have checks.
_checks: list[Check] = []


def register_check(check: Check) -> Check:
    """Register a check; usable as a decorator. Registering it twice counts once."""
    if check not in _checks:
        _checks.append(check)
    return check


def run_checks(procedure: Procedure) -> list[Finding]:
    """Ask every check about a draft. One that fails is itself a blocking finding, and stops no other."""
    found: list[Finding] = []
    for check in _checks:
        try:
            found += check(procedure)
        except Exception as error:  # noqa: BLE001 - whatever it was, the other checks are asked all the same
            # A check that can't be run must not read as one that found nothing. Its traceback may quote answers.
            name = getattr(check, "__qualname__", repr(check))
            log.error("procedure_check_failed", check=name, code=type(error).__name__)
            found.append(Finding("", _("A check could not be run: %(check)s.") % {"check": name}))
    return found
