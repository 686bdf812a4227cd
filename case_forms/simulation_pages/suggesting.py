"""What could be expected of a story, taken from how it went: a beginning, for whoever saves it as a scenario."""

from typing import Any

from case_forms.procedures.definition import Procedure
from case_forms.simulation.timeline import Timeline

CALLS = ("call", "fallback")


def suggest_expectations(timeline: Timeline, procedure: Procedure) -> list[dict[str, Any]]:
    """Return expectations as JSON, all of which hold: who was notified and who wasn't, the call, the status, duties."""
    sent: dict[str, int] = {}
    for entry in timeline.of_kind("notice.sent"):
        if entry.purpose not in CALLS:
            sent.setdefault(entry.role, entry.minute)
    found: list[dict[str, Any]] = [
        {"expect": "told", "role": role, "within": minute} for role, minute in sent.items() if role
    ]
    named = {str(getattr(action, "role", "")) for rule in procedure.rules for action in rule.then} - {""}
    found += [{"expect": "not_told", "role": role} for role in sorted(named - set(sent))]
    calls = [each for each in timeline.of_kind("notice.owed") if each.purpose in CALLS and each.who]
    if any(each.role == "coordinator" for each in calls):
        first = next(each for each in calls if each.role == "coordinator")
        found.append({"expect": "call_to_coordinator", "within": first.minute})
    if timeline.status:
        found.append({"expect": "status_is", "status": timeline.status})
    return found + [{"expect": "deadline_started", "deadline": each.key} for each in timeline.deadlines]
