"""The policy table: every route, who may use it, and why. What has no row is denied.

A row names a view (`namespace:name`) or, for a tool mounted whole, the start of its address. `roles` is a set of
StaffRole values, or PUBLIC (anyone), or RECIPIENT (whoever holds a brief's link; the brief itself asks for the PIN), or
NOBODY (a tool brings the route, and it must not be used). `permission` is asked for besides, where the tool behind the
route would otherwise answer a person without it by sending them round in circles. `with_key` names methods that get
through without a session because the request carries a signed key, which the view checks.
Rows say who may come in at all; which cases a person sees is decided again per object (`Case.objects.visible_to`).
"""

from dataclasses import dataclass, field

from .models import StaffRole, User

NOBODY: frozenset[str] = frozenset()
PUBLIC = frozenset({"public"})
RECIPIENT = frozenset({"recipient"})
FIELD = frozenset({StaffRole.WORKER.value, StaffRole.COORDINATOR.value})
STAFF = frozenset(role.value for role in StaffRole)
CMS = frozenset({StaffRole.EDITOR.value, StaffRole.COORDINATOR.value, StaffRole.OPERATOR.value})

READ = frozenset({"GET", "HEAD", "OPTIONS"})
WRITE = frozenset({"GET", "HEAD", "OPTIONS", "POST"})
POST_ONLY = frozenset({"POST", "OPTIONS"})
EVERY_METHOD = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Row:
    route: str
    roles: frozenset[str]
    reason: str
    methods: frozenset[str] = field(default_factory=lambda: READ)
    permission: str = ""
    with_key: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        """Nobody needs to be signed in."""
        return self.roles in (PUBLIC, RECIPIENT)

    def allows(self, user: User) -> bool:
        if self.is_open:
            return True
        has_role = bool(user.is_authenticated and user.is_active and user.roles() & self.roles)
        return has_role and (not self.permission or user.has_perm(self.permission))

VIEWS: tuple[Row, ...] = (
    Row("healthz", PUBLIC, "The supervisor and the proxy ask whether the process lives; says nothing else."),
    Row("readyz", PUBLIC, "The supervisor and the proxy ask whether notices can go out; states and ages only."),
    Row("content:exit", PUBLIC, "Anyone may leave a page; it changes nothing here."),
    Row("wagtail_serve", PUBLIC, "The public pages."),
    Row("briefs:brief", RECIPIENT, "A contact opens the notice they were told of; the PIN comes first.", WRITE),
    Row("briefs:reply", RECIPIENT, "A contact answers the notice that their PIN opened.", POST_ONLY),
    Row("briefs:not_me", RECIPIENT, "Whoever got a link by mistake gives it back, without a PIN.", WRITE),
    Row("briefs:close", RECIPIENT, "A contact ends what their PIN opened.", POST_ONLY),
    Row("briefs:document", RECIPIENT, "A contact reads the PDF of the notice that their PIN opened."),
    Row("intake:home", FIELD, "Units begin their forms here; coordinators see their regions' cases."),
    Row(
        "intake:language",
        PUBLIC,
        "Anyone may choose the language of the sign-in page; on an account it is kept.",
        POST_ONLY,
    ),
    Row("intake:start", FIELD, "A worker begins a form for their own unit.", POST_ONLY),
    Row(
        "intake:section",
        FIELD,
        "A worker fills their own draft. POST gets through without a session when it carries the draft's key: what was"
        " typed on a phone whose session ended is kept, and nothing is shown.",
        WRITE,
        with_key=POST_ONLY,
    ),
    Row("intake:review", FIELD, "A worker looks their own draft over and sends it.", WRITE),
    Row("intake:discard", FIELD, "A worker throws their own draft away.", POST_ONLY),
    Row("intake:sent", FIELD, "Leads to where a form of the unit or region stands."),
    Row("intake:submission", FIELD, "A unit and its coordinator read what was sent; each reading is recorded."),
    Row("intake:case_submission", FIELD, "A unit and its coordinator read what was sent; each reading is recorded."),
    Row("cases:case", FIELD, "A unit and its coordinator follow a case and its notices."),
    Row("cases:timeline", FIELD, "The part of a case's page that renews itself."),
)

MOUNTS: tuple[Row, ...] = ()

_BY_VIEW = {row.route: row for row in VIEWS}


def row_for(view_name: str | None, route: str) -> Row | None:
    """The row of a resolved request: by view name, else by the mount its route starts with. None means denied."""
    if view_name and view_name in _BY_VIEW:
        return _BY_VIEW[view_name]
    return next((row for row in MOUNTS if route.startswith(row.route)), None)
