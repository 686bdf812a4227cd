"""The operator's page: the state of the service in words, each line with what to do, on tiles like the board's."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import date as write_date
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from access.models import Region
from audit.models import PutAside
from config.health import describe_parts
from notifications.board import machine
from notifications.board.tiles import Line, State, build_tile, find_worst, measure_age, word_age
from notifications.escalation.leading import LEAD, count_standing_by
from notifications.escalation.views import KINDS
from notifications.outbox.models import Heartbeat
from notifications.outbox.queueing import URGENT
from notifications.outbox.worker_signs import read_machines
from notifications.roles import Role

from . import stored
from .matters import MATTERS
from .models import Matter
from .samples import BYTES, DISK_FREE, FIGURES, get_days_until_full, read_growth
from .telling import has_second_way

SHOWN = 8
FULL_SOON = 60  # days

# Each part of `/readyz`: its name, what to do when it isn't well, and the page of docs/runbook.md.
PARTS: dict[str, tuple[str | Promise, str | Promise, str]] = {
    "database": (gettext_lazy("Database"), gettext_lazy("See whether it runs and the disk has room."), "VatraNotReady"),
    "migrations": (gettext_lazy("Tables"), gettext_lazy("Restart the service: it changes them."), "VatraNotReady"),
    "worker": (
        gettext_lazy("Worker that sends notices"),
        gettext_lazy("Restart the service if it doesn’t come back within a minute."),
        "VatraNotReady",
    ),
    "bulk_worker": (
        gettext_lazy("Worker for documents and tidying"),
        gettext_lazy("Restart the service if it doesn’t come back within a minute."),
        "VatraPartIll",
    ),
    "sweeper": (
        gettext_lazy("Sweeper, with every clock"),
        gettext_lazy("Restart the service if it doesn’t come back within a minute."),
        "VatraNotReady",
    ),
    "outbox": (
        gettext_lazy("Sending of notices"),
        gettext_lazy("Look at workers and mail server."),
        "VatraNoticesWait",
    ),
    "nobody_told": (
        gettext_lazy("Cases for which nobody was found"),
        gettext_lazy("Call a coordinator now."),
        "VatraNobodyNotified",
    ),
    "put_aside": (
        gettext_lazy("Failed tasks"),
        gettext_lazy("Look at what failed, and try it again."),
        "VatraFailedTasks",
    ),
    "contacts": (gettext_lazy("People on duty"), gettext_lazy("Call the coordinators."), "VatraNobodyOnDuty"),
    "roster": (gettext_lazy("Duty roster"), gettext_lazy("Call the coordinators."), "VatraRosterGap"),
    "drills": (gettext_lazy("Drills"), gettext_lazy("See at which step the drill failed."), "VatraDrillFailed"),
    "smtp": (gettext_lazy("Mail server"), gettext_lazy("“vatra check” says what it answers."), "VatraMailDown"),
    "broker": (
        gettext_lazy("Queue of tasks"),
        gettext_lazy("See whether Redis runs and answers. Notices go out meanwhile."),
        "VatraQueueDown",
    ),
    "audit_chain": (
        gettext_lazy("Record of who did what"),
        gettext_lazy("Change nothing, and open the runbook."),
        "VatraRecordBroken",
    ),
    "sealed_cells": (
        gettext_lazy("Sealed values"),
        gettext_lazy("Change nothing, and open the runbook."),
        "VatraSealedPutBack",
    ),
    "sealed_rows": (
        gettext_lazy("Contacts, roles and versions"),
        gettext_lazy("Change nothing, and open the runbook."),
        "VatraRowsUnexplained",
    ),
    "disk": (gettext_lazy("Disk"), gettext_lazy("Make room before writing fails."), "VatraDiskLow"),
    "backup": (gettext_lazy("Backups"), gettext_lazy("“vatra check” says what is missing."), "VatraBackupMissing"),
    "point_in_time": (
        gettext_lazy("Restoring to a moment"),
        gettext_lazy("“vatra check” says what is missing."),
        "VatraPointInTimeBehind",
    ),
    "clock": (
        gettext_lazy("Clock of the machine"),
        gettext_lazy("See whether its time is right, and what sets it."),
        "VatraClockJumped",
    ),
    "stored": (
        gettext_lazy("What is stored"),
        gettext_lazy("“vatra manage stored --list” names what doesn’t fit. Delete nothing by hand."),
        "VatraStoredIll",
    ),
    "media": (
        gettext_lazy("Pictures and documents of the site"),
        gettext_lazy("“vatra check” says why their bucket isn’t reached, or who else can read it."),
        "VatraMediaAway",
    ),
    "certificate": (
        gettext_lazy("Certificate"),
        gettext_lazy("See why it isn’t renewed."),
        "VatraCertificateEnds",
    ),
}


@never_cache
@require_safe
def service_page(request: HttpRequest) -> HttpResponse:
    """Show the state of the service."""
    now = timezone.now()
    beats: dict[Any, Heartbeat] = Heartbeat.objects.in_bulk()
    tiles = [
        build_tile("service", _("Needs you"), lambda: read_state(now)),
        build_tile("matters", _("What operators were notified of"), lambda: read_matters(now)),
        build_tile("machines", _("Workers by machine"), lambda: read_workers(beats, now)),
        build_tile("drills", _("Drills"), lambda: machine.read_drills(list(_get_regions()), now)),
        build_tile("failed", _("Failed tasks"), read_failures),
        build_tile("stored", _("What is stored"), read_stored),
        build_tile("tidied", _("What is tidied each hour"), lambda: read_tidied(beats)),
    ]
    context = {
        "tiles": tiles,
        "now": now,
        "worst": find_worst(tile.state for tile in tiles),
    }
    return render(request, "watch/service.html", context)


def read_state(now: datetime) -> list[Line]:
    """Return each part of `/readyz` that isn't well, with what to do; one line when all are."""
    parts = describe_parts(now)
    lines = []
    for part, facts in sorted(parts.items()):
        if facts["ok"]:
            continue
        name, what, page = PARTS.get(part, (part, _("“vatra status” says more."), "VatraPartIll"))
        if part == "roster" and (empty := facts.get("nobody_72h")):
            what = _("In the next 72 hours nobody is on duty: %(regions)s. Call the coordinators.") % {
                "regions": _name_empty(empty)
            }
        lines.append(Line(str(name), str(what), State.BAD, _("Runbook: %(page)s") % {"page": page}))
    return lines or [Line(_("All parts"), _("are well"))]


