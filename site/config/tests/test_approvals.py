"""Whatever waits for a second person is in one queue, for whoever may decide it and for nobody else."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import CheckConstraint, F, ForeignKey, Model, Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page

from access.models import AddressChange, FactorReset, PlaceChange, RoleRequest, SessionEnd, User
from access.place_changes.models import PlaceKind
from approvals import kinds
from approvals.kinds import MAX_SHOWN, Kind, Waiting, get_kinds, list_queues
from case_forms.cases.closing.actions import ClosingRequest, ask_to_close
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.models import Case
from case_forms.cases.retention.models import CaseHold
from case_forms.cases.statuses.models import StatusChange
from case_forms.submissions.exports.models import AnswerExport
from content.review.models import DeletionRequest
from notifications.directory.changes.models import Act, ChangedKind
from notifications.directory.models import DirectoryChange, DutyRequest, DutyShift, OfficeConflict
from notifications.directory.own_duty.models import RequestKind, Stage
from notifications.texts.models import TextVersion
from tests.world.places import make_coordinator, make_place, make_user
from tests.world.scene import Scene, make_scene

pytestmark = pytest.mark.django_db

# Two people, and no decision that waits for one of them.
NO_DECISION = {"access.DuressAlarm": "a call for help, which is loud by itself (`access.sessions.duress`)"}


def iter_compared(condition: Q) -> Iterator[tuple[str, str]]:
    for child in condition.children:
        if isinstance(child, Q):
            yield from iter_compared(child)
        elif isinstance(child, tuple) and isinstance(child[1], F):
            yield child[0], child[1].name


def takes_two(model: type[Model]) -> bool:
    """Whether a constraint compares two people of it, or one person has asked and it can say who."""
    people = {each.name for each in model._meta.fields if isinstance(each, ForeignKey) and each.related_model is User}
    compared = any(
        {first.partition("__")[0], second} & people
        for each in model._meta.constraints
        if isinstance(each, CheckConstraint)
        for first, second in iter_compared(each.condition)
    )
    return compared or bool(people & {"pending_by"}) or model._meta.label == "review.DeletionRequest"


def test_every_table_that_takes_two_is_of_a_kind() -> None:
    registered = [label for kind in get_kinds() for label in kind.models]
    assert len(registered) == len(set(registered))
    found = {model._meta.label for model in apps.get_models() if takes_two(model)}
    assert len(found) > 15
    assert found - NO_DECISION.keys() <= set(registered)
    assert {apps.get_model(label) for label in registered}


def count_waiting(user: User) -> int:
    return sum(len(queue.waiting) for queue in list_queues(user))


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def case(scene: Scene) -> Case:
    found = scene.send().submission.case
    assert found is not None
    return found


def ask_to_close_it(case: Case, by: User) -> None:
    ends = find_open_ends(case)
    words = {"reason": "finished", "open": "Another unit follows up.", "wish": "agrees", "despite": ends.despite}
    ask_to_close(case=case, wanted=ClosingRequest(act="close", seen=ends.fingerprint, **words), by=by)


def ask_for_role(scene: Scene, by: User) -> None:
    asked = RoleRequest.objects.create(
        user=make_user("worker", unit=scene.unit), asked_by=by, role="coordinator", starts_on=timezone.localdate()
    )
    asked.regions.add(scene.place.region)


def ask_for_leave(scene: Scene) -> None:
    contact = DutyShift.objects.filter(partner=scene.offices["police"])[0].contact
    begins = timezone.now() + timedelta(days=3)
    DutyRequest.objects.create(
        kind=RequestKind.LEAVE,
        contact=contact,
        starts_at=begins,
        ends_at=begins + timedelta(days=1),
        stage=Stage.COORDINATOR,
    )


def hold(case: Case, by: User) -> None:
    CaseHold.objects.create(case=case, placed_by=by, words={"why": "x"}, lift_asked_by=by, lift_asked_at=timezone.now())


def of_worker(scene: Scene) -> User:
    return make_user("worker", unit=scene.unit)


# What the coordinator of the region decides, and neither who asked (a colleague there) nor one of another region.
ASKED: dict[str, Callable[[Scene, Case, User], Any]] = {
    "roles": lambda scene, case, by: ask_for_role(scene, by),
    "places": lambda scene, case, by: PlaceChange.objects.create(
        kind=PlaceKind.UNIT, entry_id=scene.unit.pk, asked_by=by, values={"after": {}, "before": {}}
    ),
    "accounts": lambda scene, case, by: [
        model.objects.create(user=of_worker(scene), asked_by=by, **more)
        for model, more in ((SessionEnd, {}), (FactorReset, {}), (AddressChange, {"email": "new@example.org"}))
    ],
    "directory": lambda scene, case, by: DirectoryChange.objects.create(
        kind=ChangedKind.CONTACT,
        act=Act.ADD,
        office=scene.offices["police"],
        asked_by=by,
        values={"before": {}, "after": {}},
    ),
    "duty": lambda scene, case, by: ask_for_leave(scene),
    "closings": lambda scene, case, by: ask_to_close_it(case, by),
    "statuses": lambda scene, case, by: StatusChange.objects.create(
        case=case, before=case.status, wanted="victim", proposed_by=by
    ),
    "holds": lambda scene, case, by: hold(case, by),
}


@pytest.mark.parametrize("kind", ASKED)
def test_a_coordinator_of_the_region_finds_it_and_nobody_else(kind: str, scene: Scene, case: Case) -> None:
    asker, second = make_coordinator(scene.place), make_coordinator(scene.place)
    stranger = make_coordinator(make_place())
    editor = make_user("editor")
    ASKED[kind](scene, case, asker)
    (queue,) = list_queues(second)
    assert queue.kind.name == kind
    assert not queue.is_unread
    assert all(each.url.startswith("/") and each.what for each in queue.waiting)
    # What a contact asked for has no colleague who asked.
    nobodys = () if kind == "duty" else (asker,)
    for person in (*nobodys, stranger, editor, scene.worker):
        if kind == "statuses" and person == scene.worker:
            continue  # a worker of the unit may be the second one there
        assert count_waiting(person) == 0, person


def make_conflict(scene: Scene) -> None:
    OfficeConflict.objects.create(kept=scene.offices["police"], switched_off=scene.offices["cpu"])


# What any other coordinator decides, wherever.
ANYWHERE: dict[str, Callable[[Scene, User], Any]] = {
    "texts": lambda scene, by: TextVersion.objects.create(key="notice.subject", proposed_by=by),
    "exports": lambda scene, by: AnswerExport.objects.create(
        form=scene.form.form, by=by, format="csv", language="en", with_names=True, reason="court", decision="waiting"
    ),
}


@pytest.mark.parametrize("kind", ANYWHERE)
def test_what_is_of_the_whole_country_is_found_by_another_coordinator(kind: str, scene: Scene) -> None:
    asker, second = make_coordinator(scene.place), make_coordinator(scene.place)
    ANYWHERE[kind](scene, asker)
    assert [queue.kind.name for queue in list_queues(second)] == [kind]
    assert count_waiting(asker) == count_waiting(make_user("editor")) == count_waiting(scene.worker) == 0


def test_an_office_switched_off_waits_until_two_have_looked(scene: Scene) -> None:
    first, second = make_coordinator(scene.place), make_coordinator(scene.place)
    make_conflict(scene)
    assert count_waiting(first) == count_waiting(second) == 1
    OfficeConflict.objects.update(checked_by=first, checked_at=timezone.now())
    assert (count_waiting(first), count_waiting(second)) == (0, 1)


def test_a_page_to_delete_waits_for_another_editor(scene: Scene) -> None:
    asker, second = make_user("editor"), make_user("editor")
    page = Page.objects.order_by("-depth")[0]
    DeletionRequest.objects.create(page=page, asked_by=asker, why="old")
    (queue,) = list_queues(second)
    assert (queue.kind.name, queue.waiting[0].what) == ("deletions", str(page))
    assert count_waiting(asker) == count_waiting(make_coordinator(scene.place)) == 0


@pytest.fixture
def second(scene: Scene) -> tuple[User, Client]:
    person, client = make_coordinator(scene.place), Client()
    person.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(person)
    return person, client


def see(client: Client, address: str) -> str:
    return re.sub(r"\s+", " ", client.get(address).content.decode())


def test_nothing_waits_is_said_only_where_nothing_does(scene: Scene, case: Case, second: tuple[User, Client]) -> None:
    person, client = second
    assert "Nothing is waiting for you" in see(client, "/cms/")
    asker = make_coordinator(scene.place)
    for kind in ("accounts", "duty", "directory", "closings"):
        ASKED[kind](scene, case, asker)
    home = see(client, "/cms/")
    assert "Nothing is waiting for you" not in home
    for label in (
        "second factors: 3 to decide",
        "Leave and swaps on the roster: 1 to decide",
        "directory: 1 to decide",
    ):
        assert label in home
    assert count_waiting(person) == 6
    page = see(client, "/cms/by-two/")
    assert case.reference in page
    assert "You asked" not in page


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch, scene: Scene) -> Kind:
    """A kind of a room that nobody knows."""
    kind = Kind(
        "bicycles", "Bicycles", (), lambda user: [Waiting("A blue one", "/bicycles/1/")] if user.roles() else []
    )
    monkeypatch.setitem(kinds._kinds, kind.name, kind)
    return kind


def test_a_new_kind_is_registered_and_in_every_list(invented: Kind, second: tuple[User, Client]) -> None:
    _person, client = second
    assert "Bicycles: 1 to decide" in see(client, "/cms/")
    assert 'href="/bicycles/1/"' in see(client, "/cms/by-two/")


def test_a_kind_that_fails_is_said_and_hides_no_other(
    invented: Kind, second: tuple[User, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    _person, client = second

    def fail(_user: User) -> Iterator[Waiting]:
        yield Waiting("A red one", "/cars/1/")
        raise ValueError

    monkeypatch.setitem(kinds._kinds, "damaged", Kind("damaged", "Cars", (), fail))
    home = see(client, "/cms/")
    assert "Cars: some could not be read" in home
    assert "Cars: 1 to decide" in home
    assert "Bicycles: 1 to decide" in home
    page = see(client, "/cms/by-two/")
    assert "Some of these could not be read" in page
    assert "A red one" in page


def test_of_many_the_oldest_are_shown_and_it_says_how_many_there_are(
    second: tuple[User, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    _person, client = second
    begin = timezone.now()
    many = [Waiting(f"Car {n:03}", f"/cars/{n}/", begin - timedelta(minutes=n)) for n in range(MAX_SHOWN + 11)]
    monkeypatch.setitem(kinds._kinds, "cars", Kind("cars", "Cars", (), lambda _user: many))
    page = see(client, "/cms/by-two/")
    assert f"{MAX_SHOWN} of {MAX_SHOWN + 11} are listed here" in page
    assert ("Car 060" in page, "Car 010" in page) == (True, False)
    assert f"Cars: {MAX_SHOWN + 11} to decide" in see(client, "/cms/")


def test_a_change_that_does_not_open_hides_no_other_and_can_only_be_refused(
    scene: Scene, case: Case, second: tuple[User, Client]
) -> None:
    _person, client = second
    asker = make_coordinator(scene.place)
    damaged, whole = ASKED["directory"](scene, case, asker), ASKED["directory"](scene, case, asker)
    table = DirectoryChange._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE {table} SET "values" = %s WHERE id = %s', ["broken", damaged.pk.hex])  # noqa: S608
    assert "Changes of the directory: 2 to decide" in see(client, "/cms/")
    for page in (see(client, "/cms/by-two/"), see(client, reverse("directory_changes:list"))):
        assert str(damaged.pk) in page
        assert str(whole.pk) in page
    address = reverse("directory_changes:change", args=[damaged.pk])
    assert "can't be read" in see(client, address)
    assert 'value="agree"' not in see(client, address)
    answer = client.post(address, {"decision": "agree"})
    assert (answer.status_code, "Refuse it, and ask again" in answer.content.decode()) == (409, True)
    assert client.post(address, {"decision": "refuse"}).status_code == 302
    assert DirectoryChange.objects.get(pk=damaged.pk).decision == "refused"
