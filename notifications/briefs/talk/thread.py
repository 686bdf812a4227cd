"""The conversation about a notice: which one a notice belongs to, who takes part in it, and what has been written.

It belongs to the first notice of an escalation chain, so a deputy reads what was asked before. Whoever has passed the
notice on, or whose link was ended, takes no part any more, through whatever link.
"""

from collections.abc import Callable
from uuid import UUID

from django.db.models import Q, QuerySet

from notifications.directory.areas import OWN_ROLES
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import ANSWERED, OPEN, NoticeState

from .models import TalkMessage, TalkNotice

# Notices that send a recipient back to another one; each is a chain of its own.
TALK_PURPOSES = (Purpose.TALK, Purpose.OUTCOME)
READS = (
    *(Purpose.FIRST, Purpose.REMINDER, Purpose.DEPUTY, Purpose.REROUTE),
    *(Purpose.INSTEAD, Purpose.CORRECTION),
)
# What a conversation can be about. The others hold nothing of a case, or are to our own people.
ABOUT = (Purpose.FIRST, Purpose.REROUTE, Purpose.INSTEAD, Purpose.CORRECTION)

# Given the first notice of a chain: why its conversation is over for the room that the notice is about, as a code;
# "" while it goes on. This room knows nothing of cases.
CaseCheck = Callable[[Notice], str]
_checks: list[CaseCheck] = []
NO_CASE = "no_case"  # what the check says of a notice that is about no case


def register_case_check(check: CaseCheck) -> None:
    """Say how it is found out that a case is closed. Only the newest counts."""
    _checks[:] = [check]


def why_over(root: Notice) -> str:
    """Return why nothing can be added to this conversation any more: a code of `actions.REFUSALS`, or ""."""
    return next((code for check in _checks if (code := check(root))), "")


def is_of_talk(notice: Notice) -> bool:
    """Tell whether this notice, or the one that it follows up on, sends its recipient back to another one."""
    return notice.root.purpose in TALK_PURPOSES


def get_root(notice: Notice) -> Notice:
    """Return the first notice of the chain whose conversation this notice shows."""
    root = notice.root
    if root.purpose not in TALK_PURPOSES:
        return root
    return TalkNotice.objects.select_related("about").get(notice=root).about


def get_members(root: Notice) -> "QuerySet[Notice]":
    """Return the notices of this chain whose recipients take part in its conversation."""
    return _get_members_of(root.chase_id, root.role)


def _get_members_of(chase: UUID | None, role: str) -> "QuerySet[Notice]":
    reads = Q(state__in=(*OPEN, NoticeState.ACCEPTED)) | Q(state=NoticeState.CLOSED, accepted_at__isnull=False)
    reads |= Q(state=NoticeState.CLOSED, reason=ANSWERED)
    found = Notice.objects.filter(reads, chase_id=chase, role=role, purpose__in=READS)
    return found.filter(link_revoked_at__isnull=True, contact__isnull=False).defer("brief", "ladder", "link_token")


def takes_part(root: Notice, contact: int | None) -> bool:
    """Tell whether a notice of this chain lets this contact take part in its conversation."""
    return contact is not None and _find_takes_part(chase=root.chase_id, role=root.role, contact=contact).exists()


def _find_takes_part(chase: UUID | None, role: str, contact: int) -> QuerySet[Notice, UUID]:
    return _get_members_of(chase, role).filter(contact=contact).order_by().values_list("pk", flat=True)[:1]


def has_talk(root: Notice) -> bool:
    """Tell whether there can be a conversation about this notice."""
    return root.purpose in ABOUT and root.role not in OWN_ROLES


def may_talk(notice: Notice, root: Notice) -> bool:
    """Tell whether this notice's recipient takes part in the conversation: through their own notice of the chain.

    Not about a message from the public: nobody would read it there.
    """
    if (
        not has_talk(root)
        or why_over(root) == NO_CASE
        or notice.role != root.role
        or notice.purpose not in (*READS, *TALK_PURPOSES)
    ):
        return False
    return takes_part(root, notice.contact_id)


def get_messages(root: Notice) -> "QuerySet[TalkMessage]":
    """Return the conversation, oldest first."""
    found = TalkMessage.objects.filter(notice=root)
    return found.select_related("contact__partner", "author")


def get_waiting_questions(root: Notice) -> "QuerySet[TalkMessage]":
    return TalkMessage.objects.filter(notice=root, kind="question", answered_at__isnull=True, erased_at__isnull=True)


def iter_chains(root: Notice) -> list[UUID | None]:
    """Return the ids of all chains that an act of the conversation may write to, to be locked together."""
    about = TalkNotice.objects.filter(about=root).values_list("notice__chase_id", flat=True)
    return [root.chase_id, *about]
