"""A chase: a first notice and everything that was sent because of it."""

from notifications.directory.models import Contact
from notifications.outbox.models import Notice, ReplyKind
from notifications.outbox.states import REPLACED


def members(notice: Notice) -> list[Notice]:
    """Every notice of the chase but those that were replaced, oldest first; without their briefs and ladders."""
    found = Notice.objects.filter(chase_id=notice.chase_id).exclude(reason=REPLACED).select_related("contact__partner")
    return list(found.defer("brief", "ladder", "link_token").order_by("owed_at", "pk"))


def has_clock(chase: list[Notice]) -> bool:
    """Something open in it has a next step."""
    return any(member.is_open and member.next_step_at is not None for member in chase)


def standing(chase: list[Notice], purpose: str) -> list[Notice]:
    """The open notices of this purpose, the newest first."""
    return [member for member in reversed(chase) if member.purpose == purpose and member.is_open]


def told(chase: list[Notice], role: str) -> list[Contact]:
    """The contacts of this role who were told, each once, in the order in which they were."""
    return list(
        {member.contact_id: member.contact for member in chase if member.contact and member.role == role}.values()
    )


def refusers(chase: list[Notice]) -> set[int]:
    """The contacts who have declined."""
    return {
        member.contact_id
        for member in chase
        if member.contact_id and member.replies.filter(kind=ReplyKind.DECLINED).exists()
    }


def get_keeper(notice: Notice) -> Notice:
    """The notice whose ladder this one belongs to: itself, or the nearest above that has one."""
    keeper = notice
    while not keeper.ladder and keeper.chases is not None:
        keeper = keeper.chases
    return keeper
