"""Actions on staff sessions: begin, lock, unlock by PIN, end one, end all, delete old ones; and setting the PIN."""

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _

from audit.chain import Actor, get_actor, log_event
from audit.removals import note_removed
from vault.keyring import KeyRingError

from ..models import FieldToken, User
from . import duress
from .models import StaffPin, StaffSession

log = structlog.get_logger(__name__)

MAX_WRONG = 5
PIN_DIGITS = 6
FACTOR_GIVEN = "_factor_given_by"  # attribute of the request in which a factor was given
ENROL_SECONDS = 3600  # after an invitation was used, a first factor may be set up in the same session for so long

# Keys of our own values in a session; `locked` has one more.
ROW_KEY = "access.session"  # primary key of its StaffSession
FACTOR_KEY = "access.factor"  # primary key of the user who gave a second factor in this session
INVITED_KEY = "access.invited"  # an invitation that was used in this session: {"user", "at"}

# The order matters: an iPhone's header contains "Mac OS", Android's "Linux".
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
           ("CrOS", "ChromeOS"), ("Linux", "Linux"))  # fmt: skip
# The order matters: Edge, Opera and Samsung Internet say "Chrome" too, and Chrome says "Safari".
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
            ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip


def begin(request: HttpRequest, user: User) -> StaffSession:
    """Record that a session of this person begins, or resumes after it was locked."""
    session = request.session
    found = get_session_rows(request, user).filter(ended_at__isnull=True).first()
    if found is None:
        device = describe_device(request.META.get("HTTP_USER_AGENT", ""))
        found = StaffSession.objects.create(user=user, device=device)
        session[ROW_KEY] = str(found.pk)
    found.started_at = found.seen_at = timezone.now()
    found.wrong_pins, found.in_duress = 0, False
    found.is_locked = StaffPin.objects.filter(user=user, ask_at_sign_in=True).exists()
    found.save(update_fields=["started_at", "seen_at", "wrong_pins", "in_duress", "is_locked"])
    if getattr(request, FACTOR_GIVEN, None) == user.pk:  # set again: signing in has emptied another person's session
        session[FACTOR_KEY] = user.pk
    return found


def get_row(request: HttpRequest) -> str:
    """Return the id of this session's row; "" of none."""
    return str(request.session.get(ROW_KEY, ""))


def get_session_rows(request: HttpRequest, user: User) -> "QuerySet[StaffSession]":
    """Return this session's row, if it belongs to this person."""
    row = get_row(request)
    return StaffSession.objects.filter(pk=row, user_id=user.pk) if row else StaffSession.objects.none()


def record_factor(request: HttpRequest, user: User) -> None:
    """Note that a second factor was given, or first set up, in this session."""
    request.session[FACTOR_KEY] = user.pk
    setattr(request, FACTOR_GIVEN, user.pk)


def has_factor(request: HttpRequest, user: User) -> bool:
    """Whether this person gave a second factor in this session."""
    return bool(request.session.get(FACTOR_KEY) == user.pk)


def record_sign_out(request: HttpRequest, user: User) -> None:
    """End this session's row as signed out."""
    _end(get_session_rows(request, user), StaffSession.Ended.SIGNED_OUT)


def lock(request: HttpRequest, *, by: User | None = None) -> None:
    """Lock this session: nothing can be read in it until it is unlocked. `by` pressed the button; None: it was idle.

    The lock is stored first: a failure to write the audit entry must not leave a screen open that somebody wanted
    locked.
    """
    row = get_row(request)
    if not row:
        return
    if StaffSession.objects.filter(pk=row, is_locked=False).update(is_locked=True) and by is not None:
        try:
            with transaction.atomic():
                log_event("session.locked", actor=get_actor(by), target_kind="user", target_id=by.pk)
        # Swallowed: the lock holds without its audit entry, and the log names what is missing.
        except (DatabaseError, KeyRingError, OSError, ValueError) as failure:
            log.error("lock_not_recorded", code=type(failure).__name__, user=by.pk)


def describe_device(user_agent: str) -> str:
    """Return a text such as "Chrome · Android"; "" where nothing is known.

    Only our own words: nothing that was sent is stored.
    """
    found = (next((word for mark, word in known if mark in user_agent), "") for known in (BROWSERS, SYSTEMS))
    return " · ".join(word for word in found if word)


# ---- ending ----


def end_one(*, user: User, session: UUID, by: User) -> bool:
    """End one of this person's sessions; its pages can't save by their draft's key any more either."""
    with transaction.atomic():
        ended = _end(StaffSession.objects.filter(pk=session, user=user), StaffSession.Ended.BY_OWNER)
        if ended:
            log_event("session.ended", actor=get_actor(by), target_kind="user", target_id=user.pk, session=session)
    return bool(ended)