def _name_empty(empty: dict[str, list[str]]) -> str:
    """Name the regions (slugs) with the roles that have nobody: "Vlorë (police, coordinator); Berat (police)"."""
    names = dict(Region.objects.filter(slug__in=empty).values_list("slug", "name"))
    return "; ".join(
        f"{names.get(slug, slug)} ({', '.join(str(Role(role).label) for role in roles)})"
        for slug, roles in empty.items()
    )


def read_matters(now: datetime) -> list[Line]:
    """Return what was told by the second way lately, the newest first."""
    lines = []
    if not has_second_way():
        words = _("none is set: when mails don’t go out, only mails say so")
        lines.append(Line(_("Second way"), words, State.UNSET, "OPERATOR_SMS, OPERATOR_WEBHOOK"))
    for matter in Matter.objects.all()[:SHOWN]:
        kind = MATTERS.get(matter.name)
        words = str(kind.ill) if kind else matter.name
        began = write_date(timezone.localtime(matter.began_at), "d.m.Y H:i")
        more = [ngettext("%(n)s message", "%(n)s messages", matter.messages) % {"n": matter.messages}]
        if matter.error:
            more.append(matter.error)
        if matter.ended_at is None:
            lines.append(Line(began, words, State.BAD, " · ".join(more)))
        else:
            length = word_age((matter.ended_at - matter.began_at).total_seconds())
            lines.append(Line(began, words, State.OK, " · ".join([_("for %(age)s") % {"age": length}, *more])))
    return lines or [Line(_("Second way"), _("nothing yet"), State.IDLE)]


