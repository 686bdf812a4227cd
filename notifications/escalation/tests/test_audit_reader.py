"""The keepers read who did what to whom; nobody else does, and each reading is recorded."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import Assignment, StaffRole, User
from access.staff.groups import follow_roles
from audit.chain import Actor, log_event
from audit.models import AuditEntry
from tests.seeds import lay_down_reference
from tests.world.notices import notify_officer

from .. import audit_reader
from ..audit_reader import PAGE

pytestmark = pytest.mark.django_db
ADDRESS = "/cms/audit/"


@pytest.fixture
def people(db):
    from case_forms.submissions.seeding.reference import seed_groups

    seed_groups()


def person(role: str, name: str, **where) -> User:
    user = User.objects.create_user(name, password="x", language="en", first_name="Ada", last_name=name.title())
    Assignment.objects.create(user=user, role=role, **where)
    follow_roles(user)
    return user


def get_client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def keeper(people):
    return person(StaffRole.AUDITOR, "keeper")


def read(keeper: User, **asked: str) -> str:
    answer = get_client(keeper).get(ADDRESS, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_keeper_reads_who_did_what_to_whom_and_that_is_recorded(keeper):
    log_event("form.made", actor=Actor("user", str(keeper.pk)), target_kind="form", target_id="77", version=3)
    html = read(keeper)
    for shown in (">Created a form<", "Ada Keeper", "form <small>77", "version: 3"):
        assert shown in html
    entry = AuditEntry.objects.get(action="audit.read")
    assert (entry.actor_id, entry.detail) == (str(keeper.pk), {"shown": 2})  # and that the role was sealed


def test_it_is_narrowed_by_person_deed_target_and_time(keeper, staffed):
    notice = notify_officer(staffed)
    other = person(StaffRole.OPERATOR, "other")
    long_ago = timezone.now() - timedelta(days=40)
    log_event("case.read", actor=Actor("user", str(other.pk)), target_kind="case", target_id="c-1", at=long_ago)
    log_event("notice.sent", target_kind="notice", target_id=notice.pk)
    log_event("brief.opened", actor=Actor("contact", "12"), target_kind="notice", target_id=notice.pk)
    day = (timezone.localtime(long_ago) + timedelta(days=1)).strftime("%d.%m.%Y")  # as the reader means it
    for asked, shown, hidden in (
        ({"who": "other"}, "case.read", "notice.sent"),
        ({"who": "12"}, "brief.opened", "case.read"),
        ({"kind": "system"}, "notice.sent", "brief.opened"),
        ({"what": "brief."}, "brief.opened", "notice.sent"),
        ({"target": "case"}, "case.read", "notice.sent"),
        ({"target_id": notice.code}, "brief.opened", "case.read"),
        ({"target_id": notice.code.lower()}, "brief.opened", "case.read"),
        ({"until": day}, "case.read", "notice.sent"),
        ({"since": day}, "notice.sent", "case.read"),
    ):
        html = read(keeper, **asked)
        assert f'data-kind="{shown}"' in html, asked
        assert f'data-kind="{hidden}"' not in html, asked
    assert AuditEntry.objects.filter(action="audit.read", detail__who="other").exists()


@pytest.mark.parametrize("at_most", [1, 10])
def test_of_several_people_of_one_name_the_newest_entries_are_shown_in_their_order(keeper, monkeypatch, at_most):
    monkeypatch.setattr(audit_reader, "MAX_ACTORS", at_most)
    people = [person(StaffRole.OPERATOR, name) for name in ("first", "second")]
    for number in range(PAGE + 4):
        by = people[number % 2]
        log_event("test.done", actor=Actor("user", str(by.pk)), target_kind="case", target_id=f"t-{number}")
    html = read(keeper, who="Ada", what="test.")
    shown = [number for number in range(PAGE + 4) if f"t-{number}<" in html]
    assert shown == list(range(4, PAGE + 4))
    assert html.index("t-53<") < html.index("t-52<") < html.index("t-4<")
    older = read(keeper, who="ada", what="test.", before=str(AuditEntry.objects.get(target_id="t-4").number))
    assert [number for number in range(PAGE + 4) if f"t-{number}<" in older] == [0, 1, 2, 3]


if connection.vendor == "sqlite":  # PostgreSQL decides by what is in the tables

    def test_a_persons_entries_are_read_in_their_order_along_an_index_and_not_sorted(keeper):
        with CaptureQueriesContext(connection) as asked:
            read(keeper, who="keeper")
        (query, *_more) = [each["sql"] for each in asked if f"'{keeper.pk}'" in each["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            plan = str(cursor.fetchall())
        assert "audit_entry_by_actor" in plan
        assert "TEMP B-TREE" not in plan

    @pytest.mark.parametrize("days", [{}, {"since": "01.10.2026", "until": "01.10.2026"}])
    def test_the_newest_of_a_kind_are_read_in_their_order_and_not_sorted_out_of_all(keeper, days):
        log_event("case.read", at=datetime(2026, 10, 1, 12, tzinfo=UTC))
        with CaptureQueriesContext(connection) as asked:
            assert 'data-kind="case.read"' in read(keeper, what="case.read", **days)
        (query,) = [each["sql"] for each in asked if each["sql"].startswith("SELECT") and "'case.read'" in each["sql"]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query}")
            plan = str(cursor.fetchall())
        assert "audit_entry_by_action" in plan
        assert "TEMP B-TREE" not in plan
        assert ("number>? AND number<?" in plan) == bool(days)


def test_of_few_days_all_entries_are_found_also_those_whose_numbers_are_out_of_order(keeper):
    day = datetime(2026, 3, 5, 12, tzinfo=UTC)
    for place, at in enumerate([day, day + timedelta(days=9), day, day - timedelta(days=9), day]):
        log_event("test.done", target_kind="case", target_id=f"t-{place}", at=at)
    for asked in ({"what": "test.done"}, {"what": "test."}, {"target": "case"}, {"kind": "system"}, {}):
        html = read(keeper, since="05.03.2026", until="05.03.2026", **asked)
        assert [place for place in range(5) if f"t-{place}<" in html] == [0, 2, 4], asked
    assert "No entry fits" in read(keeper, since="01.01.2001", until="05.01.2001")


def test_a_filter_that_can_not_be_is_said_beside_its_field(keeper):
    html = read(keeper, since="31.02.2026")
    assert "error-message" in html
    html = read(keeper, since="02.01.2026", until="01.01.2026")
    assert "before the first one" in html
    assert "No entry fits" in read(keeper, who="nobody")


@pytest.mark.parametrize(
    "asked", [{"until": "31.12.9999"}, {"since": "01.01.0001"}, {"until": "01.01.0001"}, {"before": str(2**70)}]
)
def test_a_day_or_number_beyond_all_is_refused(keeper, asked):
    assert "data-kind" not in read(keeper, **asked)


def test_it_goes_on_from_a_number_however_many_there_are(keeper):
    for number in range(PAGE + 5):
        log_event("test.done", target_id=f"t-{number}")
    first = read(keeper, what="test.")
    assert "t-54" in first
    assert "t-4<" not in first
    second = read(keeper, what="test.", before=str(AuditEntry.objects.get(target_id="t-5").number))
    assert "t-4<" in second
    assert "Newest" in second


def test_it_says_whether_the_record_is_whole_and_who_is_missing(keeper):
    html = read(keeper)
    assert "not been checked" in html
    assert "Two people should keep the record" in html
    person(StaffRole.AUDITOR, "second")
    assert "Two people should keep the record" not in read(keeper)


@pytest.mark.parametrize("role", [StaffRole.OPERATOR, StaffRole.EDITOR])
def test_nobody_else_reads_it(people, role):
    assert get_client(person(role, "somebody")).get(ADDRESS).status_code == 404
    assert AuditEntry.objects.filter(action="access.denied", target_kind="route", target_id="audit").count() == 1


def test_a_keeper_opens_nothing_else_of_the_admin(keeper, staffed):
    client = get_client(keeper)
    for address in ("/cms/staff/", "/cms/put-aside/", "/cms/contact/", "/field/", "/cms/forms/"):
        assert client.get(address).status_code in (302, 404), address
    assert client.post(ADDRESS).status_code == 405


def test_the_record_is_in_the_menu_of_its_keepers_only(keeper):
    assert ADDRESS in get_client(keeper).get("/cms/").content.decode()
    assert ADDRESS not in get_client(person(StaffRole.OPERATOR, "other")).get("/cms/").content.decode()


def test_seeding_gives_the_keepers_the_door_of_the_admin(db):
    lay_down_reference()
    assert follow_roles(User.objects.create_user("x")) is False
    keeper = person(StaffRole.AUDITOR, "keeper")
    assert keeper.has_perm("wagtailadmin.access_admin")
