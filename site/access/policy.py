"""The policy table: every route, who may use it, and why. What has no row is denied.

A row names a view (`namespace:name`) or, for a tool mounted whole, the start of its address. `roles` is a set of
StaffRole values, or PUBLIC (anyone), or RECIPIENT (whoever holds a brief's link; the brief itself asks for the PIN).
Rows say who may come in at all; which cases a person sees is decided again per object (`Case.objects.visible_to`).
"""

from dataclasses import dataclass, field

from .models import StaffRole, User

PUBLIC = frozenset({"public"})
RECIPIENT = frozenset({"recipient"})
FIELD = frozenset({StaffRole.WORKER.value, StaffRole.COORDINATOR.value})
STAFF = frozenset(role.value for role in StaffRole)
CMS = frozenset({StaffRole.EDITOR.value, StaffRole.COORDINATOR.value, StaffRole.OPERATOR.value})


@dataclass(frozen=True)
class Row:
    route: str
    roles: frozenset[str]
    reason: str
    methods: frozenset[str] = field(default_factory=lambda: frozenset({"GET", "HEAD", "OPTIONS"}))

    @property
    def is_open(self) -> bool:
        """Nobody needs to be signed in."""
        return self.roles in (PUBLIC, RECIPIENT)

    def allows(self, user: User) -> bool:
        return self.is_open or bool(user.is_authenticated and user.is_active and user.roles() & self.roles)


READ = frozenset({"GET", "HEAD", "OPTIONS"})
WRITE = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
POST_ONLY = frozenset({"POST", "OPTIONS"})

VIEWS: tuple[Row, ...] = (
    Row("healthz", PUBLIC, "The supervisor and the proxy ask whether the process lives; says nothing else."),
    Row("readyz", PUBLIC, "The supervisor and the proxy ask whether notices can go out; states and ages only."),
)

MOUNTS: tuple[Row, ...] = ()

_BY_VIEW = {row.route: row for row in VIEWS}


def row_for(view_name: str | None, route: str) -> Row | None:
    """The row of a resolved request: by view name, else by the mount its route starts with. None means denied."""
    if view_name and view_name in _BY_VIEW:
        return _BY_VIEW[view_name]
    return next((row for row in MOUNTS if route.startswith(row.route)), None)
