"""Snapshots of the record of processing: one whenever it has changed since the newest.

Taken when a version of a form or procedure is committed, and each hour for what changes by itself: a version whose day
has come, a setting of the service. Nothing depends on the first; what it missed, the second makes up for.
"""

from typing import Any

import structlog
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from audit import clock
from audit.chain import log_event
from case_forms.form_builder.models import FormVersion
from case_forms.procedures.models import ProcedureVersion

from .models import ProcessingSnapshot
from .record import build_record, compute_sha

log = structlog.get_logger(__name__)


@transaction.atomic
def take_snapshot() -> ProcessingSnapshot | None:
    """Store the record if it has changed. Return the new snapshot, None when nothing has changed."""
    record = build_record()
    sha = compute_sha(record)
    newest = ProcessingSnapshot.objects.only("sha256").first()
    if newest is not None and newest.sha256 == sha:
        return None
    made = ProcessingSnapshot.objects.create(at=clock.now(), sha256=sha, content=record)
    log_event("processing.snapshot", target_kind="processing_snapshot", target_id=made.pk, sha256=sha)
    return made


def tidy(_argument: Any = None) -> None:
    """Take the hourly snapshot (settings.HOUSEKEEPING)."""
    take_snapshot()


@receiver(post_save, sender=FormVersion)
@receiver(post_save, sender=ProcedureVersion)
def _after_publishing(sender: Any, created: bool = False, using: str = "default", **kwargs: Any) -> None:
    if not created or using != "default":
        return
    # Once for each transaction: seeding publishes all forms in one, and each record reads them all.
    queued = transaction.get_connection().run_on_commit
    if all(entry[1] is not take_snapshot for entry in queued):
        # After the commit, and robust: a record that can't be made keeps nobody from publishing.
        transaction.on_commit(take_snapshot, robust=True)
