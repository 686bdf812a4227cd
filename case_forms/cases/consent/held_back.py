"""What the gate for sharing has held back in a case, and nobody has dealt with since: for its page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from access.languages import get_current_language
from access.models import localize

from ..models import Case, from_corrected_form, from_moved_form, said_of
from .gate import Verdict, may_share
from .ledger import Recipient, Standing, State, get_entries, open_state
from .models import SharingDecision


@dataclass(frozen=True)
class HeldBack:
    """A recipient who was not notified. `verdict`: what the gate says of them now. `form`: the submission, or ""."""

    at: datetime
    to: Recipient
    verdict: Verdict
    form: str

    @property
    def name(self) -> str:
        return self.to.name

    @property
    def is_covered_now(self) -> bool:
        return self.verdict.is_allowed

    @property
    def why(self) -> str:
        """Why not, and what can be done, in the active language; "" where nothing stands in the way any more."""
        return localize(self.verdict.words, get_current_language()) if self.verdict.words else ""

    @property
    def as_data(self) -> dict[str, Any]:
        """As the field API returns it; the code of one who may be notified by now is `given`."""
        code = State.GIVEN.value if self.is_covered_now else self.verdict.code
        return {"role": self.to.role, "recipient": self.to.partner.slug if self.to.partner else "", "code": code}


def list_held_back(case: Case, at: datetime) -> list[HeldBack]:
    """List them, the newest first, each recipient once; none in a closed case.

    One is dealt with when something was shared with its role later, when the form was corrected or moved away, or when
    the person has said no since.
    """
    if case.closed_at is not None:
        return []
    decided = (
        SharingDecision.objects.filter(said_of(case)).exclude(from_corrected_form()).exclude(from_moved_form("at"))
    )
    rows = list(decided.defer("reason").select_related("partner").order_by("-at", "-pk"))
    refused = {(row.role, row.partner_id): row for row in reversed(rows) if not row.is_allowed}
    open_ones = [row for row in refused.values() if not _was_shared_since(row, rows)]
    if not open_ones:
        return []
    entries = get_entries(case)
    found = []
    for row in sorted(open_ones, key=lambda each: each.at, reverse=True):
        to = Recipient(row.role, row.partner, open_state(row))
        verdict = may_share(case, to, at=at, entries=entries)
        if not _has_said_no_since(verdict.standing, row.at):
            found.append(HeldBack(row.at, to, verdict, str(row.submission_id or "")))
    return found


def _has_said_no_since(standing: Standing | None, moment: datetime) -> bool:
    if standing is None or standing.state not in (State.REFUSED, State.WITHDRAWN):
        return False
    return standing.since is not None and standing.since > moment


def _was_shared_since(refused: SharingDecision, rows: Sequence[SharingDecision]) -> bool:
    """Say whether something was shared with its role later, or with the same recipient by the same event."""
    return any(
        row.is_allowed
        and row.role == refused.role
        and (row.at > refused.at or (row.event_id, row.partner_id) == (refused.event_id, refused.partner_id))
        for row in rows
    )
