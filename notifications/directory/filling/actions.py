"""Enter planned shifts into the roster, and look beforehand at what they would make of it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.log_actions import log as log_action

from access.models import User
from audit.chain import get_actor, log_event

from ..changes.needs import SOON_WITHIN
from ..models import Contact, DutyShift, Leave, Partner
from ..roster import Stretch, get_gaps, utc
from .plans import PlannedShift


@dataclass(frozen=True)
class Prospect:
    """What a plan would make of the roster.

    `new`: those that aren't there yet. `gaps`: times with nobody between the first shift's beginning and the last one's
    end. `away`: planned shifts during which the person is on leave, wholly or in part.
    """

    new: list[PlannedShift]
    known: int
    gaps: list[Stretch]
    away: list[PlannedShift] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """What somebody has seen who agrees to this: another plan, or another roster, has another one."""
        seen = [
            [[each.contact, each.rank, each.starts_at.timestamp(), each.ends_at.timestamp()] for each in self.new],
            [[each.starts_at.timestamp(), each.ends_at.timestamp()] for each in self.gaps],
            len(self.away),
        ]
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def preview_plan(office: Partner, planned: Sequence[PlannedShift], now: datetime) -> Prospect:
    """Return what the plan would make of the roster; nothing is stored. Raises ValidationError."""
    with transaction.atomic():
        prospect, _made = _enter(office, planned, now)
        transaction.set_rollback(True)
    return prospect


@transaction.atomic
def fill_roster(
    *, office: Partner, planned: Sequence[PlannedShift], seen: str, by: User, now: datetime
) -> Prospect | None:
    """Enter the plan, if it would make of the roster what this person has seen (`Prospect.digest`).

    None when it would not: somebody has changed the roster since, or the plan. A shift that stands there already isn't
    entered twice. Raises ValidationError.
    """
    # Two people who fill one office's roster come one after the other; a notice can refer to the office meanwhile.
    Partner.objects.select_for_update(no_key=True).get(pk=office.pk)
    with transaction.atomic():
        prospect, made = _enter(office, planned, now)
        if prospect.digest != seen:
            transaction.set_rollback(True)
            return None
    for shift in made:
        log_action(shift, "wagtail.create", user=by)
    if made:
        log_event(
            "directory.roster_filled",
            actor=get_actor(by),
            target_kind="partner",
            target_id=office.pk,
            shifts=len(made),
            first=min(utc(shift.starts_at) for shift in made).isoformat(),
            last=max(utc(each.ends_at) for each in prospect.new).isoformat(),
        )
    return prospect


def _enter(office: Partner, planned: Sequence[PlannedShift], now: datetime) -> tuple[Prospect, list[DutyShift]]:
    if not planned:
        raise ValidationError(_("There is no shift in it."))
    since = min(utc(each.starts_at) for each in planned)
    until = max(utc(each.ends_at) for each in planned)
    if since < utc(now) + SOON_WITHIN:
        raise ValidationError(
            _(
                "A plan begins later than 24 hours from now. What changes the roster before then takes two people, one"
                " shift at a time, under Duty roster."
            )
        )
    people = Contact.objects.filter(partner=office, is_active=True).in_bulk({each.contact for each in planned})
    if missing := {each.contact for each in planned} - set(people):
        raise ValidationError(
            _("%(count)d of the people in it are no longer active at this office.") % {"count": len(missing)}
        )
    stored = DutyShift.objects.filter(partner=office, starts_at__gte=since, ends_at__lte=until)
    there = {(each.contact_id, each.rank, utc(each.starts_at), utc(each.ends_at)) for each in stored if each.ends_at}
    new = [
        each
        for each in sorted(set(planned))
        if (each.contact, each.rank, utc(each.starts_at), utc(each.ends_at)) not in there
    ]
    made = [
        DutyShift(
            partner=office,
            contact=people[each.contact],
            rank=each.rank,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
        )
        for each in new
    ]
    for shift in made:
        shift.save()
    gaps = get_gaps([office], since, until)[office.pk]
    return Prospect(new, len(set(planned)) - len(new), gaps, _find_away(new)), made


def _find_away(planned: Sequence[PlannedShift]) -> list[PlannedShift]:
    leaves = list(Leave.objects.filter(contact__in={each.contact for each in planned}))
    return [
        each
        for each in planned
        if any(
            leave.contact_id == each.contact
            and utc(leave.starts_at) < utc(each.ends_at)
            and utc(leave.ends_at) > utc(each.starts_at)
            for leave in leaves
        )
    ]
