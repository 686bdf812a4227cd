"""The audit chain tells the whole day: what some two hundred acts of the staff leave in it, and that it is whole."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import URLPattern, URLResolver, get_resolver

from access import policy
from access.tests.test_policy_table import routes
from audit.models import AuditEntry
from audit.verification import verify_chain
from notifications.escalation.audit_labels import TARGETS, get_words

from .the_day import (  # noqa: F401
    accounts,
    cms,
    devices,
    directory,
    field,
    finding,
    forms,
    library,
    procedures,
    records,
    sessions,
    silent,
    texts,
)
from .the_day.acts import ACTS, SECRETS, Act, get_text, head, told_since
from .the_day.day import Day
from .the_day.staff import Staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


# By name, every address: "/cms/redirects/add/".
ROUTES: dict[str, set[str]] = {}
for _name, _route in routes(get_resolver()):
    ROUTES.setdefault(_name, set()).add("/" + _route)


def played(day: Day, done: Act, capture_on_commit: Any) -> list[AuditEntry]:
    """Drives one act. What it wrote into the chain."""
    me = day.people.get(done.who)
    before = head()
    with capture_on_commit(execute=True):
        given = done.run(day, me)
    if isinstance(given, Staff):  # somebody who did it to themselves
        me, given = given, given.user
    assert me is not None
    told_since(before, done, me.user, given)
    assert me.driven & {done.route, *ROUTES.get(done.route, ())}, f"{done}: {done.route} was not driven"
    return list(AuditEntry.objects.filter(number__gt=before))


@pytest.mark.parametrize("room", sorted({each.room for each in ACTS}))
def test_each_act_of_a_day_is_there_with_who_what_and_whom_and_the_chain_is_whole(
    room: str, subtests: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MFA_TOTP_TOLERANCE = 1  # a code is read from the clock a moment before it is sent
    day = Day.begin()
    for done in ACTS:
        if done.room != room:
            continue
        with subtests.test(msg=str(done)), transaction.atomic():
            for entry in played(day, done, django_capture_on_commit_callbacks):
                assert not [secret for secret in SECRETS if secret in get_text(entry)], (str(done), get_text(entry))
                assert get_words(entry.action) != entry.action, f"{entry.action} has no words for the auditors' screen"
                assert entry.target_kind in ("", *TARGETS), f"{entry.target_kind} has no words for the auditors' screen"
    report = verify_chain()
    assert report.ok, report
    assert report.entries == AuditEntry.objects.count() == head()


def test_where_a_notice_went_can_be_proved_by_the_old_and_the_new_address_under_seal() -> None:
    day = Day.begin()
    before = head()
    old = directory.contact(day)
    day.coordinator.fill("contact:edit", old.pk, email="e-re@kanarina.example")
    asked = AuditEntry.objects.get(number__gt=before, action="directory.change_asked")
    change = directory.newest()
    assert (asked.target_kind, asked.target_id) == ("directory_change", str(change.pk))
    assert (asked.detail["kind"], asked.detail["entry"], asked.detail["fields"]) == ("contact", old.pk, ["email"])
    day.coordinator2.post("directory_changes:change", change.pk, decision="agree")
    agreed = AuditEntry.objects.get(number__gt=before, action="directory.change_agreed")
    assert (agreed.actor_id, agreed.target_id) == (str(day.coordinator2.user.pk), str(change.pk))
    assert change.values["before"] == {"email": old.email}
    assert change.values["after"] == {"email": "e-re@kanarina.example"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM directory_directorychange")
        stored = str(cursor.fetchall())
    assert "kanarina.example" not in stored


def test_some_two_hundred_acts_are_driven() -> None:
    assert len(ACTS) >= 200
    assert len({str(each) for each in ACTS}) == len(ACTS), "each has a name of its own"


def writing_routes() -> list[tuple[str, str]]:
    """(name, address) of each route that takes a change from somebody of the staff, as the policy table has it."""
    found = []
    for name, route in routes(get_resolver()):
        row = policy.row_for(name, route)
        assert row is not None, route
        if not row.is_open and row.roles and row.methods - policy.READ:
            found.append((name, "/" + route))
    return found


def iter_views(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """(address, view), as `routes` walks."""
    for entry in resolver.url_patterns:
        route = prefix + (str(entry.pattern).removeprefix("^") if prefix != "/" else str(entry.pattern))
        if isinstance(entry, URLPattern):
            yield route, entry.callback
        else:
            yield from iter_views(entry, route)


def takes_changes(view: Any) -> bool:
    """Whether the view does anything with a POST; of a function nobody can tell."""
    kind = next((getattr(view, name) for name in ("view_class", "cls") if hasattr(view, name)), None)
    return kind is None or any(hasattr(kind, method) for method in ("post", "put", "patch", "delete"))


def test_every_route_by_which_the_staff_change_something_is_driven_or_says_why_it_is_silent() -> None:
    driven = {each.route for each in ACTS}
    known = {address for name in driven for address in ROUTES.get(name, ())}
    views = dict(iter_views(get_resolver()))
    untold = [
        f"{name} ({address})"
        for name, address in writing_routes()
        if address not in known
        and name not in driven
        and takes_changes(views[address])
        and not (silent.get_reason(name) or silent.is_refused(name))
        and name  # Wagtail's last pattern, which is its page of "not found"
    ]
    assert untold == []


def test_no_reason_is_given_for_a_route_that_is_driven_or_gone() -> None:
    names = {name for name, _address in writing_routes()}
    driven = {each.route for each in ACTS}
    for pattern in [*(each for names_ in silent.BECAUSE.values() for each in names_), *silent.REFUSED]:
        fitting = {name for name in names if fnmatchcase(name, pattern)}
        assert fitting, f"no route is called {pattern}"
        assert not fitting & driven, pattern


def test_routes_that_refuse_everybody_do_so_and_change_nothing() -> None:
    day = Day.begin()
    of_role = {"editor": day.editor, "coordinator": day.coordinator, "operator": day.operator, "auditor": day.auditor}
    for name, route in writing_routes():
        if not silent.is_refused(name):
            continue
        address = re.sub(r"<slug:app_[a-z]+>", "content", re.sub(r"<(slug|str):model_name>", "articlepage", route))
        address = re.sub(r"<\w+:\w+>", "1", address)
        for role, person in of_role.items():
            before = head()
            answer = person.client.post(address, {"name": "Kanarina", "title": "Kanarina"})
            told = set(AuditEntry.objects.filter(number__gt=before).values_list("action", flat=True))
            refused = answer.status_code in (400, 403, 404, 405) or answer.get("Location") in ("/cms/", "/")
            assert refused, (role, address, answer.status_code, answer.get("Location"))
            assert told <= {"access.denied"}, (role, address, told)
