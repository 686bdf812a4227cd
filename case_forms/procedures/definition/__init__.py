"""A procedure as typed nodes, parsed once from the stored JSON (docs/adr/0093). Imports nothing of Django.

procedure = parse_procedure(definition)      # or `ProcedureVersion.parsed`, cached in the process
procedure.rules, procedure.rules_about(event, form), procedure.deadlines["police_report"].breach_minutes
"""

from .nodes import (
    MARKS,
    Calendar,
    Chain,
    Deadline,
    Fact,
    Flag,
    Ladder,
    LadderStep,
    Procedure,
    Rule,
    Setting,
    SettingChoice,
)
from .parse import parse_canonical, parse_procedure

__all__ = [
    "MARKS",
    "Calendar",
    "Chain",
    "Deadline",
    "Fact",
    "Flag",
    "Ladder",
    "LadderStep",
    "Procedure",
    "Rule",
    "Setting",
    "SettingChoice",
    "parse_canonical",
    "parse_procedure",
]
