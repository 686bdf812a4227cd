"""The reference of events and actions for docs/procedures.md, written from their registries.

python -c "from case_forms.procedures.reference import build_reference; print(build_reference())"
"""

from .events.registry import EVENTS, iter_names
from .rule_actions import parameters
from .rule_actions.registry import ACTIONS

KINDS = {
    parameters.EXPRESSION: "expression",
    parameters.CONDITION: "yes or no, an expression",
    parameters.OFFICE: "an office's key, an expression",
    parameters.DEADLINE: "key of a deadline",
    parameters.LADDER: "key of a ladder",
    parameters.ROLE: "role",
    parameters.MINUTES: "minutes",
    parameters.FLAG: "true or false",
    parameters.CHOICE: "one of its choices",
    parameters.TEXT: "text",
    parameters.TEXTS: "text in Albanian and English",
    parameters.KEY: "a key of its own",
    parameters.FORM: "key of a published form",
    parameters.MARKER: "key of a flag",
}


def build_reference() -> str:
    """Return the tables of events, of the names that they offer, and of actions, as Markdown."""
    return "\n".join([*_events(), "", *_names(), "", *_actions()])


def _events() -> list[str]:
    rows = ["| event | when | has a case | expressions read |", "|---|---|---|---|"]
    for code, kind in EVENTS.items():
        names = ", ".join(f"`{scope.name}`" for scope in kind.names)
        rows.append(f"| `{code}` | {kind.words} | {'yes' if kind.has_case else 'no'} | {names} |")
    return rows


def _names() -> list[str]:
    rows = ["| name | kind | |", "|---|---|---|"]
    return rows + [f"| `{scope.name}` | {scope.info.kind} | {scope.words} |" for scope in iter_names()]


def _actions() -> list[str]:
    rows = ["| action | | parameters (`?`: may be left out) | needs a case |", "|---|---|---|---|"]
    for code, kind in ACTIONS.items():
        said = "; ".join(
            f"`{name}`{'' if parameter.is_needed else '?'} ({KINDS[parameter.kind]}): {parameter.words}"
            for name, parameter in kind.parameters().items()
        )
        rows.append(f"| `{code}` | {kind.words} | {said} | {'yes' if kind.needs_case else 'no'} |")
    return rows
