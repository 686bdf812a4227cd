"""What one person asks for and another one decides: a closing, another status, a form of another case, a text.

The tables differ in what is asked for, and by whom it may be decided. That a decision is there whole or not at
all, that the first one who decides is the only one, and where the second person's words go, is the same.
"""

from datetime import datetime
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .models import User

WAITING = "waiting"  # of each `decision`, as long as nobody has decided
DECIDED = ("decision", "decided_by", "decided_at", "words")  # what `decide` saves
M = TypeVar("M", bound="AskedOfAnother")


class AskedQuerySet(models.QuerySet[M]):
    def waiting(self) -> Self:
        return self.filter(decision=WAITING)

    def lock_waiting(self, key: Any) -> M | None:
        """Return the row, locked; None where somebody has decided meanwhile."""
        locked = self.select_for_update(of=("self",)).get(pk=key)
        return locked if locked.decision == WAITING else None


class AskedOfAnother(models.Model):
    """The second person's half. A model adds its choices of `decision`, and its sealed `words`: {"answer": …} too."""

    decision: Any
    words: Any
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        abstract = True

    def answer(self, words: str) -> None:
        """Put the second person's words beside those of the first; without any, nothing. `decide` saves them."""
        if words.strip():
            self.words = {**self.words, "answer": words.strip()}

    def decide(self, decision: str, by: User, at: datetime, *, also: tuple[str, ...] = ()) -> None:
        """Save what was decided. `also`: other fields that changed with it."""
        self.decision, self.decided_by, self.decided_at = decision, by, at
        self.save(update_fields=[*DECIDED, *also])


def build_decided_whole(name: str) -> models.CheckConstraint:
    """Return the constraint that who decided and when is known of everything that was decided, and of nothing else."""
    waits = Q(decision="waiting", decided_by__isnull=True, decided_at__isnull=True)
    return models.CheckConstraint(
        name=name,
        condition=waits | (~Q(decision="waiting") & Q(decided_by__isnull=False, decided_at__isnull=False)),
    )
