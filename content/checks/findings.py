"""One finding of a check, and its weight."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

STOP = "stop"
WARN = "warn"
WEIGHTS = {STOP: _("can't be published"), WARN: _("look again")}


@dataclass(frozen=True)
class Finding:
    """One thing to look at. `words` says what it is and how to correct it, `excerpt` where to find it."""

    code: str
    words: Any
    place: str
    excerpt: str = ""
    weight: str = WARN

    @property
    def stops(self) -> bool:
        return self.weight == STOP

    def __str__(self) -> str:
        shown = f"{self.place}: {self.words}"
        return f"{shown} ({self.excerpt})" if self.excerpt else shown
