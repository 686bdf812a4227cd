"""Rate limits of the public pages, counted by the card or region a tip comes from and never by who sends it.

A school shares one address, and whoever we would count we would have to know. So a place has a budget: generous for
those whose browser has worked for it, small for those without JavaScript, who wait instead. What is above the budget
is stored like everything else; the unit looks at it before others are notified. Danger has a reserve of its own.
"""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from access.rate_limits import Limit

from .form_state import FormState
from .models import Spent
from .proof_of_work import compute_digest, factor_for, is_proven

AN_HOUR = timedelta(hours=1)
TRY_WAIT_SECONDS = 2
WRONG_CODES = Limit("asking.wrong_code", 60, AN_HOUR, slots=1)  # everywhere together, without a proof

GOOD, TOO_SOON, TOO_MANY, SPENT = "good", "too_soon", "too_many", "spent"


def sent() -> Limit:
    return Limit("asking.sent", settings.ASKING_PER_HOUR, AN_HOUR, slots=1)


def unproven() -> Limit:
    return Limit("asking.unproven", settings.ASKING_UNPROVEN_PER_HOUR, AN_HOUR, slots=1)


def danger_reserve() -> Limit:
    return Limit("asking.danger", settings.ASKING_DANGER_RESERVE, AN_HOUR, slots=1)


def may_send(sheet: FormState, proof: str) -> str:
    """Return GOOD, or TOO_SOON: neither work nor a moment of patience stands behind it.

    Never that there is too much.
    """
    if is_proven(proof, sheet.secret) or sheet.age >= settings.ASKING_WAIT_SECONDS:
        return GOOD
    return TOO_SOON


def is_above(sheet: FormState, proof: str, *, is_in_danger: bool) -> bool:
    """Count what is just being stored, in its transaction, and say whether it is above what is notified one by one.

    A proof counts when it was as hard as this hour asks for now, whenever its page was opened.
    """
    # Counted even when it is above the budget, so that the work for the next one goes on growing.
    number = sent().hit(sheet.where)
    within = number <= settings.ASKING_PER_HOUR
    # Half: one step of tolerance for a page that was opened just before the work was doubled (ADR 70).
    if not is_proven(proof, sheet.secret, factor=factor_for(number - 1) // 2):
        within = unproven().hit(sheet.where) <= settings.ASKING_UNPROVEN_PER_HOUR and within
    if within:
        return False
    # The reserve is touched only by danger that is above the usual budget.
    return not is_in_danger or danger_reserve().hit(sheet.where) > settings.ASKING_DANGER_RESERVE


def is_flooded(where: str) -> bool:
    """Return whether what comes from here now would wait for the unit to look at it first."""
    return sent().is_used_up(where)


def may_try_code(sheet: FormState, proof: str) -> str:
    """Return whether a receipt code may be tried now: each page is good for one try.

    With a proof always; without one after a moment, and only while few wrong codes have been tried in this hour,
    wherever
    they came from.
    """
    proven = is_proven(proof, sheet.secret, factor=factor_for(WRONG_CODES.used()) // 2)
    if not proven and sheet.age < TRY_WAIT_SECONDS:
        return TOO_SOON
    if not proven and WRONG_CODES.is_used_up():
        return TOO_MANY
    try:
        # In a block of its own: after an IntegrityError PostgreSQL refuses every further statement of a transaction.
        with transaction.atomic():
            Spent.objects.create(digest=compute_digest(sheet.secret))
    except IntegrityError:
        return SPENT
    return GOOD


def minutes_to_the_next_hour() -> int:
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    return int((hour + AN_HOUR - now).total_seconds() // 60) + 1
