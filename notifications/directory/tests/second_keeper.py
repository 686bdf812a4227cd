"""A second keeper for tests: agrees to everything that waits."""

from access.models import Assignment, StaffRole, User

from ..changes.actions import DIRECTORY
from ..models import DirectoryChange


def second_keeper(first: User, name: str = "second-keeper") -> User:
    """Another coordinator of the same regions."""
    found, _new = User.objects.get_or_create(username=name, defaults={"email": f"{name}@vatra.example"})
    for region in first.coordinated_regions():
        Assignment.objects.get_or_create(user=found, role=StaffRole.COORDINATOR, region=region)
    return found


def agree_to_all() -> int:
    """How many changes were agreed to."""
    waiting = list(DirectoryChange.objects.waiting().order_by("asked_at"))
    for change in waiting:
        DIRECTORY.decide(change=change, agree=True, by=second_keeper(change.asked_by))
    return len(waiting)
