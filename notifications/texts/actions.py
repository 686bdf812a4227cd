"""Propose a text, and decide about it. Nothing that a recipient reads changes by one person alone.

1. A coordinator proposes a text in every language, says why, and from when. Nothing changes yet.
2. Another one agrees: from that moment, or from the later one that was asked for, messages are worded so. Or refuses.
3. Back to an earlier text is another proposal.

Each step is in the audit chain with the text's key and the version's number, never with its words.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import User
from approvals.requests import Decision
from audit.chain import get_actor, log_event

from .checks import does_fit, find_problems, normalize
from .in_force import kept
from .models import TextVersion
from .registry import TEXTS

MAX_REASON = 300
MAX_AHEAD = timedelta(days=366)


class TextRefused(ValidationError):
    """Raised for a text that can't be proposed. `problems`: {language: sentences}, to stand beside the fields."""

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        super().__init__([sentence for sentences in problems.values() for sentence in sentences])
        self.problems = problems


def get_last_agreed(key: str) -> TextVersion | None:
    """Return the version that takes effect last, now or later; None where nobody changed what is shipped."""
    return TextVersion.objects.agreed().filter(key=key).last()


def get_waiting(key: str) -> TextVersion | None:
    return TextVersion.objects.waiting().filter(key=key).first()


@transaction.atomic
def propose_text(
    *,
    key: str,
    texts: Mapping[str, str],
    reason: str,
    by: User,
    wanted_from: datetime | None = None,
    now: datetime | None = None,
) -> TextVersion:
    """Store a proposal, which changes nothing yet. `texts`: {language: text}; empty for what is shipped.

    Raises TextRefused for what can't be sent, ValidationError for anything else.
    """
    moment = now or timezone.now()
    text = TEXTS.get(key)
    if text is None:
        raise ValidationError(_("There is no such text any more."))
    written = {language: normalize(value) for language, value in texts.items() if value.strip()}
    if written and (problems := find_problems(text, written)):
        raise TextRefused(problems)
    _check_reason(reason)
    if wanted_from is not None and not moment - timedelta(minutes=5) <= wanted_from <= moment + MAX_AHEAD:
        raise ValidationError(_("Choose a moment from now on, within a year."))
    last = get_last_agreed(key)
    if written == (dict(last.texts) if last is not None else {}):
        raise ValidationError(_("This is the text that is in force, or will be. Change something."))
    try:
        with transaction.atomic():
            version = TextVersion.objects.create(
                key=key,
                texts=written,
                words={"reason": reason.strip()},
                replaces=last,
                proposed_by=by,
                proposed_at=moment,
                wanted_from=wanted_from,
            )
    except IntegrityError:
        raise ValidationError(_("Another change of this text waits. Decide about that one first.")) from None
    _log("text.proposed", version, by)
    return version


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError(_("Say why: the one who decides reads it."))
    if len(reason) > MAX_REASON:
        raise ValidationError(_("Say it in {limit} letters.").format(limit=MAX_REASON))


@transaction.atomic
def decide_text(*, version: TextVersion, agree: bool, by: User, answer: str = "", now: datetime | None = None) -> None:
    """Agree or refuse as the second person. Raises ValidationError; then nothing has changed."""
    moment = now or timezone.now()
    locked = _lock(version)
    if locked.proposed_by_id == by.pk:
        raise ValidationError(_("Another person must decide, not the one who proposed it."))
    if len(answer) > MAX_REASON:
        raise ValidationError(_("Say it in {limit} letters.").format(limit=MAX_REASON))
    if agree:
        ensure_may_take_effect(locked)
        locked.in_force_from = max(moment, locked.wanted_from or moment)
    locked.answer(answer)
    decision = Decision.AGREED if agree else Decision.REFUSED
    locked.decide(decision, by, moment, also=("in_force_from",))
    _log("text.agreed" if agree else "text.refused", locked, by, proposed_by=locked.proposed_by_id)
    transaction.on_commit(kept.forget)


def ensure_may_take_effect(version: TextVersion) -> None:
    """Raise ValidationError where agreeing to it would do something else than what was proposed."""
    text = TEXTS.get(version.key)
    if text is None:
        raise ValidationError(_("A release took this text out. Nothing is worded with it any more; refuse it."))
    if not version.is_shipped and not does_fit(text, version.texts):
        raise ValidationError(_("It no longer passes the checks, because a release changed them. Propose it again."))
    if not version.proposed_by.is_active:
        raise ValidationError(_("Whoever proposed it has no account any more. Refuse it, and propose it yourself."))
    last = get_last_agreed(version.key)
    if version.replaces_id != (last.pk if last is not None else None):
        raise ValidationError(_("Another text took effect since it was proposed. Refuse it, and propose it again."))


@transaction.atomic
def withdraw_text(*, version: TextVersion, by: User, now: datetime | None = None) -> None:
    """Withdraw what one has proposed, before it was decided. Raises ValidationError."""
    locked = _lock(version)
    if locked.proposed_by_id != by.pk:
        raise ValidationError(_("Only whoever proposed it can withdraw it."))
    locked.decide(Decision.WITHDRAWN, by, now or timezone.now())
    _log("text.withdrawn", locked, by)


def _lock(version: TextVersion) -> TextVersion:
    locked = TextVersion.objects.lock_waiting(version.pk)
    if locked is None:
        raise ValidationError(_("This has been decided meanwhile. Look again."))
    return locked


def _log(action: str, version: TextVersion, by: User, **detail: Any) -> None:
    log_event(action, actor=get_actor(by), target_kind="text_version", target_id=version.pk, text=version.key, **detail)
