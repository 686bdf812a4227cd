"""What can be due on a day, and how each reads as a line: duties, silent recipients, awaited dates, answers.

A source gives rows with a moment `due`; `entries` puts them together in the order of time and reads only one page's
rows whole. Rooms above, whose rows `cases` doesn't know, add a source by `register_source`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from access.languages import get_current_language
from access.models import localize
from notifications.briefs.choices import get_reason_label
from notifications.directory.models import Role
from notifications.outbox.models import Notice, Purpose, Reply
from notifications.outbox.states import NOT_AWAITING

from ..models import AwaitedDate, Case, Deadline
from ..notes.reading import name_of
from ..task_pages.reading import read_text
from ..urgency import bearing_duty, without_contact
from .scope import DayCases


@dataclass(frozen=True)
class DayLine:
    """One thing of a day. `kind`: duty, silent, nobody, date, answer, done; `due` is when it is, or was.

    `whose`: whose duty it is, in words; `lead`: who follows the person; `form`: the key of the form that answers it;
    `finish`: the id of a task to be marked as done; `phone`: whom to call.
    """

    kind: str
    due: datetime
    label: str
    case: Case | None
    whose: str = ""
    lead: str = ""
    form: str = ""
    finish: int | None = None
    phone: str = ""
    callee: str = ""
    state: str = ""


@dataclass(frozen=True)
class Source:
    """`rows`: of these cases (open ones), each with a moment `due`; `line`: how a row of them reads."""

    rows: Callable[[DayCases], "QuerySet[Any]"]
    line: Callable[[Any, datetime], DayLine]
    related: Callable[["QuerySet[Any]"], "QuerySet[Any]"]


CASE = ("municipality", "unit", "lead", "opened_by")


def due_duties(cases: "QuerySet[Case]") -> "QuerySet[Any]":
    """Return what is still to be done in these cases, with the moment from which it is late.

    Without the deadlines of notices: those are their recipient's, and `silent` is about them.
    """
    return _duty_rows(DayCases(cases))


def _duty_rows(cases: DayCases) -> "QuerySet[Any]":
    # Said the other way round, so that SQLite doesn't begin with all duties that are no notice's.
    rows = Deadline.objects.unmet().filter(cases.having("case_id")).exclude(notice_id__isnull=False).order_by()
    return rows.annotate(due=Coalesce("red_at", "breach_at", "amber_at")).filter(due__isnull=False)


def _duty(row: Deadline, now: datetime) -> DayLine:
    written = read_text(row, get_current_language())
    return DayLine(
        kind="duty",
        due=row.due,  # type: ignore[attr-defined]
        label=written or localize(row.label),
        case=row.case,
        whose=str(Role(row.owner).label) if row.owner else "",
        lead=name_of(row.case.lead_worker),
        form=row.form,
        finish=row.pk if row.is_to_finish else None,
        state=_mark(row, now),
    )


def _mark(row: Deadline, now: datetime) -> str:
    passed = (mark for mark in ("breach", "red", "amber") if (at := getattr(row, f"{mark}_at")) and at <= now)
    return next(passed, "running")


def _silent_rows(cases: DayCases) -> "QuerySet[Any]":
    """Return notices whose answer is awaited; those about duties of the unit stand there as duties."""
    rows = bearing_duty().exclude(purpose=Purpose.DUTY)
    if cases.are_many:
        rows = rows.awaiting_in_time()
    else:
        # Said the other way round, so that SQLite begins with the notices of these cases, not with all that are open.
        rows = rows.exclude(state__in=NOT_AWAITING).filter(answer_by__isnull=False)
    return rows.filter(cases.having("case_id")).annotate(due=F("answer_by"))


def _nobody_rows(cases: DayCases) -> "QuerySet[Any]":
    return without_contact().filter(cases.having("case_id")).annotate(due=F("owed_at"))


def _silent(row: Notice, now: datetime) -> DayLine:
    late = row.due <= now  # type: ignore[attr-defined]
    words = gettext("%(role)s: no answer yet") if late else gettext("%(role)s: answer awaited")
    contact = row.contact
    return DayLine(
        kind="silent",
        due=row.due,  # type: ignore[attr-defined]
        label=words % {"role": row.get_role_display()},
        case=row.case,  # type: ignore[attr-defined]
        phone=contact.phone if contact and late else "",
        callee=contact.name if contact else "",
        state="late" if late else "waiting",
    )


def _nobody(row: Notice, now: datetime) -> DayLine:
    label = gettext("%(role)s: nobody could be notified") % {"role": row.get_role_display()}
    return DayLine("nobody", row.due, label, row.case, state="no_contact")  # type: ignore[attr-defined]


def _date_rows(cases: DayCases) -> "QuerySet[Any]":
    return AwaitedDate.objects.running().filter(cases.having("case_id")).order_by().annotate(due=F("at"))


def _date(row: AwaitedDate, now: datetime) -> DayLine:
    rules = (rule for rule in row.case.procedure_version.parsed.rules if rule.key == row.rule)
    title = next((localize(dict(rule.title)) for rule in rules), "")
    return DayLine("date", row.at, title or gettext("A date that a form gave"), row.case)


def _answer_rows(cases: DayCases) -> "QuerySet[Any]":
    return Reply.objects.filter(cases.having("notice__case_id")).order_by().annotate(due=F("at"))


def _answer(row: Reply, now: datetime) -> DayLine:
    said = get_reason_label(row.kind, row.reason) if row.reason else ""
    label = f"{row.notice.get_role_display()}: {row.get_kind_display()}"
    return DayLine("answer", row.at, f"{label} ({said})" if said else label, row.case)  # type: ignore[attr-defined]


def _done_rows(cases: DayCases) -> "QuerySet[Any]":
    rows = Deadline.objects.filter(cases.having("case_id"), met_at__isnull=False).exclude(notice_id__isnull=False)
    return rows.order_by().annotate(due=F("met_at"))


def _done(row: Deadline, now: datetime) -> DayLine:
    assert row.met_at is not None
    late = any(at <= row.met_at for at in row.marks)
    label = read_text(row, get_current_language()) or localize(row.label)
    return DayLine("done", row.met_at, label, row.case, state="met_late" if late else "met")


def _with_case(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.select_related("event", *(f"case__{name}" for name in CASE))


def _dates_with_case(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.select_related("case__procedure_version", *(f"case__{name}" for name in CASE))


def _notices(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.select_related("contact").defer("brief", "link_token")


def _replies(rows: "QuerySet[Any]") -> "QuerySet[Any]":
    return rows.select_related("notice").defer("note", "details", "notice__brief", "notice__link_token")


AHEAD: dict[str, Source] = {
    "duty": Source(_duty_rows, _duty, _with_case),
    "silent": Source(_silent_rows, _silent, _notices),
    "nobody": Source(_nobody_rows, _nobody, _notices),
    "date": Source(_date_rows, _date, _dates_with_case),
}
BEHIND: dict[str, Source] = {
    "answer": Source(_answer_rows, _answer, _replies),
    "done": Source(_done_rows, _done, _with_case),
}


def register_source(name: str, source: Source) -> None:
    """Add what can be due and stands in a room above."""
    AHEAD[name] = source


def build_lines(
    sources: dict[str, Source], cases: DayCases, keys: Iterable[tuple[datetime, str, Any]], now: datetime
) -> list[DayLine]:
    """Build the lines of these (due, source, key), in their order. A query or two for each source among them."""
    keys = list(keys)
    wanted: dict[str, list[Any]] = {}
    for _due, name, pk in keys:
        wanted.setdefault(name, []).append(pk)
    rows: dict[tuple[str, Any], Any] = {}
    for name, pks in wanted.items():
        source = sources[name]
        found = list(source.related(source.rows(cases).filter(pk__in=pks)))
        _give_cases(found)
        rows.update({(name, row.pk): row for row in found})
    # What was done meanwhile, between the two queries, is left out.
    return [sources[name].line(rows[name, pk], now) for _due, name, pk in keys if (name, pk) in rows]


def _give_cases(rows: list[Any]) -> None:
    """Give notices and replies the case that they name by its id alone, in one query."""
    named = [(row, row if isinstance(row, Notice) else row.notice) for row in rows if isinstance(row, Notice | Reply)]
    if named:
        found = Case.objects.select_related(*CASE).in_bulk({notice.case_id for _row, notice in named})
        each: Any
        for each, notice in named:
            each.case = found[notice.case_id]
