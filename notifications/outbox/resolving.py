"""Find a recipient for a notice: along the chain of its procedure, for its place and its sending unit."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from audit.models import AuditEntry
from notifications.directory import roster
from notifications.directory.areas import NAMED_ROLES, OWN_ROLES
from notifications.directory.chain import resolve_chain
from notifications.directory.models import Contact, Partner, Role
from notifications.directory.resolve import Resolution
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .models import Notice, Reply, ReplyKind

ABOUT = "about_contact"  # a brief's key: the contact that the notice is about, who must not be the one who gets it
PIN_ALARM = "PIN"  # the reference of such notices (briefs.pin_alarm)
PAUSED = "brief.contact_paused"  # the audit entry that names whom such an alarm is about


def resolve_for(notice: Notice, *, at: datetime, role: str = "") -> Resolution:
    """Resolve who should get this notice now; with `role`, for that role at the notice's place instead.

    Our own people are those of the case's place, wherever the notice goes. An office of its escalation chain that said
    "another area" isn't asked again. For a notice about a contact (wrong PINs) somebody else is found, wherever they
    are: whoever reads that contact's mail must not be the only one who is notified.
    """
    wanted = role or notice.role
    place = notice.home if wanted in OWN_ROLES and notice.home else notice.municipality
    found = resolve_chain(
        role=wanted,
        municipality=place,
        at=at,
        unit=notice.unit,
        partner=notice.partner if wanted in NAMED_ROLES else None,
        chain=notice.chain,
        passed_on=get_offices_that_passed_on(notice),
    )
    about = get_contact_it_is_about(notice)
    return found if about is None else _exclude(found, about, at)


def get_contact_it_is_about(notice: Notice) -> Contact | None:
    """Return the contact whose PIN was tried, for an alarm about it and all that follows up on it.

    Where the brief can't be decrypted, the audit chain names the contact.
    """
    if notice.case_reference != PIN_ALARM:
        return None
    root = notice.root
    try:
        key = root.brief.get(ABOUT)
    except (SealBroken, KeyRingError):
        paused = AuditEntry.objects.filter(action=PAUSED, target_kind="contact", detail__event=str(root.event_id))
        key = paused.values_list("target_id", flat=True).first()
    return Contact.objects.filter(pk=key or 0).first()


def is_same_person(one: Contact, other: Contact) -> bool:
    """Tell whether both are one contact, or are notified at the same address."""
    return one.pk == other.pk or (bool(one.email) and one.email.lower() == other.email.lower())


def get_coordinators_on_duty(at: datetime) -> list[Contact]:
    """Return everybody on duty as coordinator anywhere, office by office."""
    offices = Partner.objects.filter(role=Role.COORDINATOR, is_active=True).order_by("pk")
    return [each for office in offices for each in roster.on_duty(office, at)]


def _exclude(found: Resolution, about: Contact, at: datetime) -> Resolution:
    near = [each for each in (found.contact, found.deputy, *found.coordinators) if each is not None]
    known = {each.pk: each for each in (*near, *get_coordinators_on_duty(at)) if not is_same_person(each, about)}
    others = tuple(known.values())
    first, second = (*others, None, None)[:2]
    return replace(found, partner=first.partner if first else None, contact=first, deputy=second, coordinators=others)


def get_offices_that_passed_on(notice: Notice) -> set[int]:
    """Return the offices (ids) that have sent this notice, or one it follows up on, to another area."""
    found: set[int] = set()
    member: Notice | None = notice
    while member is not None:
        contact = member.contact
        if contact is not None and _find_passed_on(notice=member.pk).exists():
            found.add(contact.partner_id)
        member = member.chases
    return found


def _find_passed_on(notice: UUID) -> QuerySet[Reply, UUID]:
    return Reply.objects.filter(notice=notice, kind=ReplyKind.WRONG_AREA).order_by().values_list("pk", flat=True)[:1]
