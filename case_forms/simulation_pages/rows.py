"""Rows of a page that are built from typed classes: what people do in a story, and what must hold in a scenario.

A class of the simulation names its parameters; each becomes a field here, so that a new act or expectation has its row
with no change. Fields are posted as `<prefix>-<row>-<parameter>`; a row's own kind as `<prefix>-<row>-kind`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel

from access.models import Municipality, localize
from case_forms.cases.documents.models import DocumentKind
from case_forms.cases.models import CaseStatus
from case_forms.procedures.definition import Procedure
from case_forms.simulation.expectations import MAX_EXPECTATIONS, get_registry
from case_forms.simulation.story import MAX_ACTS, Act
from notifications.directory.models import Role

Choices = list[tuple[str, "str | Promise"]]
Problems = Mapping[str, str]  # JSON pointer -> what is wrong there

ACT_LABELS: dict[str, Promise] = {
    "opens": gettext_lazy("opens the notice"),
    "accepts": gettext_lazy("accepts"),
    "on_the_way": gettext_lazy("is on the way"),
    "declines": gettext_lazy("declines"),
    "wrong_area": gettext_lazy("says that it belongs to another area"),
    "outcome": gettext_lazy("reports the outcome"),
    "mail_away": gettext_lazy("the mail server can't be reached"),
    "on_leave": gettext_lazy("is on leave"),
    "no_shift": gettext_lazy("nobody is on the roster"),
    "no_office": gettext_lazy("no office answers for the place"),
    "agreement_over": gettext_lazy("the agreement with the office is over, and one is required"),
    "form": gettext_lazy("the unit sends a further form"),
    "corrects": gettext_lazy("the unit corrects the first form"),
    "referral_step": gettext_lazy("the unit notes a step of the referral"),
    "service_step": gettext_lazy("the service answers by its link"),
    "service_places": gettext_lazy("the service says its free places by its link"),
    "refers_again": gettext_lazy("the unit refers to another service"),
    "asks": gettext_lazy("asks the unit a question"),
    "unit_answers": gettext_lazy("the unit answers the question"),
    "does_task": gettext_lazy("the unit says that a task is done"),
    "closes": gettext_lazy("the case is closed"),
    "reopens": gettext_lazy("the case is opened again"),
}
EXPECTATION_LABELS: dict[str, Promise] = {
    "told": gettext_lazy("is notified in time"),
    "not_told": gettext_lazy("is not notified"),
    "nobody_told": gettext_lazy("nobody is notified"),
    "accepted_or_call_within": gettext_lazy("accepts in time, or a coordinator is asked to call"),
    "call_to_coordinator": gettext_lazy("a coordinator is asked to call in time"),
    "status_is": gettext_lazy("the case has this status in the end"),
    "deadline_started": gettext_lazy("this deadline starts"),
    "deadline_met": gettext_lazy("this deadline is met in time"),
    "task_open": gettext_lazy("this deadline or task starts, and is due in time"),
    "brief_contains_no": gettext_lazy("reads nothing about this question"),
    "brief_contains": gettext_lazy("reads something about this question"),
    "document_made": gettext_lazy("this document is made in time"),
}
PARAMETER_LABELS: dict[str, Promise] = {
    "role": gettext_lazy("Who"),
    "at": gettext_lazy("After (minutes)"),
    "until": gettext_lazy("Until (minutes)"),
    "within": gettext_lazy("Within (minutes)"),
    "whose": gettext_lazy("Which of them"),
    "municipality": gettext_lazy("Which municipality"),
    "rank": gettext_lazy("Place on the roster (0 for all)"),
    "everywhere": gettext_lazy("Everywhere"),
    "form": gettext_lazy("Form"),
    "status": gettext_lazy("Status"),
    "deadline": gettext_lazy("Deadline"),
    "question": gettext_lazy("Question"),
    "step": gettext_lazy("Which step"),
    "after": gettext_lazy("Arrival in (minutes)"),
    "document": gettext_lazy("Document"),
    "free": gettext_lazy("Free places"),
}
WHOSE: Choices = [
    ("any", gettext_lazy("whoever has the notice")),
    ("first", gettext_lazy("who was notified first")),
    ("deputy", gettext_lazy("the deputy")),
    ("call", gettext_lazy("who is asked to call")),
]
STEPS: Choices = [
    ("accepted", gettext_lazy("the service accepts")),
    ("declined", gettext_lazy("the service declines")),
    ("no_answer", gettext_lazy("the service doesn't answer")),
    ("agreed", gettext_lazy("the accompaniment is agreed")),
    ("arrived", gettext_lazy("the person has arrived")),
    ("finished", gettext_lazy("the referral has ended")),
]
# Codes and answers inside a row have no field; the first code of the list and the plainest answers are taken.
NOT_SHOWN = frozenset({"do", "expect", "reason", "answers", "fill"})


BLANK: tuple[str, "str | Promise"] = ("", "–")


@dataclass(frozen=True)
class Input:
    """One field of a row. `kinds`: the codes of the kinds that have it, for the script that hides the others."""

    name: str
    parameter: str
    label: "str | Promise"
    kind: str  # select, number, text, checkbox
    value: str
    choices: Choices
    kinds: str
    error: str = ""


@dataclass(frozen=True)
class Row:
    """One row: its kind, the fields that most kinds have, and what stays in the file without a field."""

    number: int
    name: str
    kind: str
    kinds: Choices
    inputs: list[Input]
    error: str = ""
    kept: str = ""


@dataclass
class RowSet:
    """The rows of one kind of a page. `holder`: the parameter that says the kind in JSON."""

    prefix: str
    holder: str
    classes: Mapping[str, type[BaseModel]]
    labels: Mapping[str, Promise]
    limit: int
    choices: Mapping[str, Choices] = field(default_factory=dict)

    def read(self, post: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Read the rows as JSON, without those that have no kind. What isn't a number stays as it was typed."""
        found = []
        for number in range(get_count(post, self.prefix, self.limit)):
            name = f"{self.prefix}-{number}"
            kind = str(post.get(f"{name}-kind") or "")
            model = self.classes.get(kind)
            if model is None:
                continue
            same_kind = post.get(f"{name}-was") == kind
            kept = _get_kept(str(post.get(f"{name}-kept") or ""), model) if same_kind else {}
            row: dict[str, Any] = {**kept, self.holder: kind}
            for parameter in model.model_fields:
                typed = str(post.get(f"{name}-{parameter}") or "").strip()
                if parameter not in NOT_SHOWN and typed:
                    row[parameter] = _as_value(model, parameter, typed)
            found.append(row)
        return found

    def build(self, rows: Sequence[Mapping[str, Any]], problems: Problems, empty: int = 0) -> list[Row]:
        """Build the rows of the page, and `empty` more. `problems` are those of the rows, by /row/parameter."""
        shown = [*rows, *({} for _number in range(empty))]
        return [self._build_row(number, row, problems) for number, row in enumerate(shown)]

    def _build_row(self, number: int, row: Mapping[str, Any], problems: Problems) -> Row:
        name = f"{self.prefix}-{number}"
        own = {path: words for path, words in problems.items() if f"{path}/".startswith(f"/{number}/")}
        errors = {path.rpartition("/")[2]: words for path, words in own.items()}
        kind = str(row.get(self.holder, ""))
        inputs = [
            self._build_input(name, parameter, row, errors.get(parameter, "")) for parameter in self._parameters()
        ]
        shown = {each.error for each in inputs}
        left = next((words for words in own.values() if words not in shown), "")
        kinds: Choices = [(code, self.labels.get(code, code)) for code in self.classes]
        kept = {parameter: value for parameter, value in row.items() if parameter in NOT_SHOWN - {self.holder}}
        return Row(number, name, kind, kinds, inputs, left, json.dumps(kept) if kept else "")

    def _parameters(self) -> list[str]:
        order = [*PARAMETER_LABELS]
        named = {name for model in self.classes.values() for name in model.model_fields if name not in NOT_SHOWN}
        return sorted(named, key=lambda name: (order.index(name) if name in order else len(order), name))

    def _build_input(self, row_name: str, parameter: str, row: Mapping[str, Any], error: str) -> Input:
        having = [code for code, model in self.classes.items() if parameter in model.model_fields]
        given = row.get(parameter)
        if given is None:
            model = self.classes.get(str(row.get(self.holder, "")))
            known = model.model_fields.get(parameter) if model else None
            given = known.default if known is not None and not known.is_required() else None
        choices = self.choices.get(parameter, [])
        model = self.classes[having[0]]
        return Input(
            name=f"{row_name}-{parameter}",
            parameter=parameter,
            label=PARAMETER_LABELS.get(parameter, capfirst(parameter.replace("_", " "))),
            kind="select" if choices else _get_kind(model, parameter),
            value="" if given is None or given is False else "yes" if given is True else str(given),
            choices=choices,
            kinds=" ".join(having),
            error=error,
        )


