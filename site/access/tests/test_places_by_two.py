"""Who is called, who is notified and who keeps which office: none of it is changed by one person alone."""

import re
from collections.abc import Callable
from datetime import timedelta
from unittest import mock
from uuid import UUID

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AuditEntry
from case_forms.submissions.seeding.reference import seed_groups

from ..models import MobileUnit, Municipality, PlaceChange, PoliceDirectorate, User
from ..place_changes.actions import PLACES, ask_for_change
from ..place_changes.mails import send_again
from ..staff.groups import follow_roles

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english", "committed")]
Person = Callable[..., User]
OWN, UNITS = "+355691112233", "+355697654321"


@pytest.fixture
def committed():
    with mock.patch("django.db.transaction.on_commit", lambda deed, **_more: deed()):
        yield


@pytest.fixture
def operator(person: Person) -> User:
    return with_rights(person("operator", username="olta", first_name="Olta", email="olta@vatra.example"))


@pytest.fixture
def besa(person: Person) -> User:
    return with_rights(person("coordinator", place="north", username="besa", email="besa@vatra.example"))


@pytest.fixture
def unit(units) -> MobileUnit:
    MobileUnit.objects.filter(pk=units["north"].pk).update(callback_phone=UNITS)
    return MobileUnit.objects.get(pk=units["north"].pk)


@pytest.fixture
def place(regions) -> Municipality:
    one, _two = (PoliceDirectorate.objects.create(slug=s, name=s, short_name=s) for s in ("dvp-a", "dvp-b"))
    return Municipality.objects.create(slug="b", name="B", region=regions["north"], police_directorate=one)


def with_rights(user: User) -> User:
    seed_groups()
    follow_roles(user)
    User.objects.filter(pk=user.pk).update(language="en")
    return User.objects.get(pk=user.pk)


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def change_unit(by: User, unit: MobileUnit, **given: str):
    form = {"name": unit.name, "callback_phone": unit.callback_phone, "working_since": "", "is_active": "on"}
    wanted = {name: value for name, value in {**form, **given}.items() if value != "off"}
    return as_(by).post(reverse("mobileunit:edit", args=[unit.pk]), wanted, follow=True)


def decide(by: User, decision: str = "agree", change: PlaceChange | None = None):
    found = change or PlaceChange.objects.waiting().get()
    return as_(by).post(reverse("by_two:place", args=[found.pk]), {"decision": decision})


def test_a_number_to_call_back_waits_and_the_rest_is_saved(operator, besa, person, unit):
    person("worker", place="north", email="ana@vatra.example", language="en")
    page = change_unit(operator, unit, callback_phone=OWN, name="Njësia e re").content.decode()
    unit.refresh_from_db()
    assert (unit.callback_phone, unit.name) == (UNITS, "Njësia e re")
    assert "Waits for a second person" in page
    assert {letter.to[0] for letter in mail.outbox} == {"besa@vatra.example", "ana@vatra.example"}
    assert not any(OWN in letter.body or UNITS in letter.body for letter in mail.outbox)
    assert "/cms/by-two/place/" not in next(m for m in mail.outbox if m.to == ["ana@vatra.example"]).body
    decide(operator)
    unit.refresh_from_db()
    assert unit.callback_phone == UNITS
    assert decide(besa).status_code == 302
    unit.refresh_from_db()
    assert unit.callback_phone == OWN
    entries = list(AuditEntry.objects.filter(action__startswith="place.").values_list("action", "actor_id"))
    me, second = str(operator.pk), str(besa.pk)
    assert entries == [
        ("place.mobileunit_changed", me),
        ("place.change_asked", me),
        ("place.mobileunit_changed", me),
        ("place.change_agreed", second),
    ]
    assert not any(OWN in str(entry.detail) for entry in AuditEntry.objects.all())
    kept = PlaceChange.objects.get().values
    assert (kept["before"], kept["after"]) == ({"callback_phone": UNITS}, {"callback_phone": OWN})


def test_another_name_is_saved_beside_a_number_of_the_demo_that_cannot_be_called(operator, besa, unit):
    MobileUnit.objects.filter(pk=unit.pk).update(callback_phone="+355 00 000 0001")
    unit.refresh_from_db()
    change_unit(operator, unit, name="Njësia e re")
    unit.refresh_from_db()
    assert (unit.callback_phone, unit.name) == ("+355 00 000 0001", "Njësia e re")
    assert not PlaceChange.objects.exists()


