"""What one person asks for and another one decides: the half that every table of it shares.

A table adds what is asked for, who asks, its choices of `decision`, and two constraints, so that no fault of ours lets
one person be both: `takes_two` and `decided_whole`.
"""

from datetime import datetime
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

R = TypeVar("R", bound="Request")


class Decision(models.TextChoices):
    WAITING = "waiting", _("waiting")
    AGREED = "agreed", _("agreed")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")
    ALONE = "alone", _("made at once")  # what one person may do, and which is recorded with the others
    ENDED = "ended", _("ended by itself: nobody agreed in time")


def decision_field(*more: Decision) -> "models.CharField[str, str]":
    """Return a field for the four decisions that every request can have, and `more`."""
    names = {Decision.WAITING, Decision.AGREED, Decision.REFUSED, Decision.WITHDRAWN, *more}
    choices = [(each.value, each.label) for each in Decision if each in names]
    return models.CharField(_("decision"), max_length=12, choices=choices, default=Decision.WAITING)


class RequestQuerySet(models.QuerySet[R]):
    def waiting(self) -> Self:
        return self.filter(decision=Decision.WAITING)

    def lock_waiting(self, key: Any) -> R | None:
        """Return the row, locked; None where somebody has decided meanwhile."""
        locked = self.select_for_update(of=("self",)).get(pk=key)
        return locked if locked.decision == Decision.WAITING else None


class Request(models.Model):
    """The second person's half of a request."""

    decision = decision_field()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        abstract = True

    def decide(self, decision: str, by: Any, at: datetime, *, also: tuple[str, ...] = ()) -> None:
        """Save what was decided. `also`: other fields that changed with it."""
        self.decision, self.decided_by, self.decided_at = decision, by, at
        self.save(update_fields=["decision", "decided_by", "decided_at", *also])


class ReasonedRequest(Request):
    """A request with its reason and the second person's answer: `words` is {"reason": …, "answer": …}.

    A table whose requests are about a person or a case seals them.
    """

    words: Any

    class Meta:
        abstract = True

    def answer(self, words: str) -> None:
        """Put the second person's words beside those of the first; without any, nothing. `decide` saves them."""
        if words.strip():
            self.words = {**self.words, "answer": words.strip()}

    def decide(self, decision: str, by: Any, at: datetime, *, also: tuple[str, ...] = ()) -> None:
        """Save what was decided, and the words."""
        super().decide(decision, by, at, also=("words", *also))


def takes_two(name: str, *, alone: tuple[str, ...] = ("waiting", "withdrawn")) -> models.CheckConstraint:
    """Return the constraint that nobody decides what they asked for. `alone`: decisions that one person may make."""
    return models.CheckConstraint(name=name, condition=Q(decision__in=list(alone)) | ~Q(decided_by=F("asked_by")))


def decided_whole(name: str) -> models.CheckConstraint:
    """Return the constraint that who decided and when is known of everything that was decided, and of nothing else."""
    waits = Q(decision="waiting", decided_by__isnull=True, decided_at__isnull=True)
    return models.CheckConstraint(
        name=name,
        condition=waits | (~Q(decision="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
    )
