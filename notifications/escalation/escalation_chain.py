"""An escalation chain: a first notice and everything that was sent because of it."""

from notifications.directory.models import Contact
from notifications.outbox.models import Notice, ReplyKind
from notifications.outbox.states import REPLACED


def members(notice: Notice) -> list[Notice]:
    """Return every notice of the chain but those that were replaced, oldest first; without their briefs and steps."""
    found = Notice.objects.filter(chase_id=notice.chase_id).exclude(reason=REPLACED).select_related("contact__partner")
    # Deferred, so that a chain with one damaged brief can still be walked.
    return list(found.defer("brief", "ladder", "link_token").order_by("owed_at", "pk"))


def has_clock(chase: list[Notice]) -> bool:
    """Tell whether an open notice of the chain has a next step."""
    return any(member.is_open and member.next_step_at is not None for member in chase)


def standing(chase: list[Notice], purpose: str) -> list[Notice]:
    """Return the open notices of this purpose, the newest first."""
    return [member for member in reversed(chase) if member.purpose == purpose and member.is_open]


def told(chase: list[Notice], role: str) -> list[Contact]:
    """Return the contacts of this role who were notified, each once, in that order."""
    return list(
        {member.contact_id: member.contact for member in chase if member.contact and member.role == role}.values()
    )


def refusers(chase: list[Notice]) -> set[int]:
    """Return the contacts (ids) who have declined."""
    return {
        member.contact_id
        for member in chase
        if member.contact_id and member.replies.filter(kind=ReplyKind.DECLINED).exists()
    }


def get_keeper(notice: Notice) -> Notice:
    """Return the notice that holds the escalation steps: this one, or the nearest above it that has some."""
    keeper = notice
    while not keeper.ladder and keeper.chases is not None:
        keeper = keeper.chases
    return keeper
