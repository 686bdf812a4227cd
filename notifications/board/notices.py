"""How each region's open notices stand: the oldest with its ways, and the worst of all. Reads nothing sealed."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.models import Municipality, Region
from notifications.directory.models import Role
from notifications.outbox.labels import channel_label
from notifications.outbox.models import Attempt, AttemptOutcome, Notice, Purpose
from notifications.outbox.states import NO_CONTACT, UNSENT, NoticeState
from notifications.outbox.ways.models import PENDING, Dispatch, DispatchState

from .tiles import Line, State, word_age

SENT_WITHIN = timedelta(minutes=2)  # an unsent one that is older is late
LEFT_OUT = (Purpose.TEST, Purpose.DIGEST)  # nobody waits for an answer to these


def read_notices(regions: Sequence[Region], now: datetime, *, names_notices: bool) -> list[Line]:
    """Return a line for each region. `names_notices`: with code and link, for who may open them."""
    # By an expression of its own columns: joined with municipalities, or grouped by a column that has an index,
    # SQLite would read every notice by its place, and not the open ones by their state.
    open_ones = Notice.objects.open().counted().exclude(purpose__in=LEFT_OUT).order_by()
    placed = open_ones.annotate(place=Coalesce("home_id", "municipality_id"))
    bad, late = _are_bad(now), _are_late(now)
    grouped = placed.values_list("place").annotate(
        oldest=Min("owed_at"), count=Count("pk"), bad=Count("pk", filter=bad), late=Count("pk", filter=late)
    )
    region_of = dict(Municipality.objects.values_list("pk", "region"))
    oldest: dict[int, datetime] = {}
    counts: Counter[int] = Counter()
    bads: Counter[int] = Counter()
    lates: Counter[int] = Counter()
    for place, at, count, is_bad, is_late in grouped:
        where = region_of[place]
        oldest[where] = min(at, oldest.get(where, at))
        counts[where] += count
        bads[where] += is_bad
        lates[where] += is_late
    rows = _read_oldest({region.pk: oldest[region.pk] for region in regions if region.pk in oldest}, region_of)
    ways = _read_ways([row["pk"] for row in rows.values()])
    lines = []
    for region in regions:
        row = rows.get(region.pk)
        if row is None:
            lines.append(Line(region.name, _("nothing is open"), State.OK))
            continue
        state = State.BAD if bads[region.pk] else State.LATE if lates[region.pk] else State.OK
        line = _describe(region, row, counts[region.pk], ways.get(row["pk"], []), now, names_notices)
        lines.append(replace(line, state=state, more=" · ".join([*_word_bad(bads[region.pk]), line.more])))
    return lines


def _read_oldest(oldest: dict[int, datetime], region_of: dict[int, int]) -> dict[int, dict[str, Any]]:
    """Return the row of each region's oldest, by region, given since when each is open."""
    fields = ("pk", "home", "municipality", "code", "role", "state", "reason", "owed_at", "answer_by")
    candidates = Notice.objects.open().counted().exclude(purpose__in=LEFT_OUT).filter(owed_at__in=set(oldest.values()))
    found: dict[int, dict[str, Any]] = {}
    for row in candidates.order_by("owed_at", "pk").values(*fields):
        where = region_of[row["home"] or row["municipality"]]
        if row["owed_at"] == oldest.get(where):
            found.setdefault(where, dict(row))
    return found


def _read_ways(keys: Iterable[Any]) -> dict[Any, list[tuple[str, bool]]]:
    """Return (way, whether it went out) of each notice, in the order in which it took them."""
    wanted = list(keys)
    ways: dict[Any, list[tuple[str, bool]]] = {}
    mails: dict[Any, tuple[str, bool]] = {}
    # "Isn't something", which no index answers: nearly every attempt has none, and SQLite would begin with all of them.
    attempts = Attempt.objects.filter(notice__in=wanted).exclude(dispatch__isnull=False).order_by("number")
    for notice, channel, outcome in attempts.values_list("notice", "channel", "outcome"):
        mails[notice] = (channel, outcome == AttemptOutcome.ACCEPTED)
    for notice, mail in mails.items():
        ways[notice] = [mail]
    dispatches = Dispatch.objects.filter(notice__in=wanted).order_by("owed_at", "pk")
    for notice, channel, state in dispatches.values_list("notice", "channel", "state"):
        if state not in (*PENDING, DispatchState.NOT_NEEDED):
            ways.setdefault(notice, []).append((channel, state != DispatchState.FAILED))
    return ways


def _describe(
    region: Region, row: dict[str, Any], count: int, ways: list[tuple[str, bool]], now: datetime, names_notices: bool
) -> Line:
    age = (now - row["owed_at"]).total_seconds()
    role = str(Role(row["role"]).label) if row["role"] in Role.values else row["role"]
    state = _("no contact found") if row["reason"] == NO_CONTACT else str(NoticeState(row["state"]).label)
    words = ngettext("%(n)s open, the oldest for %(age)s", "%(n)s open, the oldest for %(age)s", count)
    parts = [role, state, ", ".join(_word_way(*way) for way in ways)]
    if names_notices:
        parts.insert(0, row["code"])
    address = reverse("outbox_notice_modeladmin_index") + f"?q={row['code']}" if names_notices else ""
    return Line(
        region.name,
        words % {"n": count, "age": word_age(age)},
        more=" · ".join(part for part in parts if part),
        address=address,
    )


def _word_way(channel: str, went_out: bool) -> str:
    return f"{channel_label(channel)} {'✓' if went_out else '✕'}"


def _word_bad(count: int) -> list[str]:
    if not count:
        return []
    words = ngettext("%(n)s not sent, or without a contact", "%(n)s not sent, or without a contact", count)
    return [words % {"n": count}]


def _are_bad(now: datetime) -> Q:
    """Those for which nobody was found, and those that should have gone out by now."""
    unsent = Q(state__in=[*UNSENT, NoticeState.SENDING], owed_at__lt=now - SENT_WITHIN)
    return Q(reason=NO_CONTACT) | unsent


def _are_late(now: datetime) -> Q:
    """Those that went out and are past their time to answer, or climb for want of an answer."""
    gone = ~Q(state__in=[*UNSENT, NoticeState.SENDING])
    return Q(state=NoticeState.ESCALATED) | gone & Q(answer_by__lt=now)
