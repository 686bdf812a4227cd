"""The register of tasks and deadlines: what is to be done in which case, by whom and until when.

What somebody wrote down by hand stands sealed on the case's page; here such a task says only that there is one.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.languages import get_current_language
from access.models import localize
from audit import clock

from ..models import Deadline
from .base import Register, case_link, day_and_hour, moment_column
from .exporting import ExportColumn, code_of, columns_of_case, moment_of
from .filters import marks_at

WAITING, MET, ENDED = "waiting", "met", "ended"
STATES = [(WAITING, _("to be done")), (MET, _("done")), (ENDED, _("ended with the case"))]


class TaskRegister(Register):
    model = Deadline
    menu_label = _("Tasks and deadlines")
    menu_icon = "tasks"
    list_display = ("urgency", "what", "of_case", "whose", "due", "done")
    list_display_add_buttons = "what"
    exact = ("kind", "owner")
    date_field = "starts_at"
    list_select_related = ("case",)
    search_fields = ("case__reference",)
    export_columns = (
        *columns_of_case(lambda task: task.case),
        ExportColumn(_("Kind"), code_of("kind")),
        # A key that was made up for one task says nothing, and is left out.
        ExportColumn(_("Task"), lambda task: "" if task.key.startswith("by_hand_") else task.key),
        ExportColumn(_("Whose duty"), code_of("owner")),
        ExportColumn(_("Status"), lambda task: state_of(task)),
        *(
            ExportColumn(label, moment_of(f"{field}_at"))
            for field, label in (
                ("starts", _("Starts")),
                ("amber", _("Amber from")),
                ("red", _("Red from")),
                ("breach", _("Missed from")),
                ("met", _("Done on")),
                ("ended", _("Ended with the case")),
            )
        ),
    )
    inspect_view_fields = (
        "case",
        "kind",
        "owner",
        "starts_at",
        "amber_at",
        "red_at",
        "breach_at",
        "met_at",
        "ended_at",
    )

    def overdue(self, now: datetime) -> models.Q:
        late = models.Q(red_at__lte=now) | models.Q(breach_at__lte=now)
        return models.Q(met_at__isnull=True, ended_at__isnull=True) & late

    def clock_at(self, colour: str, now: datetime) -> models.Q:
        return models.Q(met_at__isnull=True, ended_at__isnull=True) & marks_at(colour, now)

    def own_choices(self) -> dict[str, tuple[Any, list[tuple[str, Any]]]]:
        return {"done": (_("Status"), STATES)}

    def narrow_by(self, name: str, value: str, rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
        if value == WAITING:
            return rows.filter(met_at__isnull=True, ended_at__isnull=True)
        return rows.filter(**{f"{value}_at__isnull": False})

    def urgency_of(self, row: Any) -> str:
        return state_of(row)

    def reference_of(self, row: Any) -> str:
        return row.case.reference

    def what(self, task: Deadline) -> str:
        return localize(task.label, get_current_language()) or gettext("a task")

    what.short_description = _("task")  # type: ignore[attr-defined]

    def of_case(self, task: Deadline) -> str:
        return case_link(task.case.reference)

    of_case.short_description = _("case")  # type: ignore[attr-defined]

    def whose(self, task: Deadline) -> str:
        return task.get_owner_display() if task.owner else gettext("nobody in particular")

    whose.short_description = Deadline._meta.get_field("owner").verbose_name  # type: ignore[attr-defined]

    def due(self, task: Deadline) -> str:
        """Return the last of its marks: when it is missed, or late where it can't be missed."""
        return day_and_hour(task.breach_at or task.red_at or task.amber_at)

    due.short_description = pgettext_lazy("task", "due")  # type: ignore[attr-defined]

    done = moment_column("met_at")
    done.short_description = Deadline._meta.get_field("met_at").verbose_name


def state_of(task: Deadline) -> str:
    """Return a state of `config.templatetags.ui.STATES`."""
    if task.met_at is not None:
        return "met_late" if task.breach_at is not None and task.met_at > task.breach_at else "met"
    if task.ended_at is not None:
        return "ended"
    now = clock.now()
    marks = (("breach", task.breach_at), ("red", task.red_at), ("amber", task.amber_at))
    return next((mark for mark, at in marks if at is not None and at <= now), "running")
