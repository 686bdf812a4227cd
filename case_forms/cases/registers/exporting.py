"""A register as a file: the rows that fit the filters, in codes and days, without names and without sealed values.

Redacted by role, as exports of answers are (docs/exports.md): of cases in a region that the person coordinates all
columns are in clear; of those that they see as a worker, or that another unit has opened to them, who leads the case
and whether it is about a child say "not shown". Of a case whose person asked that their data aren't used, only which
case it is stands there (`consent.gate.may_leave`). Each export is in the audit chain: who, which register, which
filters, how many rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages

from access.csv_files import Cell, iter_csv
from access.models import User
from access.table_files import MEDIA, XLSX, Sheet, xlsx_pieces
from audit.chain import get_actor, log_event

from ..consent.gate import may_leave
from ..models import Case

ROAD = "register_export"
MAX_ROWS = 10_000
AT_ONCE = 500  # rows read together
FORMATS = ("csv", "xlsx")


@dataclass(frozen=True)
class ExportColumn:
    """A column of the file. `read`: what of the row stands in it; `is_guarded`: only for the region's coordinator.

    `says_which`: which case it is, and whose; the only columns of a case that the gate lets into no file.
    """

    label: str | Promise
    read: Callable[[Any], Cell]
    is_guarded: bool = False
    says_which: bool = False


def code_of(field: str) -> Callable[[Any], Cell]:
    """Return a reader of a field's code, or of its number, truth value or text."""
    return lambda row: getattr(row, field)


def moment_of(field: str) -> Callable[[Any], Cell]:
    """Return a reader of a moment, in local time."""
    return lambda row: _write_moment(getattr(row, field))


def columns_of_case(get_case: Callable[[Any], Case | None]) -> tuple[ExportColumn, ...]:
    """Return the columns about a row's case, which stand first in every register's file."""

    def of_case(read: Callable[[Case], Cell]) -> Callable[[Any], Cell]:
        return lambda row: read(case) if (case := get_case(row)) is not None else None

    return (
        ExportColumn(_("Case"), of_case(lambda case: case.reference), says_which=True),
        ExportColumn(_("Region"), of_case(lambda case: case.region.slug), says_which=True),
        ExportColumn(_("Mobile unit"), of_case(lambda case: case.unit.slug), says_which=True),
        ExportColumn(_("Child, or may be a child"), of_case(lambda case: case.child_track), is_guarded=True),
        # By the account's number: a file has no names.
        ExportColumn(_("Lead worker (account)"), of_case(lambda case: case.lead_worker.pk), is_guarded=True),
    )


def export_rows(request: HttpRequest, register: Any) -> HttpResponseBase:
    """Return the file, recorded before its first piece leaves, or lead back to the register with what is wrong."""
    user: Any = request.user
    back = redirect(register.url_helper.index_url)
    form = register.filter_form(request)
    kind = request.POST.get("format", "")
    if kind not in FORMATS or not form.is_valid():
        messages.error(request, gettext("There is a problem with the filters. Nothing was exported."))
        return back
    rows, _scope = register.chosen(user, form)
    keys = list(rows.order_by(f"-{register.date_field}", "-pk").values_list("pk", flat=True)[: MAX_ROWS + 1])
    if not keys or len(keys) > MAX_ROWS:
        words = gettext("No row fits these filters. Nothing was exported.")
        if keys:
            words = gettext("More than %(most)s rows fit. Choose fewer days or more filters. Nothing was exported.") % {
                "most": MAX_ROWS
            }
        messages.warning(request, words)
        return back
    name = register.opts.model_name
    with transaction.atomic():
        log_event(
            "register.exported",
            actor=get_actor(user),
            target_kind="register",
            target_id=name,
            format=kind,
            rows=len(keys),
            filters=sorted(form.used),
        )
    lines = _iter_lines(register, user, keys, translation.get_language())
    pieces = iter_csv(lines) if kind == "csv" else xlsx_pieces([Sheet(name, lines)])
    answer = StreamingHttpResponse(pieces, content_type=MEDIA.get(kind, XLSX))
    answer["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate():%Y%m%d}.{kind}"'
    answer["Cache-Control"] = "no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _iter_lines(register: Any, user: User, keys: list[Any], language: str | None) -> Iterator[list[Cell]]:
    columns: tuple[ExportColumn, ...] = register.export_columns
    regions = set(user.coordinated_regions().values_list("pk", flat=True))
    with translation.override(language):
        not_shown = gettext("Not shown to you")
        yield [str(column.label) for column in columns]
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        found = register.read_for_export(some)
        for row in (found[key] for key in some if key in found):
            case = register.case_of(row)
            is_own = case is not None and not regions.isdisjoint((case.region_id, case.unit.region_id))
            may_go = may_leave(case, ROAD).is_allowed
            yield [
                column.read(row) if column.says_which or (may_go and (is_own or not column.is_guarded)) else not_shown
                for column in columns
            ]


def _write_moment(at: datetime | None) -> str | None:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else None
