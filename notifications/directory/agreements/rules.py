"""For which roles an agreement counts, and for which it is required: shipped data, and what was switched on.

The data (`data/agreement_rules.json`) say what can be required and what is proposed. Required is only what two people
have switched on (`AgreementRule`), so an upgrade silences nobody.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import QuerySet

from access.languages import Texts

from .models import AgreementRule

DATA = Path(__file__).parents[1] / "data" / "agreement_rules.json"
LAW, PLACE, CONSENT = "law", "place", "consent"


@dataclass(frozen=True)
class RoleTerms:
    """What is shipped about one role. `basis`: LAW, PLACE or CONSENT; `confidence`: as in docs/domain/sources.md."""

    role: str
    basis: str
    is_recommended: bool
    source: Texts
    confidence: str

    @property
    def can_be_required(self) -> bool:
        """Whether an agreement may be required: never where the law is the basis."""
        return self.basis != LAW


@cache
def _data() -> Mapping[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return data


@cache
def get_terms() -> Mapping[str, RoleTerms]:
    """Return what is shipped, by role. Our own people's roles aren't among them."""
    return {
        role: RoleTerms(role, row["basis"], row["recommended"], row["source"], row["confidence"])
        for role, row in _data()["roles"].items()
    }


@cache
def get_always_shared() -> frozenset[str]:
    """Return the kinds of facts that no agreement holds back."""
    return frozenset(_data()["always_shared"])


def counts_agreements(role: str) -> bool:
    """Tell whether what an agreement says matters for this role: not where the law is the basis, nor for our own."""
    terms = get_terms().get(role)
    return terms is not None and terms.can_be_required


def is_required(role: str) -> bool:
    """Tell whether offices of this role are told only under an agreement in force."""
    return counts_agreements(role) and _find_on(role=role).exists()


def _find_on(role: str) -> QuerySet[AgreementRule, int]:
    return AgreementRule.objects.filter(role=role, is_on=True).order_by().values_list("pk", flat=True)


def is_required_to_be_found(role: str) -> bool:
    """Tell whether the recipient chain passes over offices of this role that have no agreement in force.

    Where consent is the basis, the gate for sharing asks for the agreement, and an emergency may take its place.
    """
    terms = get_terms().get(role)
    return terms is not None and terms.basis == PLACE and is_required(role)


def read_required(roles: Iterable[str]) -> frozenset[str]:
    """Return which of these roles need an agreement, in one query."""
    wanted = [role for role in roles if counts_agreements(role)]
    if not wanted:
        return frozenset()
    return frozenset(AgreementRule.objects.filter(role__in=wanted, is_on=True).values_list("role", flat=True))


def list_proposed_off() -> list[str]:
    """Return the roles for which an agreement is proposed to be required, and isn't."""
    proposed = [role for role, terms in get_terms().items() if terms.is_recommended]
    required = read_required(proposed)
    return [role for role in proposed if role not in required]