def test_a_lost_phone_is_taken_off_by_one_person_and_everybody_hears_of_it(operator, besa, unit):
    change_unit(operator, unit, callback_phone="")
    unit.refresh_from_db()
    assert unit.callback_phone == ""
    assert "taken away the number" in mail.outbox[0].body
    assert PlaceChange.objects.get().values["before"] == {"callback_phone": UNITS}
    change_unit(operator, unit, callback_phone=OWN)  # to give another one takes two
    unit.refresh_from_db()
    assert unit.callback_phone == ""


def test_a_new_unit_has_no_number_until_a_second_person_agreed(operator, besa, regions):
    given = {"name": "AAA", "slug": "aaa", "region": regions["north"].pk, "is_active": "on", "callback_phone": OWN}
    as_(operator).post(reverse("mobileunit:add"), given)
    assert MobileUnit.objects.get(slug="aaa").callback_phone == ""
    decide(besa)
    assert MobileUnit.objects.get(slug="aaa").callback_phone == OWN


def test_a_unit_isnt_opened_or_closed_by_one_person(operator, besa, unit):
    change_unit(operator, unit, is_active="off")
    assert MobileUnit.objects.get(pk=unit.pk).is_active
    decide(besa)
    assert not MobileUnit.objects.get(pk=unit.pk).is_active


def test_somebody_who_came_to_the_unit_meanwhile_keeps_it_open(operator, besa, person, unit):
    change_unit(operator, unit, is_active="off")
    person("worker", place="north")
    assert "People still work in this unit" in decide(besa).content.decode()
    assert MobileUnit.objects.get(pk=unit.pk).is_active


def test_a_municipalitys_directorate_waits(operator, besa, place):
    other = PoliceDirectorate.objects.get(slug="dvp-b")
    as_(operator).post(reverse("municipality:edit", args=[place.pk]), {"police_directorate": other.pk})
    place.refresh_from_db()
    assert place.police_directorate.slug == "dvp-a"
    page = as_(besa).get(reverse("by_two:list")).content.decode()
    assert "dvp-a → dvp-b" in page
    decide(besa)
    place.refresh_from_db()
    assert place.police_directorate == other


def test_the_mark_of_a_region_waits_and_every_coordinator_hears_of_it(operator, besa, person, regions):
    person("coordinator", place="south", email="sara@vatra.example")
    north = regions["north"]
    as_(operator).post(reverse("region:edit", args=[north.pk]), {"name": north.name, "is_outreach": "on"})
    north.refresh_from_db()
    assert not north.is_outreach
    assert {letter.to[0] for letter in mail.outbox} == {"besa@vatra.example", "sara@vatra.example"}
    decide(besa)
    north.refresh_from_db()
    assert north.is_outreach


def test_a_coordinator_of_another_region_neither_sees_nor_decides(operator, besa, person, unit):
    sara = with_rights(person("coordinator", place="south"))
    change_unit(operator, unit, callback_phone=OWN)
    assert decide(sara).status_code == 404
    assert "Units and places" not in as_(sara).get(reverse("by_two:list")).content.decode()
    assert MobileUnit.objects.get(pk=unit.pk).callback_phone == UNITS


def test_asked_again_replaces_what_waited_and_an_outdated_one_is_not_made(operator, besa, unit):
    change_unit(operator, unit, callback_phone=OWN)
    first = PlaceChange.objects.get()
    page = as_(operator).get(reverse("mobileunit:edit", args=[unit.pk])).content.decode()
    assert f"{UNITS} → {OWN}" in page
    change_unit(operator, unit, callback_phone="+355692223344")
    assert "decided meanwhile" in decide(besa, change=first).content.decode()
    MobileUnit.objects.filter(pk=unit.pk).update(callback_phone="+355693334455")
    answer = decide(besa)
    assert answer.status_code == 409
    assert "changed after this had been asked for" in answer.content.decode()
    assert MobileUnit.objects.get(pk=unit.pk).callback_phone == "+355693334455"
    decide(besa, "refuse")
    assert not PlaceChange.objects.waiting().exists()


def test_whoever_asked_can_withdraw_and_nobody_else(operator, besa, unit):
    change_unit(operator, unit, callback_phone=OWN)
    assert decide(besa, "withdraw").status_code == 409
    assert decide(operator, "withdraw").status_code == 302
    assert not PlaceChange.objects.waiting().exists()


