"""Ask for a change of a unit or a place, and decide about it.

1. A manager (operator or coordinator) asks. Nothing changes yet; the coordinators of the region, a unit's workers and
   whoever could decide are mailed.
2. Another manager agrees, and the change is made in that transaction if the row is still as it was. Or refuses.

What takes two people is what would redirect a call or a notice, or let one person manage more of the directory:
`TAKES_TWO`. Taking a unit's number away takes one (a lost phone answers at once for whoever found it); putting another
in its place takes two. There is no emergency procedure: the coordinator's number is on each notice as well
(docs/adr/0080).

Each step is in the audit chain with keys and the names of fields; both sides stay sealed in the change itself.
"""

from datetime import datetime
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.log_actions import log as log_action

from approvals.changes import CHANGED, GONE, UNREADABLE, ChangedMeanwhile, ChangeHandler
from approvals.requests import Decision
from audit.chain import get_actor, log_event

from ..models import MobileUnit, Municipality, PoliceDirectorate, Region, User
from ..staff.dual_control import is_only_manager
from . import mails
from .models import PlaceChange, PlaceKind
from .people import get_deciders

Values = dict[str, Any]  # column -> value as JSON has it

MODELS: dict[str, type[Model]] = {
    PlaceKind.UNIT.value: MobileUnit,
    PlaceKind.MUNICIPALITY.value: Municipality,
    PlaceKind.REGION.value: Region,
}
TAKES_TWO: dict[str, tuple[str, ...]] = {
    # Officers call the number; the region's tips go to its active units, and a number of an active unit is on
    # notices of the whole region.
    PlaceKind.UNIT.value: ("callback_phone", "is_active"),
    # whose office is notified of the cases there
    PlaceKind.MUNICIPALITY.value: ("police_directorate_id",),
    # which coordinators manage which offices, and who manages those of the whole country (directory.scope)
    PlaceKind.REGION.value: ("is_outreach",),
}


def get_kind(place: Model) -> str:
    return str(place._meta.model_name)


def get_waiting_fields(place: Model, before: Values, *, by: User) -> list[str]:
    """Return the columns of a row about to be saved that need a second person.

    `before`: the row as it stands in the database, {} if it is new.
    """
    kind = get_kind(place)
    if kind not in TAKES_TWO or is_only_manager(by):
        return []
    return [name for name in TAKES_TWO[kind] if _redirects_calls_or_notices(place, name, before)]


def _redirects_calls_or_notices(place: Model, name: str, before: Values) -> bool:
    """Whether the new value of this column would redirect a call or a notice."""
    value, stored = getattr(place, name), before.get(name)
    if not before:  # a new row: what it would have without anybody's doing is no change
        # A new unit may begin active, but not with a number: the oldest unit with one is named on the region's notices.
        return name == "callback_phone" and bool(value)
    # Emptying the number redirects nobody and can't wait (a lost phone).
    if name == "callback_phone" and not value:
        return False
    return bool(value != stored)


@transaction.atomic
def ask_for_change(*, place: Model, before: Values, after: Values, by: User) -> PlaceChange:
    """Record what is asked for, and mail whom it concerns.

    An earlier request that waits for the same row is withdrawn; whoever asked for it is notified, so that a colleague's
    new number isn't dropped in silence.
    """
    kind = get_kind(place)
    # The row first, then its changes: `decide_change` locks in the same order.
    MODELS[kind]._default_manager.select_for_update(no_key=True).get(pk=place.pk)
    for earlier in PlaceChange.objects.waiting().select_for_update().filter(kind=kind, entry_id=place.pk):
        earlier.decide(Decision.WITHDRAWN, by, timezone.now())
        PLACES.log("withdrawn", earlier, by)
        if withdraws(earlier, after, by=by):
            transaction.on_commit(partial(mails.mail_decision, earlier))
    change = PlaceChange.objects.create(
        kind=kind,
        entry_id=place.pk,
        values={"before": before, "after": after, "names": _names(place, before, after)},
        asked_by=by,
    )
    PLACES.log("asked", change, by, fields=sorted(after))
    transaction.on_commit(partial(mails.mail_request, change))
    return change


def withdraws(earlier: PlaceChange, after: Values, *, by: User) -> bool:
    """Whether asking for `after` discards something else that waits, or what somebody else asked for."""
    _before, asked = earlier.sides() or ({}, {})
    return earlier.asked_by_id != by.pk or bool(set(asked) - set(after))


@transaction.atomic
def record_removed_number(*, unit: MobileUnit, number: str, by: User) -> None:
    """Record the number that one manager has removed alone, and mail whom it concerns. The unit is saved already."""
    change = PlaceChange.objects.create(
        kind=PlaceKind.UNIT,
        entry_id=unit.pk,
        values={"before": {"callback_phone": number}, "after": {"callback_phone": ""}},
        asked_by=by,
        decision=Decision.ALONE,
        decided_by=by,
        decided_at=timezone.now(),
    )
    PLACES.log("made", change, by, fields=["callback_phone"])
    transaction.on_commit(partial(mails.mail_request, change))


class PlaceHandler(ChangeHandler[PlaceChange]):
    """How a change of a unit or a place is decided."""

    model = PlaceChange
    action = "place.change"
    target_kind = "place_change"

    def lock(self, change: PlaceChange) -> None:
        # The row before the change, in the same order as `ask_for_change`, so the two can't deadlock.
        _lock_place(change)

    def check_second(self, change: PlaceChange, by: User, *, agree: bool) -> None:
        if not get_deciders(change).filter(pk=by.pk).exists():
            raise ValidationError(_("Another keeper must decide, not the one who asked."))

    def apply(self, change: PlaceChange, by: User, at: datetime) -> None:
        sides = change.sides()
        if sides is None:
            raise ValidationError(UNREADABLE)
        before, after = sides
        place: Any = _lock_place(change)
        if place is None:
            raise ChangedMeanwhile(GONE)
        # What was approved is the step from `before` to `after`; from another state nobody has approved it.
        if any(getattr(place, name) != value for name, value in before.items()):
            raise ChangedMeanwhile(CHANGED)
        closes = isinstance(place, MobileUnit) and after.get("is_active") is False
        if closes and place.assignments.current().exists():
            raise ValidationError(_("People still work in this unit. Move them to another one first."))
        for name, value in after.items():
            setattr(place, name, value)
        place.save(update_fields=list(after))
        # In the name of whoever asked: who agreed is in the entry of the decision.
        log_event(f"place.{change.kind}_changed", actor=get_actor(change.asked_by), target_kind=change.kind,
               target_id=place.pk, fields=sorted(after))  # fmt: skip
        log_action(place, "wagtail.edit", user=by)

    def mail_decision(self, change: PlaceChange) -> None:
        mails.mail_decision(change)

    def get_detail(self, change: PlaceChange) -> Values:
        return {"kind": change.kind, "entry": change.entry_id}


PLACES = PlaceHandler()


def _lock_place(change: PlaceChange) -> Model | None:
    places = MODELS[change.kind]._default_manager.select_for_update(no_key=True)
    return places.filter(pk=change.entry_id).first()


def _names(place: Model, before: Values, after: Values) -> dict[str, Any]:
    keys = {side["police_directorate_id"] for side in (before, after) if "police_directorate_id" in side} - {None, ""}
    directorates = PoliceDirectorate.objects.filter(pk__in=keys)
    return {"place": str(place), "directorates": {str(each.pk): str(each) for each in directorates}}
