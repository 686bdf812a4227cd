"""Wherever a person is met, and whoever is on duty: somebody is told, or the case is loud with a number to call."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import Municipality, User
from case_forms.submissions.tests.page import Page
from notifications.briefs.replies import answer
from notifications.directory.chain import is_outside_area, resolve_chain
from notifications.directory.models import Contact, DutyShift, Partner, Role
from notifications.escalation.clock import advance
from notifications.outbox.actions import mark_opened
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.repeating import merge_repeated_notices
from notifications.outbox.sweep import resolve_again
from tests.world.offices import make_staffed_office
from tests.world.places import Place, make_coordinator, make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ..dashboard import build_dashboard
from ..models import Case, CaseEvent
from ..timeline import build_timeline

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

TOLD = (Role.POLICE, Role.CPU, Role.RESPONSIBLE_AUTHORITY)


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def build_page(user: User, case: Case) -> Page:
    client = Client()
    client.force_login(user)
    return Page(client, client.get(f"/field/cases/{case.reference}/"))


# ---- a generated directory ----


office = st.fixed_dictionaries(
    {
        "is_active": st.sampled_from([True, True, True, False]),
        "contact_is_active": st.sampled_from([True, True, True, False]),
        "phone": st.sampled_from(["+355691234567", ""]),
        "shift": st.sampled_from(["now", "now", "over", "not yet", "none"]),
    }
)
directory = st.fixed_dictionaries(
    {
        "offices": st.lists(
            st.tuples(st.sampled_from([*TOLD, Role.COORDINATOR]), st.integers(0, 2), office),
            max_size=9,
            unique_by=lambda one: (one[0], one[1] if one[0] != Role.RESPONSIBLE_AUTHORITY else 0),
        ),
        "place": st.integers(0, 2),
    }
)


def furnish(places: list[Place], drawn: list[tuple[str, int, dict[str, Any]]]) -> None:
    """Sets up the drawn offices, each with one contact."""
    for role, number, how in drawn:
        place = places[number]
        area: dict[str, Any] = {
            Role.POLICE: {"directorate": place.directorate},
            Role.CPU: {"municipality": place.municipality},
            Role.COORDINATOR: {"region": place.region},
        }.get(role, {})
        made = make_staffed_office(role, contacts=1, **area)
        Partner.objects.filter(pk=made.pk).update(is_active=how["is_active"])
        Contact.objects.filter(partner=made).update(is_active=how["contact_is_active"], phone=how["phone"])
        shift, now = DutyShift.objects.filter(partner=made), timezone.now()
        if how["shift"] == "none":
            shift.delete()
        elif how["shift"] == "over":
            shift.update(ends_at=now - timedelta(minutes=1))
        elif how["shift"] == "not yet":
            shift.update(starts_at=now + timedelta(minutes=1))


def is_reachable(notice: Notice) -> bool:
    """Somebody who is there, at work, and on the roster at the moment when it was owed."""
    contact = notice.contact
    return (
        contact is not None
        and contact.is_active
        and contact.partner.is_active
        and DutyShift.objects.at(notice.owed_at).filter(contact=contact, partner=contact.partner).exists()
    )


@given(drawn=directory)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_for_every_place_and_roster_somebody_is_told_or_the_case_is_loud_with_a_number(
    scene: Scene, drawn: dict[str, Any]
) -> None:
    with transaction.atomic():
        Partner.objects.update(is_active=False)
        places = [scene.place, make_place(), make_place()]
        furnish(places, drawn["offices"])
        there = places[drawn["place"]].municipality
        sent = scene.send(municipality=there.slug, age_stated=15)
        case = sent.submission.case
        assert case is not None
        everybody_is_told_or_it_is_loud(scene, case)
        no_moment_is_without_an_answer(scene, places)
        transaction.set_rollback(True)


def everybody_is_told_or_it_is_loud(scene: Scene, case: Case) -> None:
    board = build_dashboard(build_timeline(case, language="en"))
    page = build_page(scene.worker, case)
    assert {card.line.role for card in board.cards} == set(TOLD)
    for card in board.cards:
        notice = Notice.objects.get(pk=card.line.id)
        if is_reachable(notice):
            assert card.nobody is None
            outside = is_outside_area(notice.role, notice.contact.partner, notice.municipality)
            assert ("Outside your area" in str(notice.brief)) == outside
            continue
        assert card.nobody is card.line
        assert (card.state, card.must_call, card.line.loud) == ("no_contact", True, True)
        assert Notice.objects.nobody_reached().filter(pk=notice.pk).exists()
        numbers = [callee.phone for callee in card.nobody.to_call]
        assert numbers
        assert all(page.soup.select_one(f'a[href="tel:{phone.replace(" ", "")}"]') for phone in numbers)
        callers = list(notice.chasers.filter(purpose=Purpose.FALLBACK))
        assert callers
        assert all(is_reachable(caller) or caller.reason == "no_contact" for caller in callers)
        says_asked = "to find a contact" in page.words()
        assert says_asked == any(is_reachable(caller) for caller in callers)
        assert ("No coordinator could be notified either" in page.words()) == (not says_asked)


def no_moment_is_without_an_answer(scene: Scene, places: list[Place]) -> None:
    """At each edge of the roster: a contact who is on duty then, or coordinators who are, or the operator."""
    for minutes in (-2, 0, 2):
        at = timezone.now() + timedelta(minutes=minutes)
        for place in places:
            for role in (*TOLD, Role.COORDINATOR):
                found = resolve_chain(role=role, municipality=place.municipality, at=at, unit=scene.unit)
                people = [each for each in (found.contact, *found.coordinators) if each]
                assert (found.link == "operator") == (not people)
                on_duty = DutyShift.objects.at(at).values_list("contact_id", flat=True)
                assert all(each.pk in on_duty and each.is_active and each.partner.is_active for each in people)
                assert found.contact is None or found.contact.partner.role == role
                assert found.words


# ---- who sees it ----


def far_away(scene: Scene, **answers: Any) -> tuple[Case, Municipality]:
    """A case in a region for which nobody was ever entered."""
    there = make_place().municipality
    case = scene.send(municipality=there.slug, **answers).submission.case
    assert case is not None
    return case, there


def test_a_case_far_away_is_seen_by_its_unit_and_by_both_regions_coordinators(scene: Scene) -> None:
    case, there = far_away(scene)
    own, local = make_coordinator(scene.place), make_coordinator(Place(there.region, there.police_directorate, there))
    stranger = make_coordinator(make_place())
    _unit, other_worker = make_unit_with_worker(make_place())
    for user, status in ((scene.worker, 200), (own, 200), (local, 200), (stranger, 404), (other_worker, 404)):
        client = Client()
        client.force_login(user)
        page = f"/field/cases/{case.reference}/"
        assert client.get(page).status_code == status
        assert client.get(f"{page}submissions/{case.submissions.get().pk}/").status_code == status


def test_each_link_stands_in_the_explanation(scene: Scene) -> None:
    case, there = far_away(scene)
    words = build_page(scene.worker, case).words()
    assert f"There is no active office for the police in the municipality {there.name}." in words
    assert f"There is no other active office for the police in the region {there.region.name}." in words
    assert f"works in the sending unit's region, {scene.place.region.name}" in words
    assert "is outside this office's area. The recipient is informed of that." in words


def test_told_is_written_of_nobody_who_has_no_contact(scene: Scene) -> None:
    DutyShift.objects.exclude(partner__role=Role.RESPONSIBLE_AUTHORITY).delete()
    case, _there = far_away(scene)
    words = build_page(scene.worker, case).words()
    for said in ("Who has been notified", "Nobody has been notified", "nobody has been notified"):
        words = words.replace(said, "")
    assert "has been notified" not in words
    assert "was asked to find a contact" not in words
    assert "No coordinator could be notified either. Call now:" in words
    assert "Police, day and night 129" in words
    assert "Nobody was found. The operator is alarmed, and the unit has to call by itself." in words


def test_a_coordinator_is_said_to_be_asked_only_once_the_mail_has_gone_out(scene: Scene) -> None:
    DutyShift.objects.filter(partner__role=Role.POLICE).delete()
    case, _there = far_away(scene)
    assert "is being asked to find a contact" in build_page(scene.worker, case).words()
    Notice.objects.filter(purpose=Purpose.FALLBACK).update(
        state="sent", attempts=1, sent_at=timezone.now(), next_attempt_at=None
    )
    assert "was asked to find a contact: today" in build_page(scene.worker, case).words()


def test_a_contact_who_has_left_counts_as_nobody(scene: Scene) -> None:
    scene.send()
    notice = Notice.objects.get(role="police")
    Notice.objects.filter(pk=notice.pk).update(state="failed", reason="no_contact", next_attempt_at=timezone.now())
    page = build_page(scene.worker, Case.objects.get())
    assert "Anti-trafficking police officer: no contact found." in page.words()


def test_who_is_found_later_stands_in_the_explanation_too(scene: Scene) -> None:
    DutyShift.objects.filter(partner__role=Role.POLICE).delete()
    case, there = far_away(scene)
    make_staffed_office(Role.POLICE, directorate=there.police_directorate)
    resolve_again(timezone.now() + timedelta(minutes=1))
    event = CaseEvent.objects.get(kind="notice_resolved")
    assert there.name in str(event.explanation)
    assert "police officer: no contact found" not in build_page(scene.worker, case).words()


# ---- another area, where nobody is ----


def declined(scene: Scene, role: str, to: Municipality) -> Case:
    case = scene.send(age_stated=15).submission.case
    assert case is not None
    notice = Notice.objects.get(role=role, case_id=case.pk)
    mark_opened(notice=notice, at=timezone.now())
    answer(notice=notice, kind="wrong_area", to_municipality=to)
    return case


@pytest.mark.parametrize("role", [Role.POLICE, Role.CPU])
def test_another_area_towards_nobody_is_as_loud_as_no_contact_and_the_sender_is_told(scene: Scene, role: str) -> None:
    DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
    there = make_place().municipality
    case = declined(scene, role, there)
    board = build_dashboard(build_timeline(case, language="en"))
    (card,) = board.unresolved
    assert (card.line.role, card.line.state, card.state, card.must_call) == (role, "declined", "no_contact", True)
    assert board.cards[0] is card
    reached = Notice.objects.nobody_reached().get(case_id=case.pk)
    assert (reached.pk, reached.chases_id) == (card.nobody.id, card.line.id)
    for user in (scene.worker, make_coordinator(scene.place)):
        page = build_page(user, case)
        assert f"It was forwarded to {there.name}, and no contact was found there." in page.words()
        assert page.soup.select_one('.note-danger a[href^="tel:"]') is not None


def test_the_heir_goes_along_the_same_chain(scene: Scene) -> None:
    """The unit's region has another office: it is asked, and reads that the place isn't its own."""
    neighbour = Municipality.objects.create(
        slug="neighbour",
        name="Neighbour",
        region=scene.place.region,
        police_directorate=scene.place.directorate,
    )
    other_cpu = make_staffed_office(Role.CPU, municipality=neighbour)
    declined(scene, Role.CPU, make_place().municipality)
    heir = Notice.objects.get(purpose=Purpose.REROUTE)
    assert heir.contact.partner == other_cpu
    assert "Outside your area" in str(heir.brief)


def test_with_a_coordinator_who_was_asked_the_case_is_not_without_anybody(scene: Scene) -> None:
    case = declined(scene, Role.CPU, make_place().municipality)
    assert not Notice.objects.nobody_reached().filter(case_id=case.pk).exists()
    call = Notice.objects.get(purpose=Purpose.CALL)
    assert call.contact == scene.offices["coordinator"].contacts.get()


def test_who_accepted_and_then_named_another_area_has_not_taken_it(scene: Scene) -> None:
    DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
    case = scene.send().submission.case
    notice = Notice.objects.get(role="police")
    mark_opened(notice=notice, at=timezone.now())
    answer(notice=notice, kind="accepted")
    answer(notice=notice, kind="wrong_area", to_municipality=make_place().municipality)
    assert case is not None
    (card,) = build_dashboard(build_timeline(case, language="en")).unresolved
    assert (card.taken, card.state) == (None, "no_contact")


def test_every_coordinator_who_is_said_to_be_asked_stays_asked(scene: Scene) -> None:
    DutyShift.objects.filter(partner__role=Role.COORDINATOR).delete()
    for _office in range(3):
        make_staffed_office(Role.COORDINATOR, region=make_place().region, contacts=1)
    declined(scene, Role.CPU, make_place().municipality)
    chase = Notice.objects.get(role=Role.CPU, purpose=Purpose.FIRST).chase_id
    calls = Notice.objects.filter(purpose=Purpose.CALL, chase_id=chase)
    assert calls.count() == 3
    for minutes in range(0, 100, 10):
        now = timezone.now() + timedelta(minutes=minutes)
        advance(now)
        merge_repeated_notices(now)
    assert calls.open().count() == 3
    assert not calls.filter(reason="replaced").exists()
