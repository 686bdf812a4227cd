"""What deciding knows of a case, and how actions change it. `cases.actions` writes the same to the database."""

from dataclasses import dataclass

# From the least to the most: only the formal identification takes a status back.
STATUS_ORDER = ("not_victim", "suspected", "at_risk", "potential_victim", "victim")


@dataclass(frozen=True)
class CaseState:
    """A case's status, and whether it is followed as a child's."""

    status: str
    is_child: bool

    def change(self, *, status: object = None, is_child: bool = False, is_formal: bool = False) -> "CaseState":
        """Return the case after an action that gives it this status (None: none).

        The child track is only ever switched on: a doubt about an age stays a doubt. `is_formal`: the action records a
        formal identification. A status that there isn't changes nothing; carrying the action out fails then.
        """
        return CaseState(next_status(self.status, status, is_formal=is_formal), self.is_child or is_child)


def next_status(before: str, wanted: object, *, is_formal: bool = False) -> str:
    """Return a case's status after an action wants this one.

    It is never lowered, except together with the result of the formal identification: an older form, or a version of
    before, must not turn a victim into a person at risk (ADR 54).
    """
    if wanted not in STATUS_ORDER:
        return before
    if is_formal:
        return str(wanted)
    return max(before, str(wanted), key=STATUS_ORDER.index)
