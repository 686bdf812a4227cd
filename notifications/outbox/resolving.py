"""Finding somebody for a notice: along the chain of its procedure, for its place and its sending unit."""

from datetime import datetime

from notifications.directory.areas import NAMED_ROLES, OWN_ROLES
from notifications.directory.chain import resolve_chain
from notifications.directory.resolve import Resolution

from .models import Notice, ReplyKind


def resolve_for(notice: Notice, *, at: datetime, role: str = "") -> Resolution:
    """Who is there for this notice at this moment; with `role`, for that role at the notice's place instead. Our own
    people are those of the case's place, wherever the notice goes.

    An office of its chase that said "another area" isn't asked again.
    """
    wanted = role or notice.role
    place = notice.home if wanted in OWN_ROLES and notice.home else notice.municipality
    return resolve_chain(
        role=wanted,
        municipality=place,
        at=at,
        unit=notice.unit,
        partner=notice.partner if wanted in NAMED_ROLES else None,
        chain=notice.chain,
        passed_on=passed_on(notice),
    )


def passed_on(notice: Notice) -> set[int]:
    """The offices (ids) that have sent this notice, or one it chases, on to another area."""
    found: set[int] = set()
    member: Notice | None = notice
    while member is not None:
        contact = member.contact
        if contact is not None and member.replies.filter(kind=ReplyKind.WRONG_AREA).exists():
            found.add(contact.partner_id)
        member = member.chases
    return found