def build_acts(forms: Choices) -> RowSet:
    """Return the rows of what people do. `forms`: those that the unit may send further."""
    more: dict[str, Choices] = {"form": [BLANK, *forms], "whose": WHOSE, "step": STEPS}
    return RowSet("_act", "do", _get_acts(), ACT_LABELS, MAX_ACTS, {**_get_common_choices(), **more})


def build_expectations(procedure: Procedure, questions: Choices) -> RowSet:
    """Return the rows of what must hold. `questions`: those that a brief may hold an answer to."""
    deadlines: Choices = [(key, localize(each.label) or key) for key, each in procedure.deadlines.items()]
    more: dict[str, Choices] = {"deadline": [BLANK, *deadlines], "question": [BLANK, *questions]}
    return RowSet(
        "_must", "expect", get_registry(), EXPECTATION_LABELS, MAX_EXPECTATIONS, {**_get_common_choices(), **more}
    )


def _get_acts() -> dict[str, type[BaseModel]]:
    union = get_args(Act)[0]
    return {code: model for model in get_args(union) for code in get_args(model.model_fields["do"].annotation)}


def _get_common_choices() -> dict[str, Choices]:
    places: Choices = list(Municipality.objects.order_by("name").values_list("slug", "name"))
    return {
        "role": [BLANK, *((value, capfirst(str(label))) for value, label in Role.choices)],
        "status": [("", _("no case")), *CaseStatus.choices],
        "municipality": [BLANK, *places],
        "document": [BLANK, *DocumentKind.choices],
    }


def _get_kind(model: type[BaseModel], parameter: str) -> str:
    annotation = str(model.model_fields[parameter].annotation)
    return "checkbox" if "bool" in annotation else "number" if "int" in annotation else "text"


def _as_value(model: type[BaseModel], parameter: str, typed: str) -> Any:
    kind = _get_kind(model, parameter)
    if kind == "checkbox":
        return True
    # More digits than this are no minutes, and are refused in words.
    return int(typed) if kind == "number" and typed.isascii() and typed.isdecimal() and len(typed) <= 9 else typed


def _get_kept(typed: str, model: type[BaseModel]) -> dict[str, Any]:
    try:
        kept = json.loads(typed or "{}")
    except (ValueError, RecursionError):
        return {}
    known = NOT_SHOWN & set(model.model_fields)
    return {name: value for name, value in kept.items() if name in known} if isinstance(kept, dict) else {}


def get_count(post: Mapping[str, Any], prefix: str, limit: int) -> int:
    """Return how many rows the page had; never more than there may be, as the number comes from the request."""
    written = str(post.get(f"{prefix}-count") or "")
    return min(int(written), limit) if written.isascii() and written.isdecimal() and len(written) < 4 else 0
