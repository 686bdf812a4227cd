"""Keep the cases about which a sealed fact says something, by opening it: nothing of it is stored in clear anywhere.

A column with the code, or with a keyed hash of it, would tell whoever reads the database which cases are alike, and how
many there are of each; with few kinds that is as good as the code (docs/adr/0121). So the facts of the newest
MAX_LOOKED cases are opened for the one who may read them anyway, and the page says how far was looked.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import structlog
from django.db.models import QuerySet

from access.key_lists import name_keys
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from ..models import Case, CaseFact

MAX_LOOKED = 1_000

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Looked:
    """What was found. `count`: cases that were looked at; `is_all`: whether these were all there are."""

    found: list[UUID] = field(repr=False)
    count: int
    is_all: bool


def keep_with_fact(cases: "QuerySet[Case]", *, key: str, value: str) -> Looked:
    """Return which of the newest of these cases have this among the values of the fact that holds."""
    newest = list(cases.order_by("-opened_at", "-pk").values_list("pk", flat=True)[: MAX_LOOKED + 1])
    looked = newest[:MAX_LOOKED]
    rows = CaseFact.objects.filter(case__in=name_keys(looked), key=key).that_hold().newest_first()
    holding: dict[UUID, CaseFact] = {}
    for row in rows.only("case_id", "value"):
        holding.setdefault(row.case_id, row)
    found = [case for case in looked if case in holding and value in _get_values(holding[case])]
    return Looked(found, len(looked), len(newest) <= MAX_LOOKED)


def _get_values(row: CaseFact) -> list[Any]:
    try:
        value = row.value.get("value")
    except (SealBroken, KeyRingError) as error:
        log.error("case_fact_unreadable", fact=str(row.pk), code=type(error).__name__)
        return []
    return value if isinstance(value, list) else [value]
