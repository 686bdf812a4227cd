"""A change of a row that waits for a second person: what was asked for, and how it is decided.

A room has a table of its changes (`Change`) and says in a `ChangeHandler` who may decide, and what agreeing does; the
screen is `views.ChangeView`, the mails are `mailing`.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.chain import get_actor, log_event
from vault.fields import SealedJSONField
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .requests import Decision, Request

UNREADABLE = gettext_lazy("What was asked for can't be read. Refuse it, and ask again.")
GONE = gettext_lazy("This entry is gone. Ask again if it is still needed.")
CHANGED = gettext_lazy("This entry was changed after this had been asked for. Refuse it, and ask again.")


class ChangedMeanwhile(ValidationError):
    """Raised when the row is no longer as it was when the change was asked for."""


@dataclass(frozen=True)
class FieldRow:
    """One field of a change in words, as it is and as it is asked for."""

    label: str
    before: str
    after: str


class Change(Request):
    """What one person asked for, and what another one decided.

    `values` is sealed, so that one can show later where calls and notices went, and nobody reads it off a backup:
    {"before": {field: value}, "after": {field: value}, "by": key, …} with only the fields that change, as JSON has
    them; `by` is who asked, so that nobody makes it somebody else's in the database and decides it themselves. Beside
    them the state of its mails (`mailing`). `mailed_at`: when everybody concerned had been mailed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    values = SealedJSONField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=gettext_lazy("asked by")
    )
    asked_at = models.DateTimeField(gettext_lazy("asked at"), default=timezone.now)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.values = {**self.values, "by": self.asked_by_id}
        super().save(*args, **kwargs)

    def sides(self) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return the values before and after; None when they can't be opened, or were asked for by somebody else."""
        try:
            values = self.values
        except (SealBroken, KeyRingError):
            return None
        # One of an earlier release doesn't say who asked.
        return (values["before"], values["after"]) if values.get("by", self.asked_by_id) == self.asked_by_id else None


C = TypeVar("C", bound=Change)


class ChangeHandler(Generic[C]):
    """What is special to one kind of change.

    `action`: what its entries in the record begin with ("place.change"); `target_kind`: how they name it.
    """

    model: type[C]
    action: ClassVar[str]
    target_kind: ClassVar[str]

    def decide(self, *, change: C, agree: bool, by: Any, now: datetime | None = None) -> C:
        """Agree or refuse as the second person. Raises ValidationError, ChangedMeanwhile."""
        moment = now or timezone.now()
        with transaction.atomic():
            self.lock(change)
            locked: C | None = self.model._default_manager.lock_waiting(change.pk)  # type: ignore[attr-defined]
            if locked is None:
                raise ValidationError(_("This has been decided meanwhile. Look again."))
            # Asked again under the lock: a role may have ended since the page was opened.
            self.check_second(locked, by, agree=agree)
            (self.apply if agree else self.undo)(locked, by, moment)
            locked.decide(Decision.AGREED if agree else Decision.REFUSED, by, moment)
            self.log("agreed" if agree else "refused", locked, by, asked_by=locked.asked_by_id)
            # After the commit: no mail server holds up the transaction, and no mail is about what was rolled back.
            transaction.on_commit(partial(self.mail_decision, locked))
        return locked

    @transaction.atomic
    def withdraw(self, *, change: C, by: Any) -> None:
        """Withdraw what one has asked for, before it is decided. Raises ValidationError."""
        locked = self.model._default_manager.select_for_update(of=("self",)).get(pk=change.pk)
        if not self.may_withdraw(locked, by):
            raise ValidationError(_("This can't be withdrawn any more."))
        locked.decide(Decision.WITHDRAWN, by, timezone.now())
        self.log("withdrawn", locked, by)

    def log(self, what: str, change: C, by: Any, **detail: Any) -> None:
        """Enter in the record what happened: asked, made, agreed, refused, withdrawn."""
        detail = {**self.get_detail(change), **detail}
        actor = get_actor(by)
        log_event(f"{self.action}_{what}", actor=actor, target_kind=self.target_kind, target_id=change.pk, **detail)

    # ---- what a kind says ----

    def lock(self, change: C) -> None:
        """Lock what comes before the change itself, in the order in which asking for one locks it."""

    def check_second(self, change: C, by: Any, *, agree: bool) -> None:
        """Raise ValidationError where this person can't decide so."""
        raise NotImplementedError

    def may_withdraw(self, change: C, by: Any) -> bool:
        return change.decision == Decision.WAITING and change.asked_by_id == by.pk

    def apply(self, change: C, by: Any, at: datetime) -> None:
        """Make the change that was agreed to. Raises ValidationError, ChangedMeanwhile."""
        raise NotImplementedError

    def undo(self, change: C, by: Any, at: datetime) -> None:
        """Undo what was refused, where it holds already."""

    def mail_decision(self, change: C) -> None:
        """Mail whoever hears of the decision."""

    def get_detail(self, change: C) -> dict[str, Any]:
        """Return what the record says of a change besides its key: keys and codes, no values."""
        return {}
