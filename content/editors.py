"""Find today's editors."""

from access.models import Assignment, StaffRole, User


def get_editors_to_mail() -> list[User]:
    """Return today's active editors that have an e-mail address."""
    today = Assignment.objects.current().filter(role=StaffRole.EDITOR).values("pk")
    staff = User.objects.filter(is_active=True, assignments__in=today).exclude(email="")
    return list(staff.distinct().order_by("pk"))