def test_a_mail_server_that_is_away_is_tried_again(operator, besa, unit):
    with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
        change_unit(operator, unit, callback_phone=OWN)
    assert PlaceChange.objects.get().mailed_at is None
    change = PlaceChange.objects.get()
    assert send_again(now=change.asked_at + timedelta(minutes=2)) == 1
    assert mail.outbox[0].to == ["besa@vatra.example"]


def test_the_table_itself_refuses_one_person(operator, unit):
    change = PlaceChange(kind="mobileunit", entry_id=unit.pk, values={"before": {}, "after": {}}, asked_by=operator)
    change.decision, change.decided_by, change.decided_at = "agreed", operator, change.asked_at
    with pytest.raises(IntegrityError), transaction.atomic():
        change.save()


@pytest.mark.parametrize("role", ["worker", "editor", "auditor"])
def test_nobody_but_keepers_reaches_the_screen(operator, person, unit, role):
    change_unit(operator, unit, callback_phone=OWN)
    MobileUnit.objects.filter(pk=unit.pk).update(callback_phone=UNITS)
    person("coordinator", place="north")
    change_unit(operator, unit, callback_phone=OWN)
    found = PlaceChange.objects.waiting().get()
    assert as_(person(role, admin=True)).get(reverse("by_two:place", args=[found.pk])).status_code == 404


def later(change: PlaceChange, minutes: float):
    return change.asked_at + timedelta(minutes=minutes)


def test_one_refused_address_brings_nobody_else_the_mail_again_and_is_tried_ever_more_rarely(
    operator, besa, person, unit
):
    person("worker", place="north", email="ana@vatra.example", language="en")
    tried = []

    def send(letter: mail.EmailMessage) -> int:
        tried.append(letter.to[0])
        if letter.to == ["ana@vatra.example"]:
            raise OSError
        return 1

    with mock.patch("django.core.mail.EmailMessage.send", send):
        change_unit(operator, unit, callback_phone=OWN)
        change = PlaceChange.objects.get()
        assert sorted(tried) == ["ana@vatra.example", "besa@vatra.example"]
        tried.clear()
        for minute in range(1, 121):
            assert send_again(now=later(change, minute + 0.1)) == 0
    assert set(tried) == {"ana@vatra.example"}
    assert len(tried) < 12
    assert send_again(now=later(change, 300)) == 1
    assert [letter.to for letter in mail.outbox] == [["ana@vatra.example"]]


@pytest.mark.parametrize(("decision", "told"), [("agree", "was decided: agreed"), ("refuse", None)])
def test_what_is_mailed_late_doesnt_say_that_nothing_changed_once_it_was_decided(operator, besa, unit, decision, told):
    with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
        change_unit(operator, unit, callback_phone=OWN)
        decide(besa, decision)
    send_again(now=later(PlaceChange.objects.get(), 30))
    assert [told in letter.body for letter in mail.outbox] == ([True] if told else [])


def test_what_cant_be_read_is_named_and_refused_and_stops_nothing_else(operator, besa, unit, place):
    change_unit(operator, unit, callback_phone=OWN)
    found = PlaceChange.objects.get()
    other = PoliceDirectorate.objects.get(slug="dvp-b")
    as_(operator).post(reverse("municipality:edit", args=[place.pk]), {"police_directorate": other.pk})
    sealed_elsewhere = PlaceChange.objects.exclude(pk=found.pk).values_list("pk", flat=True).get()
    with connection.cursor() as cursor:  # a seal holds for its own row only
        cursor.execute(
            'UPDATE access_placechange SET "values" = (SELECT "values" FROM access_placechange WHERE id = %s)'
            " WHERE id = %s",
            [as_stored(sealed_elsewhere), as_stored(found.pk)],
        )
    page = as_(besa).get(reverse("by_two:list")).content.decode()
    assert "can&#x27;t be read" in page
    assert "dvp-a → dvp-b" in page
    assert as_(operator).get(reverse("mobileunit:edit", args=[unit.pk])).status_code == 200
    one = as_(besa).get(reverse("by_two:place", args=[found.pk])).content.decode()
    assert "can't be read" in one
    assert 'value="agree"' not in one
    assert decide(besa, "agree", found).status_code == 409
    assert send_again(now=later(found, 30)) == 0
    assert decide(besa, "refuse", found).status_code == 302
    unit.refresh_from_db()
    assert unit.callback_phone == UNITS


