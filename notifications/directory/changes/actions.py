"""Ask for a change of the directory, and decide about it.

1. A coordinator asks. Nothing changes yet; the present address, the office concerned and the other coordinators are
   mailed.
2. Another one agrees: the change is made in that transaction, if the row is still as it was. Or refuses.
3. A contact with a new address or PIN gets a test notice, and counts again once it was opened with the PIN.

An emergency only adds (`emergency`): that is made at once, everybody is mailed, and another coordinator agrees to it
or undoes it afterwards; else it ends after a day. Each step is in the audit chain with keys and the names of fields;
old and new values stay sealed in the change itself, so that one can show later where a notice went.
"""

from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log as log_action

from access.models import User
from approvals.changes import CHANGED, GONE, UNREADABLE, ChangedMeanwhile, ChangeHandler
from audit.chain import get_actor, log_event
from notifications import signals

from ..actions import has_begun, next_minute
from ..models import Contact, ContactWay, DutyShift, Leave, Partner, Role
from . import mails
from .emergency import prepare_addition
from .models import Act, ChangedKind, DirectoryChange
from .values import MODELS, ChangeRequest, Row, Values, apply_values, get_difference, get_values
from .who import get_concerned_contacts, get_office, may_decide, may_undo

NEEDS_TEST = {"email", "pin_hash", "partner"}  # a change of these needs a new test notice
STOPPED = "stopped"  # why a way ended: two people agreed that it does
ENDS_LINKS = {"email", "pin_hash", "partner", "is_active"}  # what ends the links that are open


_EMERGENCY_UNREADABLE = gettext_lazy("What was asked for can't be read. Put it right in the entry itself.")


@transaction.atomic
def ask_for_change(
    *, wanted: ChangeRequest, by: User, at_once: bool = False, now: datetime | None = None
) -> DirectoryChange:
    """Store what is asked for, and notify whom it concerns. With `at_once` it is made in this transaction.

    Raises ValidationError where it can't be made at all (a second active office for one place, say), or not at once.
    """
    moment = now or timezone.now()
    _check(wanted.row, wanted.after)
    if at_once:
        wanted = prepare_addition(wanted, by=by, now=moment)
    change = DirectoryChange.objects.create(
        kind=wanted.kind,
        act=wanted.act,
        entry_id=wanted.row.pk,
        office=get_office(wanted.row),
        values={"before": wanted.before, "after": wanted.after},
        at_once=at_once,
        asked_by=by,
        asked_at=moment,
    )
    # Before the change is made: the mail must go to the address until now, not to the new one.
    mails.mail_request(change, concerned=get_concerned_contacts(change))
    if at_once:
        _apply(change, by=by, now=moment)
    fields = _names(wanted.after)
    DIRECTORY.log("asked", change, by, kind=wanted.kind, act=wanted.act, fields=fields, at_once=at_once)
    return change


class DirectoryHandler(ChangeHandler[DirectoryChange]):
    """How a change of the directory is decided. Refusing an emergency undoes it."""

    model = DirectoryChange
    action = "directory.change"
    target_kind = "directory_change"

    def check_second(self, change: DirectoryChange, by: User, *, agree: bool) -> None:
        if change.sides() is None and (agree or change.at_once):
            raise ValidationError(_EMERGENCY_UNREADABLE if change.at_once else UNREADABLE)
        if not (may_decide(change, by) or (not agree and may_undo(change, by))):
            raise ValidationError(_("Another coordinator of this office must decide, not the one who asked."))

    def may_withdraw(self, change: DirectoryChange, by: User) -> bool:
        return super().may_withdraw(change, by) and not change.at_once  # an emergency is made already

    def apply(self, change: DirectoryChange, by: User, at: datetime) -> None:
        if not change.at_once:
            _apply(change, by=by, now=at)

    def undo(self, change: DirectoryChange, by: User, at: datetime) -> None:
        if change.at_once:
            _undo(change, by=by, now=at)

    def mail_decision(self, change: DirectoryChange) -> None:
        mails.mail_decision(change)

    def get_detail(self, change: DirectoryChange) -> dict[str, int | None]:
        return {"entry": change.entry_id}


DIRECTORY = DirectoryHandler()


