"""Proof of an erasure: once the purge has carried it out, look for what it should have left nowhere.

Looked at are, for the case and those that were merged into it:

    rows        every sealed column there is, for a value under the case's key; and each row that belongs to the case,
                for a value that still opens and isn't what takes the place of erased words: answers, names, briefs,
                messages, reasons, the PDFs of briefs and papers
    files       files in the folder of attachments that are older than the erasure and that no row names
    indexes     the blind index of persons, and what is known of the person
    drafts      what is half written about it
    key         the file of the case's key, and whether its row says that it is destroyed

What is found is counted, never read out: the log gets names of tables and columns, and numbers. Anything that is left
is an error of this program: it is put aside, which operators see, and looked at again.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, models, transaction
from django.db.models import Q

from audit.chain import log_event
from audit.put_aside import for_each_row, get_put_aside_keys
from case_forms.cases.models import Case, CaseFact, IdentityToken, RightsRequest
from case_forms.cases.rights.actions import note_proved
from notifications.briefs.erasing import is_erased
from vault import data_keys, rotation
from vault.fields import SealedField
from vault.keyring import KeyRingError
from vault.models import DataKey
from vault.seal import SealBroken

from .attachments.storage import GRACE, left_behind
from .exports.models import AnswerExport
from .models import Attachment, Draft

PROVE = "case.prove_erasure"  # what is put aside when something is left
AT_MOST = 20  # in one pass

log = structlog.get_logger(__name__)


class SomethingLeft(Exception):
    """An erasure that left something. The text names places and counts, never content."""


def prove_erasures(now: datetime) -> int:
    """Look at each erasure that was carried out and isn't proved yet. Return how many are proved now.

    Lists that were exported before may hold the case for some hours: it is looked at once these are deleted.
    """
    waiting = RightsRequest.objects.unproved().exclude(pk__in=get_put_aside_keys(PROVE, now))
    begun = Q(started_at__isnull=False, ready_at__isnull=True, failed="")
    lists = AnswerExport.objects.filter(Q(parts__isnull=False) | begun)
    oldest = lists.order_by("created_at").values_list("created_at", flat=True).first()
    if oldest is not None:
        waiting = waiting.filter(case__forgotten_at__lt=oldest)
    keys = list(waiting.order_by("case__forgotten_at").values_list("pk", flat=True)[:AT_MOST])
    return for_each_row(PROVE, keys, lambda key: _prove(key, now), at=now)


def find_left(case: Case) -> tuple[dict[str, int], int]:
    """Return ({place: how many were found there}, how many places were looked at) for a forgotten case."""
    owners = [case.pk, *Case.objects.filter(merged_into=case).values_list("pk", flat=True)]
    looked = dict(_iter_looked(case, owners))
    return {place: count for place, count in looked.items() if count}, len(looked)


def _prove(key: UUID, now: datetime) -> bool:
    request = RightsRequest.objects.select_related("case").defer("words").get(pk=key)
    left, looked = find_left(request.case)
    if left:
        log.error("erasure_left_something", request=str(key), left=left)
        raise SomethingLeft(", ".join(f"{place}: {count}" for place, count in sorted(left.items())))
    with transaction.atomic():
        note_proved(request, looked, now)
        log_event(
            "rights.erased", target_kind="case", target_id=request.case_id, request=str(key), looked=looked, found=0
        )
    return True


def _iter_looked(case: Case, owners: list[UUID]) -> Iterator[tuple[str, int]]:
    for model, fields in rotation.sealed_fields():
        for field in fields:
            count = sum(_count_under_key(model, field, owner) for owner in owners)
            yield f"{model._meta.db_table}.{field.column}", count + _count_words(model, field, owners)
    assert case.forgotten_at is not None
    yield "attachments", Attachment.objects.filter(submission__case__in=owners).count()
    # All that were there before: whatever no row names should have gone with its row.
    yield "attachment files", len(left_behind(case.forgotten_at + GRACE))
    yield "index of persons", IdentityToken.objects.filter(case__in=owners).count()
    yield "known facts", CaseFact.objects.filter(case__in=owners).count()
    yield "drafts", Draft.objects.open().filter(case__in=owners).count()
    yield "keys", sum(not data_keys.is_gone(owner) for owner in owners)
    yield "rows of keys", DataKey.objects.filter(owner__in=owners, destroyed_at__isnull=True).count()


def _count_under_key(model: type[models.Model], field: SealedField, owner: UUID) -> int:
    """Count the values of a column that stand under this owner's key, whatever row they are in."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM {quote(model._meta.db_table)} WHERE {quote(str(field.column))} LIKE %s",  # noqa: S608
            [f"v3.{owner.hex}.%"],
        )
        count: int = cursor.fetchone()[0]
    return count


def _count_words(model: type[models.Model], field: SealedField, owners: list[UUID]) -> int:
    """Count these owners' rows whose value opens and says something: from before cases had keys, or written late."""
    if not field.owner:
        return 0
    path = field.owner.replace(".", "__")
    rows = model._base_manager.filter(**{f"{path}__in": owners, f"{field.attname}__isnull": False})
    return sum(_says_something(row, field) for row in rows.iterator())


def _says_something(row: Any, field: SealedField) -> bool:
    if isinstance(row, RightsRequest) and field.attname == "document":
        return not row.is_erasing  # the person's paper about this, which quotes nothing
    try:
        value = getattr(row, field.attname)
    except (SealBroken, KeyRingError):
        return False  # it opens for nobody; under the case's own key it was counted already
    return bool(value) and not is_erased(value)
