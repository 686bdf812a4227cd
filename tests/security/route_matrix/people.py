"""The people of the matrix: one of each role, here and in another region, and those who hold no role at all."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.test import Client

from access.models import Assignment, FieldToken, MobileUnit, Region, StaffRole, User
from access.staff.groups import follow_roles

HERE, ELSEWHERE = "vlore", "berat"
ANONYMOUS = "anonymous"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Kind:
    """One column of the matrix. `place`: the region's slug. `regions`: how many of them a coordinator has."""

    name: str
    role: str = ""
    place: str = ""
    national: bool = False
    token: str = ""  # scope of a token of the field API
    superuser: bool = False


KINDS = (
    Kind(ANONYMOUS),
    Kind("no role"),
    Kind("superuser without a role", superuser=True),
    Kind("worker", StaffRole.WORKER, HERE),
    Kind("worker elsewhere", StaffRole.WORKER, ELSEWHERE),
    Kind("coordinator", StaffRole.COORDINATOR, HERE),
    Kind("coordinator elsewhere", StaffRole.COORDINATOR, ELSEWHERE),
    Kind("coordinator of all regions", StaffRole.COORDINATOR, HERE, national=True),
    Kind("editor", StaffRole.EDITOR),
    Kind("operator", StaffRole.OPERATOR),
    Kind("auditor", StaffRole.AUDITOR),
    Kind("token that sends", StaffRole.WORKER, HERE, token=FieldToken.Scope.SEND),
    Kind("token that reads", StaffRole.WORKER, HERE, token=FieldToken.Scope.READ),
    Kind("token elsewhere", StaffRole.WORKER, ELSEWHERE, token=FieldToken.Scope.ALL),
)
NAMES = [kind.name for kind in KINDS]


@dataclass
class Person:
    """Somebody of a kind with a browser or, for a token, an app."""

    kind: Kind
    user: Any
    client: Client
    token: str = ""
    bearer: FieldToken | None = None

    @property
    def name(self) -> str:
        return self.kind.name

    def headers(self, path: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token and path.startswith("/api/") else {}

    def is_known_at(self, path: str) -> bool:
        """Whether this person is somebody to this address: a token is, to the API only."""
        return self.user.is_authenticated and (not self.token or path.startswith("/api/"))

    def send(self, method: str, path: str, data: str | bytes = "", content_type: str = FORM) -> Any:
        """The answer. Whatever it does to the session, the next request is sent with the one from before."""
        cookies = deepcopy(self.client.cookies)
        try:
            return self.client.generic(method, path, data, content_type, headers=self.headers(path))
        finally:
            self.client.cookies = cookies


def make_people() -> dict[str, Person]:
    return {kind.name: _make(kind) for kind in KINDS}


def _make(kind: Kind) -> Person:
    client = Client(raise_request_exception=False)
    if kind.name == ANONYMOUS:
        return Person(kind, AnonymousUser(), client)
    user = User.objects.create_user(
        f"matrix-{kind.name.replace(' ', '-')}", "m@vatra.example", "x", is_superuser=kind.superuser, language="en"
    )
    for scope in _scopes(kind):
        Assignment.objects.create(user=user, role=kind.role, **scope)
    follow_roles(user)
    user = User.objects.get(pk=user.pk)
    if kind.token:
        token = FieldToken.issue(user, scope=kind.token)
        return Person(kind, user, client, token, FieldToken.found_by(token))
    client.force_login(user)
    return Person(kind, user, client)


def _scopes(kind: Kind) -> list[dict[str, Any]]:
    if kind.role == StaffRole.WORKER:
        return [{"unit": MobileUnit.objects.get(region__slug=kind.place)}]
    if kind.role == StaffRole.COORDINATOR:
        regions = Region.objects.all() if kind.national else Region.objects.filter(slug=kind.place)
        return [{"region": region} for region in regions]
    return [{}] if kind.role else []