def as_stored(key: UUID) -> str:
    return key.hex if connection.vendor == "sqlite" else str(key)


def test_who_asked_and_writes_somebody_else_into_the_database_still_decides_nothing(operator, besa, unit):
    change_unit(operator, unit, callback_phone=OWN)
    PlaceChange.objects.update(asked_by=besa)
    change = PlaceChange.objects.get()
    address = reverse("by_two:place", args=[change.pk])
    assert as_(operator).post(address, {"decision": "agree"}).status_code == 409
    unit.refresh_from_db()
    assert unit.callback_phone == UNITS
    page = as_(operator).get(address).content.decode()
    assert OWN not in page
    assert 'value="agree"' not in page
    assert as_(operator).post(address, {"decision": "refuse"}).status_code == 302


def test_asking_and_deciding_take_the_row_before_its_change(operator, besa, unit):
    """Else each could wait for the other for ever (PostgreSQL; SQLite locks no rows, but asks in the same order)."""
    change_unit(operator, unit, callback_phone=OWN)
    change = PlaceChange.objects.get()

    def order(act: Callable[[], object]) -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            act()
        tables = [re.search(r'FROM "(\w+)"', str(query["sql"])) for query in asked]
        found = [name[1] for name in tables if name and name[1] in ("access_mobileunit", "access_placechange")]
        return list(dict.fromkeys(found))

    both = ["access_mobileunit", "access_placechange"]
    asking = {"before": {"callback_phone": UNITS}, "after": {"callback_phone": "+355691110000"}}
    assert order(lambda: ask_for_change(place=unit, by=operator, **asking)) == both
    change = PlaceChange.objects.waiting().get()
    assert order(lambda: PLACES.decide(change=change, agree=True, by=besa)) == both


def test_a_name_changed_for_the_deciding_is_named_on_its_screen_and_mailed(operator, besa, person, unit, place):
    other = PoliceDirectorate.objects.get(slug="dvp-b")
    as_(operator).post(
        reverse("policedirectorate:edit", args=[other.pk]), {"name": "DVP Qendra", "short_name": "Qendra"}
    )
    assert [letter.to for letter in mail.outbox] == [["besa@vatra.example"]]
    assert "“dvp-b / dvp-b” is now “DVP Qendra / Qendra”" in mail.outbox[0].body
    as_(operator).post(reverse("municipality:edit", args=[place.pk]), {"police_directorate": other.pk})
    found = PlaceChange.objects.get()
    page = as_(besa).get(reverse("by_two:place", args=[found.pk])).content.decode()
    assert "A name was changed lately" in page
    assert "Qendra: Olta" in page
    PoliceDirectorate.objects.filter(pk=other.pk).update(short_name="dvp-b")
    assert "Qendra (now called dvp-b)" in as_(besa).get(reverse("by_two:place", args=[found.pk])).content.decode()


def test_where_nothing_was_renamed_the_screen_warns_of_nothing_and_nobody_is_mailed(operator, besa, unit):
    change_unit(operator, unit, working_since="2026")
    assert not mail.outbox
    change_unit(operator, unit, callback_phone=OWN)
    page = as_(besa).get(reverse("by_two:place", args=[PlaceChange.objects.get().pk])).content.decode()
    assert "A name was changed lately" not in page
    assert "when this was asked for" not in page


def test_what_a_colleague_asked_for_isnt_dropped_in_silence(operator, besa, person, unit):
    second = with_rights(person("operator", username="second", email="second@vatra.example"))
    MobileUnit.objects.filter(pk=unit.pk).update(is_active=False)
    unit.refresh_from_db()
    change_unit(operator, unit, callback_phone=OWN, is_active="off")
    mail.outbox.clear()
    page = change_unit(second, unit).content.decode()
    assert "Olta" in page.split(" had asked for is withdrawn by this")[0][-40:]
    assert OWN in page
    told = {letter.to[0] for letter in mail.outbox if "was decided: withdrawn" in letter.body}
    assert {"olta@vatra.example", "besa@vatra.example"} <= told
    assert not any(OWN in letter.body for letter in mail.outbox)
    mail.outbox.clear()
    assert "is withdrawn by this" not in change_unit(second, unit).content.decode(), "the same, asked again"
    assert not any("withdrawn" in letter.body for letter in mail.outbox)
