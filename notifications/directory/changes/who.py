"""Whom a change of the directory concerns, and who may be the second person."""

from collections.abc import Iterable
from typing import Any

from access.models import Municipality, StaffRole, User
from approvals.requests import Decision

from ..models import Agreement, AgreementRule, Contact, ContactWay, DutyShift, Leave, Partner, Role
from ..scope import get_partners, is_national_manager, manages_area
from .models import ChangedKind, DirectoryChange
from .values import Row, Values, get_values

_ABOUT_A_CONTACT: dict[str, type[Row]] = {
    ChangedKind.SHIFT.value: DutyShift,
    ChangedKind.LEAVE.value: Leave,
    ChangedKind.WAY.value: ContactWay,
}
AREA_FIELDS = {"role", "directorate", "municipality", "regions"}


def get_office(row: Row) -> Partner | None:
    """Return the office that a row belongs to; None for an office that doesn't exist yet."""
    if isinstance(row, Partner):
        return row if row.pk else None
    if isinstance(row, AgreementRule):
        return None
    if isinstance(row, (Leave, ContactWay)):
        return row.contact.partner
    # A new one may name no office yet.
    return row.partner if row.partner_id else None


def may_decide(change: DirectoryChange, user: User) -> bool:
    """Tell whether this person may be the second one: they manage what would be changed, before and after."""
    if change.decision != Decision.WAITING or change.asked_by_id == user.pk:
        return False
    return user in filter_managers(change, [user])


def may_undo(change: DirectoryChange, user: User) -> bool:
    """Tell whether this person may undo an emergency: any coordinator or operator but whoever made it.

    Every one of them is alarmed, so each may. To agree takes somebody who manages the office.
    """
    is_open = change.at_once and change.decision == Decision.WAITING and change.asked_by_id != user.pk
    return is_open and user.is_active and user.has_role(StaffRole.COORDINATOR, StaffRole.OPERATOR)


def filter_managers(change: DirectoryChange, people: Iterable[User]) -> list[User]:
    """Return those of these people who manage everything that this change is about."""
    return [user for user in people if _manages(change, user)]


def _manages(change: DirectoryChange, user: User) -> bool:
    if not user.is_active:
        return False
    if change.office_id is not None and not get_partners(user).filter(pk=change.office_id).exists():
        return False
    if change.kind == ChangedKind.AGREEMENT_RULE:
        return is_national_manager(user)  # it concerns every region
    sides = change.sides()
    if sides is None:  # whom else it concerns can't be known; all that is left is to refuse it
        return change.office_id is not None or is_national_manager(user)
    _before, after = sides
    if change.kind == ChangedKind.AGREEMENT:
        offices = get_offices_of_agreement(change)
        return get_partners(user).filter(pk__in=offices).count() == len(offices)
    # An area that moves concerns both sides, so whoever decides must manage the new one, too.
    if change.kind == ChangedKind.PARTNER and (change.office_id is None or AREA_FIELDS & set(after)):
        return manages_area(user, get_regions(_area_after(change)))
    if change.kind != ChangedKind.PARTNER and after.get("partner"):
        return get_partners(user).filter(pk=after["partner"]).exists()
    return True


def _area_after(change: DirectoryChange) -> Values:
    stored = get_values(change.office) if change.office else {}
    return {**stored, **change.values["after"]}


def get_regions(values: Values) -> set[int]:
    """Return the regions in which an office with these values has a place."""
    found = set(values.get("regions") or ())
    if values.get("municipality"):
        found |= set(Municipality.objects.filter(pk=values["municipality"]).values_list("region", flat=True))
    if values.get("directorate"):
        places = Municipality.objects.filter(police_directorate=values["directorate"])
        found |= set(places.values_list("region", flat=True))
    return found


def get_offices_of_agreement(change: DirectoryChange) -> set[int]:
    """Return the offices (ids) that an agreement covers, before and after this change."""
    values = change.values
    found = set(Agreement.objects.filter(pk=change.entry_id or 0).values_list("partner_id", flat=True))
    beside = Agreement.other_offices.through.objects.filter(agreement=change.entry_id or 0)
    found |= set(beside.values_list("partner_id", flat=True))
    for side in (values["before"], values["after"]):
        found |= {side.get("partner"), *(side.get("other_offices") or ())}
    return found - {None}


def get_concerned_contacts(change: DirectoryChange) -> list[Contact]:
    """Return whose notices would go elsewhere: the contact as it is, or the people of the offices answering now."""
    if change.kind == ChangedKind.CONTACT:
        return list(Contact.objects.filter(pk=change.entry_id or 0))
    if change.kind == ChangedKind.AGREEMENT_RULE:
        return []
    if change.kind == ChangedKind.AGREEMENT:
        parties = get_offices_of_agreement(change)
        return list(Contact.objects.filter(partner__in=parties, is_active=True).order_by("pk"))
    if change.kind in _ABOUT_A_CONTACT:
        people = {change.values[side].get("contact") for side in ("before", "after")}
        stored: Any = _ABOUT_A_CONTACT[change.kind]._default_manager
        people |= set(stored.filter(pk=change.entry_id or 0).values_list("contact_id", flat=True))
        if change.at_once:  # whoever is on duty hears that somebody is told beside them
            people |= set(Contact.objects.filter(partner=change.office_id or 0).values_list("pk", flat=True))
        return list(Contact.objects.filter(pk__in=people - {None}, is_active=True))
    area = _area_after(change)
    offices = Partner.objects.filter(is_active=True, role=area.get("role"))
    near = offices.filter(pk=change.office_id or 0)
    if area.get("directorate"):
        near |= offices.filter(directorate=area["directorate"])
    if area.get("municipality"):
        near |= offices.filter(municipality=area["municipality"])
    if area.get("role") == Role.RESPONSIBLE_AUTHORITY:
        near |= offices
    found = set(near.values_list("pk", flat=True))
    found |= set(offices.filter(regions__in=area.get("regions") or ()).values_list("pk", flat=True))
    if change.office_id:
        found.add(change.office_id)
    return list(Contact.objects.filter(partner__in=found, is_active=True).order_by("pk"))
