"""What was done to scenarios since a second person stood for them, and taking it over with the next approval.

A scenario keeps a draft from being submitted. So that nobody takes the one out of their way that speaks against their
own draft, what one person changes or deletes stays a proposal (docs/adr/0101): whoever approves the draft sees it, with
the scenario as it was approved still held against the draft.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver

from access.languages import Texts
from access.models import User
from audit.chain import SYSTEM, get_actor, log_event
from case_forms.procedures import signals
from case_forms.procedures.definition import parse_procedure
from case_forms.procedures.models import Procedure

from .expectations import ExpectationsRefused, read_expectations
from .models import Scenario

CHANGED, ADDED, DELETED = "changed", "added", "deleted"


@dataclass(frozen=True)
class Change:
    """What somebody did to a scenario since it was approved.

    `approved`: as it was approved; None for one that was added. `scenario`: as it stands now; None for one that was
    deleted. `dropped`, `gained`: what must hold no longer, and what must hold besides, in words. `is_weaker`: it asks
    for less, or tells another story.
    """

    kind: str
    approved: Scenario | None
    scenario: Scenario | None
    by: User | None
    at: datetime
    dropped: tuple[Texts, ...] = ()
    gained: tuple[Texts, ...] = ()
    has_other_story: bool = False
    has_other_title: bool = False

    @property
    def is_weaker(self) -> bool:
        return self.kind == DELETED or bool(self.dropped) or self.has_other_story

    @property
    def title(self) -> str:
        return str(self.approved or self.scenario)


def find_changes(key: str, definition: Mapping[str, Any]) -> list[Change]:
    """Return what was done to the scenarios of this procedure since the last approval, the newest last.

    `definition`: the draft, whose words name the deadlines.
    """
    procedure = parse_procedure(definition)
    rows = Scenario.objects.filter(procedure=key).select_related("changes", "changed_by", "deleted_by")
    return sorted(_iter_changes(rows.filter(Q(is_approved=False) | Q(deleted_at__isnull=False)), procedure), key=_at)


def _at(change: Change) -> datetime:
    return change.at


def _iter_changes(rows: Any, procedure: Any) -> Iterator[Change]:
    for row in rows:
        if row.deleted_at is not None:
            # Deleted and not approved: two people have deleted it.
            if row.is_approved:
                dropped = tuple(_describe(row.expectations, procedure))
                yield Change(DELETED, row, None, row.deleted_by, row.deleted_at, dropped)
        elif row.changes is None:
            gained = tuple(_describe(row.expectations, procedure))
            yield Change(ADDED, None, row, row.changed_by, row.changed_at, gained=gained)
        else:
            before, after = row.changes.expectations, row.expectations
            yield Change(
                CHANGED,
                row.changes,
                row,
                row.changed_by,
                row.changed_at,
                dropped=tuple(_describe([each for each in before if each not in after], procedure)),
                gained=tuple(_describe([each for each in after if each not in before], procedure)),
                has_other_story=row.changes.story != row.story,
                has_other_title=row.changes.title != row.title,
            )


def _describe(expectations: Sequence[Any], procedure: Any) -> Iterator[Texts]:
    try:
        found = read_expectations(list(expectations))
    except ExpectationsRefused:
        return
    for each in found:
        yield each.describe(procedure)


@receiver(signals.approved, dispatch_uid="simulation.approved")
def on_approved(sender: Any, *, procedure: Procedure, submitted_at: datetime, by: User | None, **kwargs: Any) -> None:
    take_over_changes(procedure.key, submitted_at=submitted_at, by=by)


@transaction.atomic
def take_over_changes(key: str, *, submitted_at: datetime, by: User | None) -> None:
    """Let what was proposed before the draft was submitted be what holds.

    What came after that waits on, and so does what the approving person has proposed: nobody approves their own.
    """
    rows = Scenario.objects.select_for_update(of=("self",)).filter(procedure=key).order_by("pk")
    own = by.pk if by is not None else 0
    for row in rows.filter(is_approved=True, deleted_at__lte=submitted_at).exclude(deleted_by=own):
        _note("scenario.deletion_approved", row, by)
        if row.is_seeded:
            Scenario.objects.filter(changes=row).delete()
            row.is_approved = False
            row.save(update_fields=["is_approved"])
        else:
            row.delete()
    proposed = rows.filter(is_approved=False, deleted_at__isnull=True, changed_at__lte=submitted_at)
    for row in proposed.exclude(changed_by=own):
        replaced = row.changes
        row.is_approved, row.changes = True, None
        row.save(update_fields=["is_approved", "changes"])
        if replaced is not None:
            taken = replaced.key
            replaced.delete()
            # It is the same scenario to whoever reads the record, and to an update of the shipped ones.
            Scenario.objects.filter(pk=row.pk).update(key=taken)
            row.key = taken
        _note("scenario.approved", row, by)


def _note(action: str, scenario: Scenario, by: User | None) -> None:
    actor = get_actor(by) if by is not None else SYSTEM
    log_event(action, actor=actor, target_kind="procedure", target_id=scenario.procedure, scenario=scenario.key)
