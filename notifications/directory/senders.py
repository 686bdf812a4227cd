"""By which name the service writes to a recipient: the organisation's, or the neutral one (docs/adr/0248).

1. A notice that this office is to pass on to another role takes the more careful of the two.
2. What two coordinators chose for the office counts.
3. Else its role decides. Named: our own people, and offices that are notified by their duty and read in the notice what
   it is about. Under an agreement: a service that may work with the organisation openly. Every other role, also one
   that a later release adds, reads the neutral name.
"""

from datetime import datetime

from django.conf import settings
from django.utils import timezone

from notifications.roles import Role
from notifications.texts.senders import NAMED, NEUTRAL, SENDERS, Sender, SenderSet

from .agreements.cover import has_agreement
from .models import Contact, Partner

NAMED_ROLES = frozenset(
    {Role.POLICE, Role.RESPONSIBLE_AUTHORITY, Role.CPU, Role.COORDINATOR, Role.MOBILE_UNIT},
)
NAMED_UNDER_AGREEMENT = frozenset({Role.PROTECTION_SERVICE, Role.PSYCHOLOGIST, Role.LEGAL_AID})


def choose_sender(office: Partner | None, at: datetime, *, role: str = "") -> Sender:
    """Return the names of the service towards this office. `role`: of the notice, where that may be another's."""
    own = office.role if office is not None else role
    if role and role != own and _choose_by_role(role, office, at).is_neutral:
        return NEUTRAL
    if office is not None and office.sender_set in SENDERS:
        return SENDERS[SenderSet(office.sender_set)]
    return _choose_by_role(own, office, at)


def describe_sender(office: Partner) -> str:
    """Return by which name this office is written to today, in words."""
    return str(choose_sender(office, timezone.now()).set.label)


def choose_sender_to(contact: int | Contact | None, at: datetime) -> Sender:
    """Return the same for a contact, or its key; for None the named one: whoever is no contact is one of us."""
    if contact is None:
        return NAMED
    if isinstance(contact, int):
        found = Contact.objects.select_related("partner").filter(pk=contact).first()
        return choose_sender(found.partner, at) if found is not None else NEUTRAL
    return choose_sender(contact.partner, at)


def _choose_by_role(role: str, office: Partner | None, at: datetime) -> Sender:
    if role in settings.NEUTRAL_SENDER_ROLES:
        return NEUTRAL
    if role in NAMED_ROLES:
        return NAMED
    if role in NAMED_UNDER_AGREEMENT and office is not None and has_agreement(office, at, is_needed=True):
        return NAMED
    return NEUTRAL