def preview_change(
    wanted: ChangeRequest, *, by: User, look: Callable[[Row], list[str]], now: datetime | None = None
) -> list[str]:
    """Return what `look` finds once the change would be made. Nothing is stored, and nobody is mailed.

    Empty where it can't be made.
    """
    try:
        with transaction.atomic():
            key = wanted.row.pk
            moment = now or timezone.now()
            row = write_entry(
                wanted.kind, wanted.act, key, wanted.before, wanted.after, by=by, now=moment, is_preview=True
            )
            found = look(row)
            transaction.set_rollback(True)
    except ValidationError:
        return []
    return found


def _apply(change: DirectoryChange, *, by: User, now: datetime) -> None:
    values = change.values
    row = write_entry(change.kind, change.act, change.entry_id, values["before"], values["after"], by=by, now=now)
    if change.act != Act.DELETE:
        change.entry_id = row.pk
        change.office = get_office(row)
    change.save(update_fields=["entry_id", "office"])


def _undo(change: DirectoryChange, *, by: User, now: datetime) -> None:
    """Undo an emergency: old values again; what was added ends or is inactive; what was deleted is added again."""
    try:
        _revert(change, by=by, now=now)
    except ChangedMeanwhile:
        raise ChangedMeanwhile(
            _("Something else was changed in this entry since. Put it right there; this can't be undone by itself.")
        ) from None


def _revert(change: DirectoryChange, *, by: User, now: datetime) -> None:
    values, key = change.values, change.entry_id
    if change.act == Act.CHANGE:
        write_entry(change.kind, Act.CHANGE, key, values["after"], values["before"], by=by, now=now)
    elif change.act == Act.DELETE:
        write_entry(change.kind, Act.ADD, None, {}, values["before"], by=by, now=now)
    elif change.kind in (ChangedKind.PARTNER, ChangedKind.CONTACT, ChangedKind.WAY):
        write_entry(change.kind, Act.CHANGE, key, {"is_active": True}, {"is_active": False}, by=by, now=now)
    elif change.kind == ChangedKind.AGREEMENT:
        today = timezone.localdate(now).isoformat()
        write_entry(change.kind, Act.CHANGE, key, {"withdrawn_on": None}, {"withdrawn_on": today}, by=by, now=now)
    elif parse_datetime(values["after"]["starts_at"]) > now:  # type: ignore[operator]  # written by values_of
        write_entry(change.kind, Act.DELETE, key, {}, {}, by=by, now=now)
    else:  # it has begun: it ends now, and who was on duty until now stays to be read
        write_entry(change.kind, Act.CHANGE, key, {}, {"ends_at": next_minute(now).isoformat()}, by=by, now=now)


def write_entry(
    kind: str,
    act: str,
    key: int | None,
    before: Values,
    after: Values,
    *,
    by: User,
    now: datetime,
    is_preview: bool = False,
) -> Row:
    """Add, change or delete the row. Raises ChangedMeanwhile when the fields aren't as `before` says.

    Whoever answers a notice holds its escalation chain and waits for the audit chain, so escalation chains are locked
    here before the first entry is written. `is_preview`: only the row, which the caller rolls back.
    """
    row = _get_unchanged_row(kind, key, before) if act != Act.ADD else MODELS[kind]()
    if act == Act.DELETE:
        return _delete(row, kind, by=by, now=now, is_preview=is_preview)
    several = apply_values(row, _end_no_earlier_than_now(row, after, now) if act == Act.CHANGE else after)
    tested = _needs_test(row, act, after, now)
    if isinstance(row, Leave) and act == Act.ADD:
        row.entered_by = by
    if act == Act.CHANGE:
        row.version += 1
    _check(row, after)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise ValidationError(_("This can't be saved beside what the directory holds now.")) from error
    for name, keys in several.items():
        getattr(row, name).set(keys)
    if is_preview:
        return row
    if isinstance(row, Contact) and act == Act.CHANGE and ENDS_LINKS & set(after):
        # Its receiver locks escalation chains, so it comes before the first audit entry.
        signals.contact_changed.send(sender=Contact, contact=row)
    log_event(
        f"directory.{kind}_{'added' if act == Act.ADD else 'changed'}",
        actor=get_actor(by),
        target_kind=kind,
        target_id=row.pk,
        fields=[name for name in _names(after) if name != "pin"],
    )
    log_action(row, "wagtail.create" if act == Act.ADD else "wagtail.edit", user=by)
    if "pin_hash" in after:
        log_event("directory.pin_set", actor=get_actor(by), target_kind="contact", target_id=row.pk)
    if tested and isinstance(row, Contact):
        signals.contact_untested.send(sender=Contact, contact=row)
    elif tested:
        signals.way_untested.send(sender=ContactWay, way=row)
    return row


