"""The page *Now*: what waits, and whether everything works. It renews itself, by a script or, without one, by itself.

Renewing by itself counts as nobody's press (`?renewed`, access.sessions.middleware): a board that is left alone locks
as every page does.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from access.models import Region, StaffRole, User
from notifications.outbox.models import Heartbeat

from . import machine, notices
from .tiles import Tile, build_tile, find_worst

EACH_SECONDS = 15


@never_cache
@require_http_methods(["GET", "HEAD"])
def board(request: HttpRequest) -> HttpResponse:
    """Show the board; with `?fragment`, only what changes of it, for the script."""
    user = request.user
    assert isinstance(user, User)  # the policy table let nobody else in
    now = timezone.now()
    tiles = build_tiles(user, now)
    context = {
        "tiles": tiles,
        "now": now,
        "each": EACH_SECONDS,
        "worst": find_worst(tile.state for tile in tiles),
    }
    return render(request, "board/tiles.html" if "fragment" in request.GET else "board/board.html", context)


def build_tiles(user: User, now: datetime) -> list[Tile]:
    """Build every tile, each by itself. A coordinator's regions, all for an operator, who sees no code of a notice."""
    is_operator = user.has_role(StaffRole.OPERATOR)
    own = user.coordinated_regions().filter(is_outreach=True)
    regions = list((Region.objects.filter(is_outreach=True) if is_operator else own).order_by("name"))
    names_notices = user.has_role(StaffRole.COORDINATOR) and not is_operator
    beats: dict[Any, Heartbeat] = Heartbeat.objects.in_bulk()
    return [
        build_tile(
            "notices",
            _("Open notices"),
            lambda: notices.read_notices(regions, now, names_notices=names_notices),
        ),
        build_tile("providers", _("Ways"), lambda: machine.read_providers(beats, now)),
        build_tile("queues", _("Queues"), lambda: machine.read_queues(beats, now)),
        build_tile("parts", _("Clocks and workers"), lambda: machine.read_parts(beats, now, sees_aside=is_operator)),
        build_tile("outside", _("Outside"), lambda: machine.read_outside(beats, now)),
        build_tile("drills", _("Drills"), lambda: machine.read_drills(regions, now)),
    ]