def end_all(*, user: User, by: User | None, keep: HttpRequest | None = None, why: str = "") -> None:
    """End every session, draft key and token of this person, except the session of `keep`."""
    with transaction.atomic():
        # Part of Django's session hash: raising it ends every session at once, without a list of them.
        User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
        user.session_epoch = User.objects.values_list("session_epoch", flat=True).get(pk=user.pk)
        rows = StaffSession.objects.filter(user_id=user.pk)
        if keep is not None:
            rows = rows.exclude(pk__in=get_session_rows(keep, user).values("pk"))
        count = _end(rows, why or StaffSession.Ended.BY_OWNER)
        tokens = FieldToken.objects.filter(user_id=user.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
        actor = get_actor(by) if by is not None else Actor("system")
        log_event(
            "session.ended_all", actor=actor, target_kind="user", target_id=user.pk, sessions=count, tokens=tokens
        )
    if keep is not None:
        # Otherwise the session that is kept would end by the new hash, too.
        update_session_auth_hash(keep, user)


def _end(rows: Any, why: str) -> int:
    return int(rows.filter(ended_at__isnull=True).update(ended_at=timezone.now(), ended_why=why))


def delete_unused_sessions(_argument: Any = None) -> int:
    """Delete sessions that nobody has used for STAFF_SESSION_DAYS, and Django's that are over. Returns how many."""
    now = timezone.now()
    over = Session.objects.filter(expire_date__lt=now).delete()[0]
    unused = StaffSession.objects.filter(seen_at__lt=now - timedelta(days=settings.STAFF_SESSION_DAYS)).delete()[0]
    return note_removed("sessions", over) + note_removed("staff_sessions", unused)


def is_alive(row: str) -> bool:
    """Whether text typed in this session's pages may still be saved by a draft key.

    True until somebody ends that session. Signing out there, or its expiry, doesn't discard what was typed before.
    """
    found = StaffSession.objects.filter(pk=row).values_list("ended_why", flat=True).first() if row else ""
    return found in ("", StaffSession.Ended.SIGNED_OUT)


# ---- the PIN ----


def set_pin(*, user: User, pin: str, duress_pin: str = "", ask_at_sign_in: bool = False) -> None:
    """Set the PIN, and a duress PIN or none. Raises ValidationError."""
    check_pin(pin)
    if duress_pin:
        check_pin(duress_pin)
        if duress_pin == pin:
            raise ValidationError(_("The two PINs must differ."))
    with transaction.atomic():
        StaffPin.objects.update_or_create(
            user=user,
            defaults={
                "pin": make_password(pin),
                # A hash of a random text where none was chosen, so that the table doesn't show who has one.
                "duress": make_password(duress_pin or get_random_string(32)),
                "ask_at_sign_in": ask_at_sign_in or bool(duress_pin),
                "changed_at": timezone.now(),
            },
        )
        # Not whether there is a duress PIN: auditors read the chain.
        log_event("account.pin_set", actor=get_actor(user), target_kind="user", target_id=user.pk)


def remove_pin(*, user: User) -> None:
    """Remove the PIN, and the duress PIN with it."""
    with transaction.atomic():
        if StaffPin.objects.filter(user=user).delete()[0]:
            log_event("account.pin_removed", actor=get_actor(user), target_kind="user", target_id=user.pk)


def check_pin(pin: str) -> None:
    """Refuse a PIN of another shape, or one that attackers try first. Raises ValidationError."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        raise ValidationError(_("Write six digits."))
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    halves = pin[:3] == pin[3:] or pin[:2] == pin[2:4] == pin[4:] or pin[:3] == pin[:2:-1]
    pairs = all(pin[at] == pin[at + 1] for at in (0, 2, 4))
    if len(set(pin)) < 3 or (len(steps) == 1 and steps & {0, 1, 9}) or halves or pairs:
        raise ValidationError(_("This PIN is easy to guess. Choose another one."))


def try_pin(request: HttpRequest, user: User, pin: str) -> str:
    """Unlock this session by PIN: "open", "wrong", or "ended" after too many attempts.

    The attempt is counted before it is compared. The duress PIN opens in the same way, into a session in which there is
    nothing to see (`access.sessions.duress`).
    """
    row = get_session_rows(request, user).filter(ended_at__isnull=True)
    if not row.filter(wrong_pins__lt=MAX_WRONG).update(wrong_pins=F("wrong_pins") + 1):
        return _end_after_wrong_pins(request, user)
    chosen = StaffPin.objects.filter(user=user).first()
    hashes = (chosen.pin, chosen.duress) if chosen is not None else ("", "")
    is_pin, is_duress = (check_password(pin, each) for each in hashes)  # always both: the time must not differ
    if not (is_pin or is_duress):
        log_event("session.wrong_pin", actor=get_actor(user), target_kind="user", target_id=user.pk)
        return "wrong" if row.filter(wrong_pins__lt=MAX_WRONG).exists() else _end_after_wrong_pins(request, user)
    with transaction.atomic():  # no duress session without an alarm: if it can't be stored, the session stays locked
        if is_pin:
            log_event("session.unlocked", actor=get_actor(user), target_kind="user", target_id=user.pk)
        else:
            duress.call_for_help(user)
        row.update(wrong_pins=0, seen_at=timezone.now(), is_locked=False, in_duress=not is_pin)
    # A copy of the cookie from before the unlocking is worth nothing afterwards.
    request.session.cycle_key()
    return "open"


def _end_after_wrong_pins(request: HttpRequest, user: User) -> str:
    with transaction.atomic():
        if _end(get_session_rows(request, user), StaffSession.Ended.WRONG_PINS):
            log_event("session.ended_wrong_pins", actor=get_actor(user), target_kind="user", target_id=user.pk)
    request.session.flush()
    return "ended"


# ---- an invitation, and the first factor ----


def record_invitation(request: HttpRequest, user: User) -> None:
    """Note in the session that this person's invitation was used in it."""
    request.session[INVITED_KEY] = {"user": user.pk, "at": int(time.time())}


def may_enrol_first(request: HttpRequest, user: User) -> bool:
    """Whether this person may set up a first second factor here.

    It needs the invitation: whoever only knows the password could otherwise set up their own. Whoever gave the previous
    factor in this session may replace it. `is_demo` counts only where demo accounts exist: the database could say so of
    anybody.
    """
    used = request.session.get(INVITED_KEY) or {}
    return (
        (settings.SANDBOX and user.is_demo)
        or has_factor(request, user)
        or (used.get("user") == user.pk and time.time() - used.get("at", 0) < ENROL_SECONDS)
    )
