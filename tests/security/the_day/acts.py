"""One act of a member of staff, and what the chain must have about it afterwards."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from audit.models import AuditEntry

# Every text, name, number and PIN that the acts write down: none of it may stand in the chain.
CANARY = "Kanarina"
PHONE = "+355 00 777"
SECRETS = (CANARY, CANARY.lower(), PHONE, "@", ".example", "69777", "830274", "619427")

Target = tuple[str, Any] | Model


@dataclass(frozen=True)
class Act:
    """`who` does `what` to `route`; `run` drives it and gives what it was done to: a row, or (kind, id)."""

    what: str
    who: str
    route: str
    run: Callable[[Any, Any], Target | None]

    @property
    def room(self) -> str:
        return self.run.__module__.rpartition(".")[2]

    def __str__(self) -> str:
        return f"{self.who}: {self.run.__name__} -> {self.what}"


ACTS: list[Act] = []


def act(what: str, who: str, route: str) -> Callable[[Any], Any]:
    """Registers an act: `run(day, me)`. Its name says what it is."""

    def register(run: Any) -> Any:
        number = sum(run.__qualname__ == each.run.__qualname__ for each in ACTS)
        run.__name__ += f"_{number + 1}" if number else ""
        ACTS.append(Act(what, who, route, run))
        return run

    return register


def each_of(values: Any) -> Callable[[Any], Any]:
    """Calls the function under it with each of the values; it registers an act for each."""

    def register(define: Any) -> Any:
        for value in values:
            define(value)
        return define

    return register


# What the chain calls a row whose model is named otherwise.
KINDS = {
    "calendaraddress": "calendar_address",
    "directorychange": "directory_change",
    "dutyrequest": "duty_request",
    "formdefinition": "form",
    "formversion": "form_version",
    "informativesession": "session",
    "placechange": "place_change",
    "sessionrequest": "session_request",
    "textversion": "text_version",
    "plannedvisit": "planned_visit",
    "tip": "signal",  # the record's word for it since the first one
}


def get_target(given: Target) -> tuple[str, str]:
    if isinstance(given, tuple):
        return given[0], str(given[1])
    name = str(given._meta.model_name)
    return KINDS.get(name, name), str(given.pk)


def head() -> int:
    return AuditEntry.objects.order_by("-number").values_list("number", flat=True).first() or 0


def told_since(number: int, done: Act, actor: Any, given: Target | None) -> AuditEntry:
    """The entry of this act. Raises AssertionError that says what was found instead."""
    new = list(AuditEntry.objects.filter(number__gt=number))
    by = [entry for entry in new if (entry.actor_kind, entry.actor_id) == ("user", str(actor.pk))]
    about = get_target(given) if given is not None else None
    fitting = [
        entry for entry in by if entry.action == done.what and about in (None, (entry.target_kind, entry.target_id))
    ]
    found = [f"{each.actor_kind}:{each.actor_id} {each.action} {each.target_kind}:{each.target_id}" for each in new]
    assert fitting, f"{done}: wanted {actor.pk} {done.what} {about}, found {found}"
    assert fitting[0].target_kind, f"{done}: to whom?"
    return fitting[0]


def get_text(entry: AuditEntry) -> str:
    return " ".join([entry.actor_id, entry.target_id, json.dumps(entry.detail, ensure_ascii=False)])
