"""Walks the address table of the whole system: no route without a row, no row without a route or a reason."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from .. import policy

OPEN = policy.PUBLIC | policy.RECIPIENT | policy.DEVICE
KNOWN_ROLES = {*policy.STAFF, *OPEN}


def routes(resolver: URLResolver, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(view name, route) of every address, as `request.resolver_match` gives them."""
    for entry in resolver.url_patterns:
        # As Django joins them (URLResolver._join_route): a pattern written as a regular expression loses its "^" there.
        route = prefix + (str(entry.pattern).removeprefix("^") if prefix else str(entry.pattern))
        if isinstance(entry, URLPattern):
            yield ":".join((*names, entry.name or "")), route
        else:
            inner = (*names, entry.namespace) if entry.namespace else names
            yield from routes(entry, route, inner)


ROUTES = list(routes(get_resolver()))


def test_the_walk_sees_the_whole_system():
    names = {name for name, _route in ROUTES}
    assert {"healthz", "account_login", "briefs:brief", "intake:home", "cases:case", "wagtailadmin_home"} <= names


def test_every_route_has_a_row():
    assert len(ROUTES) > 700
    without = [f"{name} ({route})" for name, route in ROUTES if policy.row_for(name, route) is None]
    assert without == [], "no row in access/policy.py"


def test_every_row_names_a_route():
    names = {name for name, _route in ROUTES}
    assert [row.route for row in policy.VIEWS if row.route not in names] == [], "no route is called so"


def test_every_mount_row_decides_for_some_route():
    deciding = {id(policy.row_for(name, route)) for name, route in ROUTES}
    assert [row.route for row in policy.MOUNTS if id(row) not in deciding] == []


def find_flaws(row: policy.RouteRule) -> list[str]:
    """What a row lacks, in words."""
    flaws = {
        "no reason": len(row.reason) <= 15,
        "a reason that is no sentence": not row.reason.endswith("."),
        "a role that nobody has": not row.roles <= KNOWN_ROLES,
        "no method": not row.methods,
        "all methods, and not those that its route needs": not row.methods < policy.EVERY_METHOD,
        "a key for a method that it doesn't take": not row.with_key <= row.methods,
    }
    return [flaw for flaw, is_there in flaws.items() if is_there]


def test_every_row_has_a_reason_known_roles_and_methods():
    rows = [*policy.VIEWS, *policy.MOUNTS]
    assert len(rows) > 300
    assert {row.route: flaws for row in rows if (flaws := find_flaws(row))} == {}


def test_each_flaw_of_a_row_is_found():
    row = replace(policy.VIEWS[0], reason="short", roles={"nobody's"}, methods=policy.EVERY_METHOD, with_key={"X"})
    assert len(find_flaws(row)) == 5
    assert "no method" in find_flaws(replace(row, methods=frozenset()))


def test_no_route_has_two_rows():
    for rows in (policy.VIEWS, policy.MOUNTS):
        names = [row.route for row in rows]
        assert len(names) == len(set(names))


def test_an_open_row_opens_for_everyone_and_holds_no_other_role():
    for row in (*policy.VIEWS, *policy.MOUNTS):
        assert row.is_open or not row.roles & OPEN


def test_a_missing_row_is_noticed(settings):
    assert policy.row_for("nobody:wrote_this", "somewhere/else/") is None
    assert policy.row_for(None, "somewhere/else/") is None


@pytest.mark.parametrize("name", ["wagtailcore_login", "wagtailadmin_login", "wagtailadmin_password_reset"])
def test_doors_around_the_second_factor_are_shut_for_everyone(name):
    row = policy.row_for(name, "")
    assert row is not None
    assert row.roles == policy.NOBODY
    assert not row.is_open


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password"])
def test_nobody_signs_up_or_resets_a_password_by_mail(name):
    assert name not in {known for known, _route in ROUTES}


@pytest.mark.parametrize(
    ("name", "route", "roles"),
    [
        ("wagtailadmin_api:pages:listing", "cms/api/main/pages/", {"editor"}),
        ("wagtailadmin_choose_page", "cms/choose-page/", {"editor"}),
        ("wagtailadmin_reports:locked_pages", "cms/reports/locked/", {"editor"}),
        ("wagtailadmin_reports:workflow", "cms/reports/workflow/", {"editor", "coordinator"}),
        ("wagtailimages_chooser:choose", "cms/images/chooser/", {"editor"}),
    ],
)
def test_only_editors_list_draft_pages(name, route, roles):
    row = policy.row_for(name, route)
    assert row is not None
    assert row.roles == roles
    assert row.permission == policy.ADMIN_DOOR


def test_the_admin_takes_no_method_that_nothing_needs():
    takes = {row.route: row.methods - policy.WRITE for row in policy.MOUNTS if row.methods - policy.WRITE}
    assert takes == {
        "cms/pages/": {"DELETE"},
        "cms/snippets/": {"DELETE"},
        "cms/localize/": {"PUT", "DELETE"},
        "cms/dismissibles/": {"PATCH"},
    }


FILLED = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1"}
OF_VIEWS = {row.route: row for row in policy.VIEWS}
SHUT = [
    (
        OF_VIEWS[name],
        "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: FILLED.get(found[1], "x1"), route.removesuffix("$")),
    )
    for name, route in ROUTES
    if name in OF_VIEWS and not OF_VIEWS[name].is_open and not re.search(r"[\^\\(]", route)
]


@pytest.mark.django_db
def test_each_shut_address_turns_away_whoever_its_row_does_not_name(client, person):
    """The door stands before the view: what the address holds makes no difference."""
    rooms = {row.route.split(":")[0] for row, _address in SHUT}
    assert {"sessions", "session_cards", "signals", "intake", "cases", "field_api"} <= rooms
    for role in (None, "worker", "coordinator", "editor", "operator"):
        client.logout()
        if role:
            client.force_login(person(role))
        for row, address in SHUT:
            if role in row.roles:
                continue
            method = "GET" if "GET" in row.methods else "POST"
            status = client.generic(method, address).status_code
            assert status == 404 if role else status in (302, 401, 404), (role, address, status)
