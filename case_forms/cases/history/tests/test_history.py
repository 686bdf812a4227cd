"""A case read backwards, by kind and page; and who has read it."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import MobileUnit, StaffRole, User
from audit.chain import Actor, log_event
from audit.models import AuditEntry
from notifications.directory.models import Contact
from notifications.outbox.models import Notice
from tests.world.places import make_user
from tests.world.scene import Scene, make_scene

from ...finding.models import CaseAccess
from ...models import Case, CaseNote
from ...notes.actions import add_note
from ..lines import KINDS, SOURCES, build_lines, iter_moments
from ..seen_by import ACTIONS, list_readers

pytestmark = pytest.mark.django_db


def begin() -> tuple[Scene, Case]:
    scene = make_scene()
    scene.send()
    return scene, Case.objects.get()


def page(client: Client, user: User, case: Case, path: str) -> Any:
    client.force_login(user)
    return client.get(f"/field/cases/{case.reference}/{path}")


def test_three_hundred_events_are_read_in_pages_and_each_stands_on_one(client: Client) -> None:
    scene, case = begin()
    for number in range(300):
        CaseNote.objects.create(case=case, text=f"shënimi {number:03}.", written_by=scene.worker)
    found: list[int] = []
    for number in range(1, 7):
        html = page(client, scene.worker, case, f"history/?kind=notes&page={number}").content.decode()
        found += [each for each in range(300) if f"shënimi {each:03}." in html]
    assert sorted(found) == list(range(300))
    assert "of 300" in page(client, scene.worker, case, "history/?kind=notes&page=99999").content.decode()


def test_a_page_of_the_history_takes_as_many_queries_for_three_hundred_as_for_thirty(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    scene, case = begin()
    for number in range(300):
        CaseNote.objects.create(case=case, text=f"{number}", written_by=scene.worker)
    client.force_login(scene.worker)
    with django_assert_max_num_queries(70):
        client.get(f"/field/cases/{case.reference}/history/")


def test_each_kind_shows_its_own_and_all_kinds_together_show_everything() -> None:
    scene, case = begin()
    add_note(case=case, text="x", by=scene.worker)
    every = set(iter_moments(case, ""))
    by_kind = [set(iter_moments(case, kind)) for kind in KINDS]
    assert set.union(*by_kind) == every
    assert sum(map(len, by_kind)) == len(every)
    assert {source.kind for source in SOURCES.values()} == set(KINDS)
    lines = build_lines(case, sorted(every, key=str))
    assert len(lines) == len(every)
    assert all(line.what for line in lines)


@pytest.mark.parametrize("query", ["?kind=unknown", "?page=x", "?kind=%00&page=-3", "?kind=tasks&page=" + "9" * 30])
def test_a_strange_address_shows_something(client: Client, query: str) -> None:
    scene, case = begin()
    assert page(client, scene.worker, case, f"history/{query}").status_code == 200


def test_reading_the_history_is_recorded_as_reading_the_case(client: Client) -> None:
    scene, case = begin()
    page(client, scene.worker, case, "history/?kind=notes")
    assert AuditEntry.objects.filter(action="case.read").latest("number").detail == {"part": "history", "kind": "notes"}


def test_the_unit_sees_who_has_opened_the_case_its_forms_and_its_notices(client: Client) -> None:
    scene, case = begin()
    coordinator = make_user(StaffRole.COORDINATOR, username="coord", region=scene.place.region)
    page(client, coordinator, case, "")
    page(client, coordinator, case, "")
    contact = Contact.objects.first()
    assert contact is not None
    notice = Notice.objects.filter(case_id=case.pk).first()
    assert notice is not None
    log_event("brief.viewed", actor=Actor("contact", str(contact.pk)), target_kind="notice", target_id=notice.pk)
    readers, is_cut = list_readers(case)
    assert not is_cut
    assert {(reader.who, reader.times) for reader in readers} >= {("coord", 2), (contact.name, 1)}
    html = page(client, scene.worker, case, "readers/").content.decode()
    assert contact.name in html
    assert AuditEntry.objects.filter(action="case.readers_read").count() == 1


def test_another_cases_readers_are_not_among_them() -> None:
    scene, case = begin()
    scene.send(age_stated=40)
    other = Case.objects.exclude(pk=case.pk).get()
    log_event("case.read", actor=Actor("user", str(scene.worker.pk)), target_kind="case", target_id=other.pk)
    assert list_readers(case)[0] == []


@pytest.mark.usefixtures("in_english")
def test_an_account_that_is_gone_is_said_to_be_gone() -> None:
    _scene, case = begin()
    for actor in ("999999", "x", ""):
        log_event("case.read", actor=Actor("user", actor), target_kind="case", target_id=case.pk)
    assert {reader.who for reader in list_readers(case)[0]} == {"an account that is gone"}


def test_whom_another_unit_opened_the_case_to_reads_it_and_not_who_else_does(client: Client) -> None:
    scene, case = begin()
    guest = make_user(
        StaffRole.WORKER,
        username="guest",
        unit=MobileUnit.objects.create(slug="guests", name="Guests", region=scene.place.region),
    )
    CaseAccess.objects.create(case=case, unit=guest.units().get(), since=timezone.now())
    assert page(client, guest, case, "history/").status_code == 200
    assert page(client, guest, case, "readers/").status_code == 404


def test_every_action_that_is_counted_as_reading_has_words_in_the_record() -> None:
    from notifications.escalation.audit_labels import KINDS as LABELS

    assert set(ACTIONS) <= set(LABELS)
