"""The texts in force: what is shipped, and over it the last version that two people agreed to.

Read in one query and kept by the process for KEPT_SECONDS, whatever number of notices goes out. A version's moment is
looked at for each message, so one that was agreed to earlier takes effect on time.

A stored text that no longer passes its checks, or can't be filled, is passed over for what is shipped: a notice is
never lost for its words. That is logged for the operator, and `check_readiness` names it.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import structlog
from django.utils import translation

from access.languages import DEFAULT_LANGUAGE, LANGUAGES
from audit import clock

from .checks import does_fit
from .definitions import Text
from .filling import NotFilled, fill
from .models import TextVersion
from .registry import TEXTS
from .senders import NAMED, Sender, find_telling

KEPT_SECONDS = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class StoredText:
    """A version that two people agreed to. `texts`: {language: text}, empty for what is shipped; `fits`: as checked."""

    number: int
    key: str
    texts: Mapping[str, str]
    from_: datetime
    fits: bool


class _Kept:
    """What this process read last, and when."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._by_key: dict[str, list[StoredText]] = {}
        self._checked: dict[int, bool] = {}  # a version never changes, and neither does the code of a process

    def get(self) -> Mapping[str, list[StoredText]]:
        with self._lock:
            if self._read_at is None or time.monotonic() - self._read_at >= KEPT_SECONDS:
                self._by_key = self._read()
                self._read_at = time.monotonic()
            return self._by_key

    def forget(self) -> None:
        """Read again the next time; in this process only."""
        with self._lock:
            self._read_at = None
            self._checked.clear()

    def _read(self) -> dict[str, list[StoredText]]:
        """Read every version that was agreed to, by key, in the order in which they take effect. One query."""
        by_key: dict[str, list[StoredText]] = {}
        for version in TextVersion.objects.agreed().only("pk", "key", "texts", "in_force_from"):
            text = TEXTS.get(version.key)
            if text is None or version.in_force_from is None:
                continue  # a release took the text out; nothing sends it any more
            if version.pk not in self._checked:
                self._checked[version.pk] = _check(text, version)
                if not self._checked[version.pk]:
                    log.error("text_no_longer_fits", text=version.key, version=version.pk)
            fits = self._checked[version.pk]
            stored = StoredText(version.pk, version.key, version.texts, version.in_force_from, fits)
            by_key.setdefault(version.key, []).append(stored)
        return by_key


def _check(text: Text, version: TextVersion) -> bool:
    try:
        return version.is_shipped or does_fit(text, version.texts)
    except Exception as error:  # noqa: BLE001  # one bad row mustn't stop the notices that all others word
        log.error("text_unreadable", text=version.key, version=version.pk, code=type(error).__name__)
        return False


kept = _Kept()


def get_in_force(key: str, now: datetime) -> StoredText | None:
    """Return the version in force at a moment; None where that is what is shipped, and nobody ever changed it."""
    if clock.is_imagined():
        return None  # a story sends nothing, and its database has none
    begun = [each for each in kept.get().get(key, ()) if each.from_ <= now]
    return begun[-1] if begun else None


def find_broken(now: datetime) -> list[StoredText]:
    """Return the versions in force that no longer pass their checks: what is shipped stands in their place."""
    found = (get_in_force(key, now) for key in TEXTS)
    return [each for each in found if each is not None and not each.fits]


@cache
def get_shipped(key: str, language: str, *, is_neutral: bool = False) -> str:
    """Return the shipped text. In a language without a catalogue that is the default language's."""
    text = TEXTS[key]
    with translation.override(language if language in LANGUAGES else DEFAULT_LANGUAGE):
        return str(text.neutral if is_neutral and text.neutral is not None else text.shipped)


class Wording:
    """The words of one message: each text in its language at its moment. `numbers`: versions that it was worded with.

    `sender`: by which names the service writes to this recipient. `trial`: {key: {language: text}}, texts that are only
    tried, for a preview.
    """

    def __init__(
        self,
        language: str,
        now: datetime,
        *,
        sender: Sender = NAMED,
        trial: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self.language = language if language in LANGUAGES else DEFAULT_LANGUAGE
        self.sender = sender
        with translation.override(self.language):
            self._names = {"sender": str(sender.brand), "of_organisation": str(sender.of_organisation)}
        self.numbers: set[int] = set()
        self._now, self._trial = now, trial or {}

    def say(self, key: str, /, **values: str) -> str:
        """Return the text with its values. Never fails for a stored text's sake.

        A neutral sender says nothing that tells who writes: a text that would is passed over for what is shipped.
        """
        if self.sender.is_neutral and TEXTS[key].neutral == "":
            return ""
        values = {**self._names, **values}
        tried = self._trial.get(key, {}).get(self.language)
        if tried and self._may_be_said(tried):
            return fill(tried, values)
        stored = get_in_force(key, self._now) if key not in self._trial else None
        written = stored.texts.get(self.language, "").strip() if stored is not None and stored.fits else ""
        if stored is not None and written and self._may_be_said(written):
            try:
                said = fill(written, values)
            except NotFilled as missing:
                log.error("text_not_filled", text=key, version=stored.number, placeholder=str(missing))
            else:
                self.numbers.add(stored.number)
                return said
        return fill(get_shipped(key, self.language, is_neutral=self.sender.is_neutral), values)

    def _may_be_said(self, written: str) -> bool:
        return not self.sender.is_neutral or not find_telling(written)


def write_numbers(numbers: Iterable[int]) -> str:
    """Return how an attempt names the versions that it was worded with: "3 17"; "" for what is shipped."""
    return " ".join(str(number) for number in sorted(numbers))[:200]
