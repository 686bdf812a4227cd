"""Changes of the catalogue of facts: made at once, or asked for by one coordinator and agreed to by another.

What would let other people have a fact, or protect it less, could turn it against the person that it is about: the
receivers, and a lower sensitivity. It waits in the entry until another coordinator agrees. Everything else takes one.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import StaffRole, User
from audit.chain import get_actor, log_event

from .fact_types import is_less_sensitive
from .models import CaseFactType, FormVersion

Values = dict[str, Any]


def get_waiting_values(entry: CaseFactType, wanted: Values) -> Values:
    """Return what of the wanted values takes a second person.

    `entry`: as it stands. Nobody may receive a new fact, and it is of the special category, until somebody agreed.
    """
    waiting: Values = {}
    if sorted(wanted["receivers"]) != sorted(entry.receivers):
        waiting["receivers"] = sorted(wanted["receivers"])
    if is_less_sensitive(wanted["sensitivity"], entry.sensitivity):
        waiting["sensitivity"] = wanted["sensitivity"]
    return waiting


@transaction.atomic
def save_fact(*, entry: CaseFactType, wanted: Values, by: User) -> CaseFactType:
    """Save an entry: at once what one person may do, and as a request what takes two. Audited.

    `entry`: with its other fields changed and not saved yet; its receivers and sensitivity are still the old ones.
    A request that waits is replaced: two are never agreed to at once.
    """
    is_new = entry.pk is None
    waiting = get_waiting_values(entry, wanted)
    if "sensitivity" not in waiting:
        entry.sensitivity = wanted["sensitivity"]
    # what waits already stays, when the same is still asked for: its first author must not agree to it
    if not waiting or waiting != entry.pending:
        _wait(entry, waiting or None, by)
    entry.save()
    log_event(
        "case_fact_type.made" if is_new else "case_fact_type.changed",
        actor=get_actor(by),
        target_kind="casefacttype",
        target_id=entry.pk,
        fact=entry.key,
        waits=sorted(waiting),
    )
    return entry


@transaction.atomic
def decide_change(*, entry: CaseFactType, agree: bool, by: User) -> None:
    """Agree to what waits, or refuse it, as another coordinator. Raises ValidationError when that can't be done."""
    locked = CaseFactType.objects.select_for_update().get(pk=entry.pk)
    if locked.pending is None:
        raise ValidationError(_("This has been decided meanwhile. Look again."))
    if not may_decide(locked, by):
        raise ValidationError(_("Another coordinator must decide, not the one who asked."))
    asked_by, values = locked.pending_by_id, locked.pending
    if agree:
        # asked again: a form may have been published since that shares it with a role that is to go
        raise_if_still_shared(locked.key, values.get("receivers", locked.receivers))
        for name, value in values.items():
            setattr(locked, name, value)
    _wait(locked, None, by)
    locked.save()
    log_event(
        "case_fact_type.agreed" if agree else "case_fact_type.refused",
        actor=get_actor(by),
        target_kind="casefacttype",
        target_id=locked.pk,
        fact=locked.key,
        fields=sorted(values),
        asked_by=asked_by,
    )


def may_decide(entry: CaseFactType, user: User) -> bool:
    """Return whether this person may agree to what waits: a coordinator who didn't ask for it."""
    return entry.pending is not None and entry.pending_by_id != user.pk and user.has_role(StaffRole.COORDINATOR)


def raise_if_still_shared(key: str, receivers: list[str]) -> None:
    """Raise ValidationError while a published form shares this fact with a role that isn't among the receivers."""
    sharing = {
        f"{version.title} ({role})"
        for version in FormVersion.objects.newest()
        for located in version.parsed_form.iter_questions()
        if located.question.filled_from_fact == key
        for role in located.question.shared_with
        if role not in receivers
    }
    if sharing:
        words = _("Published forms share it with a role that is missing here: %(forms)s.")
        raise ValidationError(words % {"forms": ", ".join(sorted(sharing))})


def _wait(entry: CaseFactType, values: Values | None, by: User) -> None:
    entry.pending = values
    entry.pending_by = by if values else None
    entry.pending_at = timezone.now() if values else None
