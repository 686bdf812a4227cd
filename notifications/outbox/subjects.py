"""What notices are about, and the one way to ask for a notice about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypedDict, Unpack
from uuid import UUID

from access.models import MobileUnit, Municipality
from audit import clock
from notifications.directory.chain import resolve_chain
from notifications.directory.resolve import Resolution

from .actions import create_notice
from .models import Notice
from .requests import NoticeRequest


class Terms(TypedDict, total=False):
    """What a notice may also say; see `NoticeRequest`."""

    answer_minutes: float | None
    ladder: Iterable[Mapping[str, Any]]
    marks: Mapping[str, Any]
    needs_document: bool
    purpose: str
    chases: Notice | None


class _Row(Protocol):
    """A case, or what is like one: a tip, a request."""

    pk: Any
    reference: Any
    municipality: Any
    unit: Any


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A case, tip, session, request or alarm. Recipients are looked for from its municipality and unit.

    `home`: the case's own municipality, when it is another one. `chain`: of a notice that is followed up on.
    """

    id: UUID
    reference: str
    municipality: Municipality
    unit: MobileUnit | None = None
    home: Municipality | None = None
    chain: Sequence[str] = ()
    is_drill: bool = False

    @classmethod
    def of(
        cls,
        row: _Row,
        *,
        municipality: Municipality | None = None,
        home: Municipality | None = None,
        unit: MobileUnit | None = None,
    ) -> "Subject":
        """Return the subject that this row is, at its own place and unit unless given. Only a case is ever a drill."""
        return cls(
            id=row.pk,
            reference=row.reference,
            municipality=municipality or row.municipality,
            home=home,
            unit=unit or row.unit,
            is_drill=getattr(row, "is_drill", False),
        )

    @classmethod
    def of_notice(cls, notice: Notice) -> "Subject":
        """Return what a notice is about, for one that goes to the same people or follows up on it."""
        return cls(
            id=notice.case_id,
            reference=notice.case_reference,
            municipality=notice.municipality,
            unit=notice.unit,
            home=notice.home,
            chain=notice.chain,
            is_drill=notice.is_drill,
        )

    def notify(
        self,
        role: str,
        *,
        event_id: UUID,
        brief: Mapping[str, Any],
        at: datetime | None = None,
        chain: Sequence[str] = (),
        found: Resolution | None = None,
        **terms: Unpack[Terms],
    ) -> Notice:
        """Create one notice for whom `found` names, else for whoever answers for the role along the chain."""
        chain = chain or self.chain
        at = at or clock.now()
        found = found or resolve_chain(role=role, municipality=self.municipality, at=at, unit=self.unit, chain=chain)
        return create_notice(
            NoticeRequest(
                event_id=event_id,
                case_id=self.id,
                case_reference=self.reference,
                role=role,
                contact=found.contact,
                partner=found.partner,
                municipality=self.municipality,
                unit=self.unit,
                home=self.home,
                chain=chain,
                brief=brief,
                is_drill=self.is_drill,
                at=at,
                **terms,
            )
        )
