"""Coverage of zones by municipality: for the list, and for a map of our own, without third-party tiles."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations

from django.utils import timezone

from access.models import MobileUnit, Municipality, Region, User
from case_forms.questions.places import seats
from case_forms.zones.models import PlannedVisit, Zone

from .visits import Visit, get_visits

DAYS = 90
LOOKED_BACK = 365
WIDTH, HEIGHT, EDGE = 320, 240, 36
MIN_RADIUS, MAX_RADIUS = 7, 17  # a circle's radius
ROOM = (66, 46)  # width and height that a circle with its name takes
ROUNDS = 200  # of pushing circles apart; a bound, as in a crowded region they may never all fit
# how a zone or municipality stands; the words are the template's
NEVER, OVERDUE, VISITED = "never", "overdue", "visited"


@dataclass(frozen=True)
class ZoneLine:
    """A zone: its visits within DAYS, the last one within a year, the next one planned."""

    zone: Zone
    visits: int
    last: date | None
    planned: date | None
    state: str


@dataclass(frozen=True)
class Town:
    """A municipality on the map and in the list. `x`, `y`: where its seat is drawn, None when unknown."""

    municipality: Municipality
    zones: tuple[ZoneLine, ...]
    visits: int
    last: date | None
    state: str
    x: float | None = None
    y: float | None = None
    radius: float = MIN_RADIUS

    @property
    def label_below(self) -> float:
        """Return how far below the circle's centre its name is written."""
        return self.radius + 11


@dataclass(frozen=True)
class RegionMap:
    """A region and its municipalities. `drawn`: those with a known seat; `unvisited`: how many had no recent visit."""

    region: Region
    towns: tuple[Town, ...]

    @property
    def drawn(self) -> list[Town]:
        return [town for town in self.towns if town.x is not None]

    @property
    def unvisited(self) -> int:
        return sum(town.state == NEVER for town in self.towns)


def build_coverage(user: User, *, today: date | None = None) -> list[RegionMap]:
    """Return the regions where this person works or which they coordinate, with their municipalities and zones."""
    day = today or timezone.localdate()
    zones: dict[int, list[Zone]] = {}
    for zone in Zone.objects.visible_to(user).select_related("municipality"):
        zones.setdefault(zone.municipality_id, []).append(zone)
    regions = Region.objects.filter(pk__in=get_regions(user)).prefetch_related("municipalities")
    visits = get_visits(units_read_by(user), day - timedelta(days=LOOKED_BACK), day)
    planned = _next_planned(user, day)
    found = []
    for region in regions:
        towns = [_town(each, zones.get(each.pk, []), visits, planned, day) for each in region.municipalities.all()]
        found.append(RegionMap(region, tuple(_placed(towns))))
    return found


def units_read_by(user: User) -> list[MobileUnit]:
    """Return the units whose logs this person may read: their own, and those of the regions they coordinate."""
    units = MobileUnit.objects.filter(region__in=get_regions(user))
    mine = set(user.units().values_list("pk", flat=True)) | set(
        units.filter(region__in=user.coordinated_regions()).values_list("pk", flat=True)
    )
    return [unit for unit in units if unit.pk in mine]


def visits_to(zone: Zone, user: User, *, today: date | None = None) -> list[Visit]:
    """Return the visits of a year that name this zone, of the units whose logs this person may read; the last first."""
    day = today or timezone.localdate()
    visits = get_visits(units_read_by(user), day - timedelta(days=LOOKED_BACK), day)
    return [visit for visit in visits if visit.zone == str(zone.pk)]


def get_regions(user: User) -> set[int]:
    """Return the ids of the regions where this person works or which they coordinate."""
    worked = set(user.units().values_list("region", flat=True))
    return worked | set(user.coordinated_regions().values_list("pk", flat=True))


def _next_planned(user: User, day: date) -> dict[str, date]:
    planned: dict[str, date] = {}
    # latest first, so that the soonest visit to a zone is what remains in the dict
    visits = PlannedVisit.objects.visible_to(user).not_cancelled().filter(on__gte=day).order_by("-on")
    for zone, on in visits.values_list("zone", "on"):
        planned[str(zone)] = on
    return planned


def _town(
    municipality: Municipality, zones: Iterable[Zone], visits: list[Visit], planned: dict[str, date], day: date
) -> Town:
    here = [visit for visit in visits if visit.municipality == municipality.slug]
    recent = [visit for visit in here if (day - visit.on).days < DAYS]
    last = max((visit.on for visit in here), default=None)
    lines = tuple(_line(zone, here, planned.get(str(zone.pk)), day) for zone in zones)
    late = any(line.state == OVERDUE for line in lines if line.zone.is_active)
    state = NEVER if not recent else (OVERDUE if late else VISITED)
    return Town(municipality, lines, len(recent), last, state)


def _line(zone: Zone, visits: list[Visit], planned: date | None, day: date) -> ZoneLine:
    here = [visit for visit in visits if visit.zone == str(zone.pk)]
    last = max((visit.on for visit in here), default=None)
    recent = sum((day - visit.on).days < DAYS for visit in here)
    if last is None:
        state = NEVER
    elif (day - last).days > (zone.every_days or DAYS):
        state = OVERDUE
    else:
        state = VISITED
    return ZoneLine(zone, recent, last, planned, state)


def _placed(towns: list[Town]) -> list[Town]:
    """Place the towns on the map: north up, one scale for both axes at the region's latitude."""
    known = seats()
    points = {
        town.municipality.slug: known[town.municipality.slug] for town in towns if town.municipality.slug in known
    }
    if not points:
        return towns
    squeeze = 0.75  # a degree of longitude is three quarters of one of latitude at 41° north
    xs = [lon * squeeze for _lat, lon in points.values()]
    ys = [lat for lat, _lon in points.values()]
    span = max(max(xs) - min(xs), (max(ys) - min(ys)) * (WIDTH - 2 * EDGE) / (HEIGHT - 2 * EDGE), 0.1)
    # at least 0.1 degrees: a single town would have no span to divide by
    scale = (WIDTH - 2 * EDGE) / span
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    most = max(town.visits for town in towns) or 1
    at = {
        slug: [WIDTH / 2 + (lon * squeeze - middle_x) * scale, HEIGHT / 2 - (lat - middle_y) * scale]
        for slug, (lat, lon) in points.items()
    }
    _part(list(at.values()))
    return [_at(town, at.get(town.municipality.slug), town.visits / most) for town in towns]


def _at(town: Town, point: list[float] | None, share: float) -> Town:
    if point is None:
        return town
    radius = round(MIN_RADIUS + (MAX_RADIUS - MIN_RADIUS) * share, 1)
    return replace(town, x=round(point[0], 1), y=round(point[1], 1), radius=radius)


def _part(points: list[list[float]]) -> None:
    """Move points apart, in place, until no circle or name overlaps another: a rough map, but a readable one."""
    for _round in range(ROUNDS):
        moved = False
        for first, second in combinations(points, 2):
            across, down = second[0] - first[0], second[1] - first[1]
            wide, high = ROOM[0] - abs(across), ROOM[1] - abs(down)
            if wide <= 0 or high <= 0:
                continue
            moved = True
            axis, push, sign = (0, wide, across) if wide < high else (1, high, down)
            step = (push / 2 + 0.5) * (1 if sign >= 0 else -1)
            first[axis] -= step
            second[axis] += step
        for point in points:
            point[0] = min(max(point[0], EDGE), WIDTH - EDGE)
            point[1] = min(max(point[1], EDGE / 2), HEIGHT - EDGE)
        if not moved:
            return
