"""Groups of Wagtail's admin, derived from a person's roles today.

Groups give rights inside the admin (which screens, which verbs). Whom the policy table lets in is decided by roles
alone, at each request; a group left over from a role that ended opens nothing.
"""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet
from django.utils import timezone

from audit.put_aside import for_each_row

from ..models import StaffRole, User

KIND = "user.groups"  # kind of a row that is put aside because its groups can't be set

# The names that seeding gives rights to (case_forms.submissions.seeding.reference.GROUPS, content.review.seeding).
GROUPS_OF: dict[str, tuple[str, ...]] = {
    StaffRole.WORKER: (),
    StaffRole.COORDINATOR: ("Coordinators",),
    StaffRole.EDITOR: ("Editors", "Moderators"),
    StaffRole.OPERATOR: ("Operators",),
    StaffRole.AUDITOR: ("Auditors",),
}


def follow_roles(user: User) -> bool:
    """Put the person into the groups of today's roles and out of all others. True when something changed."""
    roles = user.current_assignments().values_list("role", flat=True) if user.is_active else ()
    wanted = {name for role in set(roles) for name in GROUPS_OF[role]}
    held = set(user.groups.values_list("name", flat=True))
    if wanted == held:
        return False
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in sorted(wanted)])
    return True


def follow_roles_of_all(_argument: Any = None) -> int:
    """Update everybody's groups, as roles begin and end by the day; run each hour. Returns how many changed."""
    keys = list(_get_people_with_groups().values_list("pk", flat=True))
    return for_each_row(KIND, keys, lambda key: follow_roles(User.objects.get(pk=key)), at=timezone.now())


def _get_people_with_groups() -> "QuerySet[User]":
    return User.objects.filter(Q(assignments__isnull=False) | Q(groups__isnull=False)).distinct().order_by("pk")