def read_workers(beats: dict[Any, Heartbeat], now: datetime) -> list[Line]:
    """Return the workers of each machine and when they last gave a sign."""
    names = {True: _("for notices"), False: _("for documents and tidying")}
    lines = []
    for state in read_machines(beats, now):
        words = ngettext("%(n)s worker", "%(n)s workers", state.alive) % {"n": state.alive}
        sign = _("last sign %(age)s ago") % {"age": word_age(measure_age(state.last_at, now))}
        name = f"{state.machine} · {names[state.cluster == URGENT]}"
        lines.append(Line(name, words, State.OK if state.alive else State.BAD, sign))
    lines = lines or [Line(_("Workers"), _("none has given a sign"), State.BAD)]
    return [*lines, *_describe_sweepers(beats, now)]


def _describe_sweepers(beats: dict[Any, Heartbeat], now: datetime) -> list[Line]:
    """Return which machine's sweeper leads, and how many stand by; nothing before the first did."""
    lead = beats.get(LEAD)
    if lead is None:
        return []
    count = count_standing_by(beats, now)
    words = ngettext("%(n)s stands by", "%(n)s stand by", count) % {"n": count} if count else _("the only one")
    machine_name = str(lead.facts.get("machine", ""))
    return [Line(f"{machine_name} · {_('sweeper that leads')}", words, State.OK)]


def read_failures() -> list[Line]:
    """Return how many rows of each kind were put aside."""
    rows = PutAside.objects.order_by("kind").values_list("kind").annotate(amount=Count("pk"))
    lines = [
        Line(str(KINDS.get(kind, _("Another task"))), str(amount), State.LATE, address=reverse("put_aside"))
        for kind, amount in rows
    ]
    return lines or [Line(_("Failed tasks"), _("none"))]


def read_stored() -> Iterable[Line]:
    """Return how much of everything is stored, and how it has grown within a month."""
    growth = read_growth()
    if not growth:
        return [Line(_("What is stored"), _("measured within the hour"), State.IDLE)]
    days = get_days_until_full(growth)
    lines = []
    for name, (label, _measure) in FIGURES.items():
        found = growth.get(name)
        if found is None:
            continue
        is_late = name == DISK_FREE and days is not None and days < FULL_SOON
        more = _word_growth(name, found.value - found.before, found.days) if found.before is not None else ""
        if name == DISK_FREE and days is not None:
            more += " · " + ngettext("full in %(n)s day", "full in %(n)s days", days) % {"n": days}
        lines.append(Line(str(label), _word(name, found.value), State.LATE if is_late else State.OK, more))
    return lines


def read_tidied(beats: dict[Any, Heartbeat]) -> list[Line]:
    """Return what is held of each kind, what doesn't fit, and what was removed last."""
    lines = []
    for kind, facts in stored.read_figures(beats).items():
        words = [_word_number(facts["rows"])] if "rows" in facts else [_("not measured yet")]
        if facts.get("bytes"):
            words.append(filesizeformat(facts["bytes"]))
        state = State.OK
        if strays := facts.get("strays", 0):
            words.append(ngettext("%(n)s file without a row", "%(n)s files without a row", strays) % {"n": strays})
            state = State.BAD if stored.are_strays_left(kind, facts) else State.IDLE
        if missing := facts.get("missing", 0):
            words.append(ngettext("%(n)s file is gone", "%(n)s files are gone", missing) % {"n": missing})
            state = State.BAD
        lines.append(Line(str(stored.KINDS[kind].label), " · ".join(words), state, _word_removal(facts)))
    return lines or [Line(_("What is stored"), _("measured within the hour"), State.IDLE)]


def _word_removal(facts: dict[str, Any]) -> str:
    if "removed_at" in facts:
        at = write_date(timezone.localtime(datetime.fromisoformat(facts["removed_at"])), "d.m.Y H:i")
        return _("last removed: %(n)s, %(at)s") % {"n": facts["removed"], "at": at}
    return _("nothing removed yet") if "tidied_at" in facts else ""


def _word(name: str, value: int) -> str:
    return filesizeformat(value) if name in BYTES else _word_number(value)


def _word_number(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")


def _word_growth(name: str, change: int, days: int) -> str:
    sign = "+" if change >= 0 else "−"
    words = {"change": sign + _word(name, abs(change)), "n": days}
    return ngettext("%(change)s in %(n)s day", "%(change)s in %(n)s days", days) % words


def _get_regions() -> Iterable[Region]:
    return Region.objects.filter(is_outreach=True).order_by("name")
