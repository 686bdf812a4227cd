"""The rows of two cases: given from one to the other when they are merged, and put back when that is undone."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction

from notifications.outbox.models import Notice

from ..models import Case, FormalIdentification

# Stay with the case that they name: they are about the two cases, or found through `Case.merged_into` (the ledger of
# consents may only grow: `models.said_of`).
STAYS = frozenset(
    {"casemerge", "caseaccess", "caselink", "casetransfer", "identityrequest", "identityquestion"}
    | {"identitytoken", "probablematch", "caseassignment", "leadchange", "case"}
    | {"consententry", "sharingdecision"}
)
NOTICES = "outbox.Notice"
STATE_FIELDS = ["status", "child_track", "flags", "formal_identification"]
RESULTS = (FormalIdentification.CONFIRMED, FormalIdentification.NOT_CONFIRMED)


def move_rows(source: Case, target: Case, *, without: dict[str, set[Any]]) -> dict[str, Any]:
    """Give all rows of one case to another. Return {model label: keys} of what was moved."""
    moved: dict[str, Any] = {}
    for relation in Case._meta.related_objects:
        model, field = relation.related_model, relation.field.name
        if model._meta.model_name in STAYS:
            continue
        rows = model._base_manager.filter(**{field: source}).exclude(pk__in=without.get(model._meta.label, ()))
        if keys := _repoint(model, field, list(rows.values_list("pk", flat=True)), target.pk):
            moved[f"{model._meta.label}.{field}"] = [str(key) for key in keys]
    keys = list(Notice.objects.filter(case_id=source.pk).values_list("pk", flat=True))
    Notice.objects.filter(pk__in=keys).update(case_id=target.pk)
    moved[f"{NOTICES}.case_id"] = [str(key) for key in keys]
    return moved


def _repoint(model: type[models.Model], field: str, keys: list[Any], case_id: UUID) -> list[Any]:
    """Let these rows belong to a case. Return those that do; one that is there already stays where it is."""
    rows = model._base_manager
    try:
        with transaction.atomic():
            rows.filter(pk__in=keys).update(**{field: case_id})
        return keys
    except IntegrityError:
        return [key for key in keys if _repoint_one(rows, field, key, case_id)]


def _repoint_one(rows: Any, field: str, key: Any, case_id: UUID) -> bool:
    try:
        with transaction.atomic():
            return bool(rows.filter(pk=key).update(**{field: case_id}))
    except IntegrityError:
        return False


def put_back(label: str, keys: list[str], kept: Case, duplicate: Case) -> None:
    model_label, _dot, field = label.rpartition(".")
    if model_label == NOTICES:
        Notice.objects.filter(pk__in=keys, case_id=kept.pk).update(case_id=duplicate.pk)
        return
    model = next(
        relation.related_model
        for relation in Case._meta.related_objects
        if relation.related_model._meta.label == model_label and relation.field.name == field
    )
    # Only what still belongs to the kept case: a row that went on elsewhere isn't fetched from there.
    model._base_manager.filter(pk__in=keys, **{field: kept.pk}).update(**{field: duplicate.pk})


def take_over_state(kept: Case, duplicate: Case, status: str) -> dict[str, Any]:
    """Let the kept case be a child's if either was, have this status, every flag, and how far identification is."""
    before = {name: getattr(kept, name) for name in STATE_FIELDS}
    kept.status = status
    kept.child_track = kept.child_track or duplicate.child_track
    kept.flags = {**duplicate.flags, **kept.flags}
    if kept.formal_identification not in RESULTS:
        kept.formal_identification = max(
            kept.formal_identification, duplicate.formal_identification, key=FormalIdentification.values.index
        )
    kept.save(update_fields=STATE_FIELDS)
    return {"before": before, "after": {name: getattr(kept, name) for name in STATE_FIELDS}}


def give_back_state(kept: Case, state: dict[str, Any]) -> None:
    """Put back what the merge changed, unless somebody has changed it since."""
    for name, before in state.get("before", {}).items():
        if getattr(kept, name) == state["after"][name]:
            setattr(kept, name, before)
    kept.save(update_fields=STATE_FIELDS)
