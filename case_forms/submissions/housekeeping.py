"""Hourly clean-up, run by a `bulk` worker and enqueued by the sweeper (settings.HOUSEKEEPING)."""

from collections.abc import Callable
from typing import Any

import structlog
from django.utils import timezone

from audit.put_aside import for_each_row
from case_forms.cases.facts.risk import fill_in_risk

from .attachments.actions import tidy_attachments
from .case_purge import forget_due_cases, forget_submissions_without_case
from .drafts.ending import end_old_drafts
from .drill_ending import end_old_drills
from .erasure_proof import prove_erasures
from .exports.actions import tidy_exports
from .purge import forget_due

log = structlog.get_logger(__name__)


def tidy(_argument: Any = None) -> None:
    """Delete expired exports and unreferenced files, purge answers and cases whose retention is over, end old drafts.

    They are independent: when one fails, the others are still done. Idempotent.
    """
    now = timezone.now()
    steps: dict[str, Callable[[], Any]] = {
        "intake.exports": lambda: tidy_exports(now),
        "intake.answers": lambda: forget_due(timezone.localdate(now)),
        "intake.cases": lambda: forget_due_cases(timezone.localdate(now)),
        "intake.forms": lambda: forget_submissions_without_case(timezone.localdate(now)),
        "intake.drafts": lambda: end_old_drafts(now),
        "intake.drills": lambda: end_old_drills(now),
        "intake.risk": fill_in_risk,
        "intake.attachments": lambda: tidy_attachments(now),
        # After those: what a crash left behind is no trace of an erased case.
        "intake.erasures": lambda: prove_erasures(now),
    }
    done: dict[str, Any] = {}

    def do(name: str) -> None:
        done[name.partition(".")[2]] = steps[name]()

    for_each_row("housekeeping", steps, do, at=now)
    log.info("tidied", **done)
