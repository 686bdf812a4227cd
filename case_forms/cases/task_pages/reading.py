"""The sealed words of a task that somebody wrote down."""

import structlog

from access.models import localize
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Deadline

TASK_ADDED = "task_added"
BY_HAND_KEY = "by_hand_"  # how the keys of such tasks begin

log = structlog.get_logger(__name__)


def read_text(task: Deadline, language: str | None) -> str:
    """Return what is to be done, as it was written down; "" for a task of a rule, or one that can't be opened."""
    if not task.key.startswith(BY_HAND_KEY) or task.event.kind != TASK_ADDED:
        return ""
    try:
        written = task.event.explanation or []
        return localize(written[0]["words"], language) if written else ""
    except (SealBroken, KeyRingError) as error:
        log.error("task_not_opened", deadline=task.pk, code=type(error).__name__)
        return ""
