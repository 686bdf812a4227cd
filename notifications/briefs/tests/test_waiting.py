"""The other notices that wait for a contact, on the page of the one that was opened: theirs, and nobody else's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.directory.models import Role
from notifications.outbox import sharing
from notifications.outbox.actions import cancel
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState

from ..links import revoke_link
from ..replies import answer
from ..waiting import MAX_WAITING, list_waiting
from .conftest import PIN, get_path

pytestmark = pytest.mark.django_db
HEADING = 'id="waiting"'


@pytest.fixture
def opened(client: Client, notice: Notice) -> Client:
    assert client.post(get_path(notice), {"pin": PIN}).status_code == 303
    return client


def codes(notice: Notice) -> list[str]:
    return [each.code for each in list_waiting(notice, timezone.now())[0]]


def test_the_page_has_the_code_and_the_link_of_the_others_and_nothing_else_of_them(opened, notice, make_notice):
    other = make_notice(contact=notice.contact)
    page = opened.get(get_path(notice)).content.decode()
    section = page.partition(HEADING)[2].partition("</section>")[0]
    assert other.code in section
    assert get_path(other) in section
    assert "Kanarina" not in section
    assert notice.code not in section


def test_the_other_one_asks_for_the_pin_again(opened, notice, make_notice):
    other = make_notice(contact=notice.contact)
    page = opened.get(get_path(other)).content.decode()
    assert 'name="pin"' in page
    assert "Kanarina" not in page


def test_before_the_pin_nothing_of_the_others_is_shown(client, notice, make_notice):
    other = make_notice(contact=notice.contact)
    for page in (client.get(get_path(notice)), client.post(get_path(notice), {"pin": "999111"})):
        assert other.code not in page.content.decode()
        assert other.link_token not in page.content.decode()


def test_alone_there_is_no_list(opened, notice):
    assert HEADING not in opened.get(get_path(notice)).content.decode()


@pytest.mark.parametrize(
    "gone",
    ["of somebody else", "cancelled", "revoked", "expired", "closed", "accepted", "a test", "a list", "kept back"],
)
def test_what_this_contact_may_not_or_need_not_open_is_not_listed(notice, make_notice, make_contact, gone, monkeypatch):
    contact = make_contact(Role.POLICE, rank=2) if gone == "of somebody else" else notice.contact
    other = make_notice(contact=contact)
    rows = Notice.objects.filter(pk=other.pk)
    if gone == "cancelled":
        cancel(notice=other, reason="test")
    elif gone == "revoked":
        revoke_link(notice=other, why="not_me")
    elif gone == "expired":
        rows.update(link_expires_at=timezone.now() - timedelta(minutes=1))
    elif gone == "closed":
        rows.update(state=NoticeState.CLOSED, closed_at=timezone.now(), next_step_at=None, next_attempt_at=None)
    elif gone == "accepted":
        Notice.objects.filter(pk=other.pk).update(opened_at=timezone.now(), state=NoticeState.OPENED)
        other.refresh_from_db()
        answer(notice=other, kind="accepted")
    elif gone == "a test":
        rows.update(purpose=Purpose.TEST)
    elif gone == "a list":
        rows.update(purpose=Purpose.DIGEST)
    elif gone == "kept back":
        kept = type("Gate", (), {"check_notice": lambda _self, row, at: (row.pk == other.pk and "kept_back") or ""})()
        monkeypatch.setattr(sharing, "_gates", [kept])
    assert codes(notice) == []


def test_what_belongs_to_the_same_chain_is_not_said_twice(notice, make_notice):
    make_notice(contact=notice.contact, purpose=Purpose.REMINDER, chases=notice)
    assert codes(notice) == []


def test_the_most_pressing_stands_first(notice, make_notice):
    late = make_notice(contact=notice.contact, answer_minutes=60)
    soon = make_notice(contact=notice.contact, answer_minutes=5)
    read = make_notice(contact=notice.contact, answer_minutes=None)
    assert codes(notice) == [soon.code, late.code, read.code]


def test_many_are_listed_up_to_a_number_and_the_page_says_that_there_are_more(opened, notice, make_notice):
    for _each in range(MAX_WAITING + 3):
        make_notice(contact=notice.contact)
    found, has_more = list_waiting(notice, timezone.now())
    assert (len(found), has_more) == (MAX_WAITING, True)
    assert opened.get(get_path(notice)).status_code == 200


def test_what_nobody_looked_at_is_said_to_wait_too(notice, make_notice, monkeypatch):
    monkeypatch.setattr("notifications.briefs.waiting.MAX_LOOKED_AT", 2)
    for _each in range(2):
        make_notice(contact=notice.contact)
    assert list_waiting(notice, timezone.now())[1] is False
    make_notice(contact=notice.contact)
    found, has_more = list_waiting(notice, timezone.now())
    assert (len(found), has_more) == (2, True)


def test_many_cost_no_more_queries_than_one(notice, make_notice):
    def count() -> int:
        with CaptureQueriesContext(connection) as seen:
            list_waiting(notice, timezone.now())
        return len(seen)

    make_notice(contact=notice.contact)
    one = count()
    for _each in range(5):
        make_notice(contact=notice.contact)
    assert count() == one


def test_one_link_that_cannot_be_decrypted_stops_no_other(notice, make_notice):
    broken, whole = make_notice(contact=notice.contact), make_notice(contact=notice.contact)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_notice SET link_token ="
            " (SELECT link_token FROM outbox_notice WHERE code = %s) WHERE code = %s",
            [whole.code, broken.code],
        )
    assert codes(notice) == [whole.code]