def _get_unchanged_row(kind: str, key: int | None, before: Values) -> Row:
    found: Row | None = MODELS[kind]._default_manager.select_for_update(no_key=True).filter(pk=key or 0).first()
    if found is None:
        raise ChangedMeanwhile(GONE)
    stored = {name: value for name, value in get_values(found).items() if name in before}
    if get_difference(stored, before)[1]:
        raise ChangedMeanwhile(CHANGED)
    return found


def _delete(row: Row, kind: str, *, by: User, now: datetime, is_preview: bool) -> Row:
    """Delete a shift or leave that hasn't begun. By what people were notified stays on record."""
    if isinstance(row, (DutyShift, Leave)) and has_begun(row, now):
        raise ChangedMeanwhile(_("This has begun meanwhile. Refuse it, and end it instead."))
    if not is_preview:
        log_event(f"directory.{kind}_deleted", actor=get_actor(by), target_kind=kind, target_id=row.pk)
    key = row.pk
    row.delete()
    # Django clears the key on deleting; the caller still names the row by it.
    row.pk = key
    return row


def _end_no_earlier_than_now(row: Row, after: Values, now: datetime) -> Values:
    """Let a period that was to end "now" end when it is decided: what was until then stays true."""
    end = parse_datetime(after["ends_at"]) if after.get("ends_at") else None
    if isinstance(row, (DutyShift, Leave)) and end is not None and row.starts_at <= now and end < now:
        return {**after, "ends_at": now.replace(second=0, microsecond=0).isoformat()}
    return after


def _needs_test(row: Row, act: str, after: Values, now: datetime) -> bool:
    """Tell whether a contact, or a way to one, needs a test notice; then it doesn't count until that was opened."""
    if isinstance(row, Contact):
        return _needs_contact_test(row, act, after, now)
    if not isinstance(row, ContactWay):
        return False
    if not row.is_active:
        row.ended_at, row.end_reason = now, STOPPED
    elif act == Act.ADD or {"contact", "channel", "address", "is_active"} & set(after):
        row.confirmed_at, row.ended_at, row.end_reason = None, None, ""
        return True
    return False


def _needs_contact_test(contact: Contact, act: str, after: Values, now: datetime) -> bool:
    if "pin_hash" in after:
        contact.pin_set_at = now
    back = after.get("is_active") is True and act == Act.CHANGE
    if act == Act.ADD or NEEDS_TEST & set(after) or back:
        contact.reachable_at = None
        return contact.is_active
    return False


def _check(row: Row, after: Values) -> None:
    """Check what the database can't: offices of regions don't share one, a shift is of its own office's."""
    row.clean()
    if isinstance(row, Partner) and row.is_active:
        _check_single_office(row, after)


def _check_single_office(office: Partner, after: Values) -> None:
    # Locked, so that two decisions at once don't make two. By key, lest two wait for each other.
    beside = Partner.objects.select_for_update(no_key=True).filter(role=office.role, is_active=True)
    active = list(beside.order_by("pk").values_list("pk", flat=True))
    others = Partner.objects.filter(pk__in=active).exclude(pk=office.pk)
    if office.role in (Role.COORDINATOR, Role.MOBILE_UNIT):
        stored = list(office.regions.values_list("pk", flat=True)) if office.pk else []
        if others.filter(regions__in=after.get("regions", stored)).exists():
            raise ValidationError(_("Another active office of this role answers for one of these regions already."))
    office.validate_constraints()


def _names(values: Values) -> list[str]:
    return sorted("pin" if name == "pin_hash" else name for name in values)
