"""An emergency: one person adds one recipient beside those there are, for a day at most, and nothing else.

What can't wait for a second coordinator is that somebody is told, never that somebody isn't any more. So one person
adds a shift of a colleague who counts already, or a number of a contact whose PIN they didn't choose: nobody loses
their place, no address or PIN becomes another one, and whoever adds it can't open what is sent there. It ends by itself
a day later unless another coordinator has agreed by then, and everybody is mailed that it did.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import User
from approvals.requests import Decision
from audit.chain import SYSTEM, log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Contact, ContactWay, DutyShift, Partner
from ..roster import utc
from ..ways.numbers import NUMBERED
from . import mails
from .models import Act, ChangedKind, DirectoryChange
from .values import ChangeRequest

LASTS = timedelta(hours=24)
OVER = "emergency_over"  # why a way ended
KIND = "directory.emergency"  # under which one that can't be ended is put aside


def prepare_addition(wanted: ChangeRequest, *, by: User, now: datetime) -> ChangeRequest:
    """Return what is added at once: a shift beside the others that ends within a day, or a number.

    Raises ValidationError for whatever an emergency can't do, and for a second one in the same office.
    """
    row = wanted.row
    if wanted.act != Act.ADD or not isinstance(row, DutyShift | ContactWay):
        raise ValidationError(
            _(
                "An emergency can only add a shift or a number. What replaces or ends something needs another"
                " coordinator."
            )
        )
    office = row.partner if isinstance(row, DutyShift) else row.contact.partner
    _check_single(office, by, now)
    _check_recipient(row.contact, by)
    if isinstance(row, ContactWay):
        if row.channel not in NUMBERED:
            raise ValidationError(_("In an emergency only a number can be added, for an SMS or a call."))
        return wanted
    row.starts_at = max(utc(row.starts_at), utc(now))
    row.ends_at = min(utc(row.ends_at) if row.ends_at else utc(now) + LASTS, utc(now) + LASTS)
    row.is_beside = True
    if row.starts_at >= row.ends_at:
        raise ValidationError(_("An emergency shift must begin within the next 24 hours, and not be over."))
    after = {
        **wanted.after,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "is_beside": True,
    }
    return ChangeRequest(wanted.kind, wanted.act, row, {}, after)


def _check_single(office: Partner, by: User, now: datetime) -> None:
    # Two presses at once come one after the other; a notice can refer to the office meanwhile.
    Partner.objects.select_for_update(no_key=True).get(pk=office.pk)
    made = DirectoryChange.objects.filter(office=office, at_once=True)
    if made.waiting().exists():
        raise ValidationError(
            _(
                "There is an emergency change of this office already. Another coordinator must agree to it or undo it"
                " first."
            )
        )
    if made.filter(decision=Decision.ENDED, asked_by=by, decided_at__gt=now - LASTS).exists():
        raise ValidationError(
            _("Your last emergency change of this office ended less than a day ago. Another coordinator must ask now.")
        )


def _check_recipient(contact: Contact, by: User) -> None:
    if not contact.is_active or contact.reachable_at is None or not contact.pin_hash:
        raise ValidationError(
            _("In an emergency choose somebody who counts already: with a PIN, and a test notice opened.")
        )
    if contact.email.casefold() == by.email.casefold():
        raise ValidationError(_("You can't add yourself."))
    if _chose_pin(by, contact):
        raise ValidationError(
            _(
                "You entered this person's PIN, so you can't also choose where their notices go. Another coordinator"
                " must add this."
            )
        )


def _chose_pin(by: User, contact: Contact) -> bool:
    """Tell whether this person asked for the PIN that the contact has now; true where that can't be read."""
    made = DirectoryChange.objects.filter(
        kind=ChangedKind.CONTACT, entry_id=contact.pk, decision__in=(Decision.AGREED, Decision.WAITING)
    )
    try:
        for change in made.order_by("-asked_at"):
            is_made = change.decision == Decision.AGREED or change.at_once
            if is_made and change.values["after"].get("pin_hash") == contact.pin_hash:
                return change.asked_by_id == by.pk
    except (SealBroken, KeyRingError):
        return True
    return False


def end_due(argument: str = "", *, now: datetime | None = None) -> None:
    """End what was added in an emergency a day ago and nobody agreed to (settings.EACH_MINUTE)."""
    moment = now or timezone.now()
    added = DirectoryChange.objects.waiting().filter(
        at_once=True, act=Act.ADD, kind__in=(ChangedKind.SHIFT, ChangedKind.WAY), asked_at__lte=moment - LASTS
    )
    keys = set(added.values_list("pk", flat=True)) - {UUID(key) for key in get_put_aside_keys(KIND, moment)}
    for_each_row(KIND, keys, partial(_end, moment), at=moment)


@transaction.atomic
def _end(now: datetime, key: UUID) -> None:
    change = DirectoryChange.objects.select_for_update(of=("self",)).get(pk=key)
    if change.decision != Decision.WAITING:
        return
    # What was sent already stays with whoever has it, and is answered to its end. A shift ends by its own time.
    if change.kind == ChangedKind.WAY:
        ways = ContactWay.objects.filter(pk=change.entry_id or 0, is_active=True)
        ways.update(is_active=False, ended_at=now, end_reason=OVER, version=F("version") + 1)
    else:
        shifts = DutyShift.objects.filter(pk=change.entry_id or 0, is_beside=True, ends_at__gt=now, starts_at__lt=now)
        shifts.update(ends_at=now, version=F("version") + 1)
    change.decide(Decision.ENDED, None, now)
    mails.mail_end(change)
    log_event(
        "directory.emergency_ended",
        actor=SYSTEM,
        target_kind="directory_change",
        target_id=change.pk,
        asked_by=change.asked_by_id,
        entry=change.entry_id,
    )
