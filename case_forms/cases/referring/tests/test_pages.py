"""The pages of a referral's steps, as the unit, its coordinator and the service press through them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.cases.models import Case, Referral, ReferralState, ReferralStep
from notifications.briefs.replies import answer
from notifications.directory.models import Role
from notifications.directory.services.models import ServiceProfile
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from tests.world.consents import record_consent
from tests.world.notices import postbox
from tests.world.offices import PIN, make_staffed_office
from tests.world.places import make_coordinator, make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

__all__ = ["postbox"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox", "in_english")]
CANARY = "Kanarina"


@pytest.fixture
def scene(db: None) -> Scene:
    return make_scene()


@pytest.fixture
def referral(scene: Scene) -> Referral:
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    send_due()
    return Referral.objects.get()


def sign_in(user: User) -> Client:
    User.objects.filter(pk=user.pk).update(language="en")
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def worker(scene: Scene) -> Client:
    return sign_in(scene.worker)


def address(referral: Referral, what: str) -> str:
    return f"/field/cases/{referral.case.reference}/referrals/{referral.pk}/{what}/"


def tomorrow() -> str:
    return (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def case_page(client: Client, referral: Referral) -> str:
    return client.get(f"/field/cases/{referral.case.reference}/").content.decode()


def at_link(referral: Referral, language: str = "en") -> tuple[Client, str]:
    """The service's page, opened with its PIN."""
    notice = Notice.objects.get(pk=referral.notice_id)
    path = f"/n/{notice.link_token}/"
    client = Client()
    assert client.post(path, {"pin": PIN}).status_code == 303
    return client, path


def test_the_unit_presses_through_all_steps(worker: Client, referral: Referral) -> None:
    assert "Accepted by phone" in case_page(worker, referral)
    said = {"way": "phone", "said_by": "Drita", "note": CANARY}
    assert worker.get(address(referral, "accepted")).status_code == 200
    assert worker.post(address(referral, "accepted"), said).status_code == 302
    agreed = {"way": "unit", "who": "Arben", "due": tomorrow()}
    assert worker.post(address(referral, "agreed"), agreed).status_code == 302
    page = case_page(worker, referral)
    assert "The person is to arrive" in page
    assert CANARY in page
    assert "Drita" in page
    assert worker.post(address(referral, "arrived"), {"way": "unit"}).status_code == 302
    assert worker.post(address(referral, "arrived"), {"way": "unit"}).status_code == 302  # pressed twice
    ended = {"way": "phone", "said_by": "Drita", "reason": "programme_finished"}
    assert worker.post(address(referral, "finished"), ended).status_code == 302
    assert "The programme or service was completed" in case_page(worker, referral)
    assert list(ReferralStep.objects.values_list("kind", flat=True)) == ["accepted", "agreed", "arrived", "finished"]


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(worker: Client, referral: Referral) -> None:
    given = {"way": "phone", "who": "Arben", "due": "nonsense", "said_by": "", "note": CANARY}
    refused = worker.post(address(referral, "agreed"), given)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Error:" in page
    assert 'id="due-error"' in page
    assert all(f'value="{text}"' in page for text in ("Arben", "nonsense"))
    assert CANARY in page
    assert not ReferralStep.objects.exists()


def test_a_step_that_can_no_longer_be_taken_is_said(worker: Client, referral: Referral) -> None:
    worker.post(address(referral, "arrived"), {"way": "unit"})
    late = worker.post(address(referral, "agreed"), {"way": "unit", "who": "Arben", "due": tomorrow()})
    assert late.status_code == 409
    assert "has arrived already" in late.content.decode()
    assert worker.get(address(referral, "agreed")).status_code == 302
    assert worker.get(address(referral, "nonsense")).status_code == 404


def test_others_find_no_referral(scene: Scene, referral: Referral) -> None:
    elsewhere = make_place("larg", "Larg")
    _unit, stranger = make_unit_with_worker(elsewhere)
    for user in (stranger, make_coordinator(elsewhere)):
        client = sign_in(user)
        for what in ("arrived", "another"):
            assert client.get(address(referral, what)).status_code == 404
            assert client.post(address(referral, what), {"way": "unit"}).status_code == 404
    assert not ReferralStep.objects.exists()


def test_a_referral_of_another_case_is_not_there(scene: Scene, worker: Client, referral: Referral) -> None:
    other = scene.send(municipality=scene.place.municipality.slug, age_stated=40).receipt["case"]
    answered = worker.post(f"/field/cases/{other}/referrals/{referral.pk}/arrived/", {"way": "unit"})
    assert answered.status_code == 404


def test_the_coordinator_notes_steps_too(scene: Scene, referral: Referral) -> None:
    coordinator = sign_in(make_coordinator(scene.place))
    assert coordinator.post(address(referral, "no_answer"), {"way": "unit"}).status_code == 302
    assert Referral.objects.get().state == ReferralState.NO_ANSWER


def test_one_press_refers_to_the_next_service_that_is_covered(worker: Client, referral: Referral) -> None:
    covered, other = make_staffed_office(Role.PROTECTION_SERVICE), make_staffed_office(Role.PROTECTION_SERVICE)
    record_consent(Case.objects.get(), partner=covered)
    worker.post(address(referral, "no_answer"), {"way": "unit"})
    assert "Refer to another service" in case_page(worker, referral)
    page = worker.get(address(referral, "another")).content.decode()
    assert f'value="{covered.pk}"' in page
    assert f'value="{other.pk}"' not in page
    assert "No consent" in page
    refused = worker.post(address(referral, "another"), {"partner": other.pk})
    assert refused.status_code == 422
    assert worker.post(address(referral, "another"), {"partner": "9" * 30}).status_code == 422
    assert Referral.objects.count() == 1
    assert worker.post(address(referral, "another"), {"partner": covered.pk}).status_code == 302
    made = Referral.objects.get(after=referral)
    page = case_page(worker, referral)
    assert f"Referred to Office {covered.slug} since." in page
    assert made.partner == covered


def test_the_service_steps_at_its_link_after_accepting(referral: Referral, worker: Client) -> None:
    client, path = at_link(referral)
    early = client.post(f"{path}step/?lang=en", {"kind": "arrived", "lang": "en"})
    assert early.status_code == 404  # before its answer the page has no steps
    assert client.post(f"{path}reply/", {"kind": "accepted"}).status_code == 303
    page = client.get(f"{path}?lang=en").content.decode()
    assert "Accompaniment agreed" in page
    assert "Report the outcome" not in page
    missing = client.post(f"{path}step/", {"kind": "agreed", "who": "Arben", "due": "", "lang": "en"})
    assert missing.status_code == 422
    assert 'value="Arben"' in missing.content.decode()
    assert client.post(f"{path}step/", {"kind": "agreed", "who": "Arben", "due": tomorrow()}).status_code == 303
    assert client.post(f"{path}step/", {"kind": "arrived", "note": CANARY}).status_code == 303
    assert client.post(f"{path}step/", {"kind": "arrived", "note": CANARY}).status_code == 303  # pressed twice
    wrong = client.post(f"{path}step/", {"kind": "agreed", "who": "Arben", "due": tomorrow(), "lang": "en"})
    assert wrong.status_code == 409
    assert client.post(f"{path}reply/", {"kind": "declined", "declined_reason": "other"}).status_code == 422
    assert client.post(f"{path}step/", {"kind": "finished", "reason": "independent"}).status_code == 303
    over = client.get(f"{path}?lang=en").content.decode()
    assert "This referral has ended" in over
    assert "Something was told" not in over
    assert list(ReferralStep.objects.values_list("kind", "way")) == [
        ("accepted", "link"), ("agreed", "link"), ("arrived", "link"), ("finished", "link")
    ]  # fmt: skip
    assert CANARY in case_page(worker, referral)


def test_the_service_does_not_read_what_the_unit_wrote(referral: Referral, worker: Client) -> None:
    said = {"way": "phone", "said_by": "Drita", "note": CANARY, "who": "Arben", "due": tomorrow()}
    worker.post(address(referral, "agreed"), said)
    client, path = at_link(referral)
    page = client.get(f"{path}?lang=en").content.decode()
    assert "Arben" in page
    assert CANARY not in page
    assert "Drita" not in page


def test_a_step_needs_the_pin(referral: Referral) -> None:
    notice = Notice.objects.get(pk=referral.notice_id)
    answer(notice=notice, kind="accepted")
    answered = Client().post(f"/n/{notice.link_token}/step/", {"kind": "arrived"})
    assert answered.status_code == 403
    assert ReferralStep.objects.count() == 1


def test_a_police_notice_has_no_steps(scene: Scene) -> None:
    scene.send()
    send_due()
    notice = Notice.objects.get(role="police")
    client = Client()
    client.post(f"/n/{notice.link_token}/", {"pin": PIN})
    client.post(f"/n/{notice.link_token}/reply/", {"kind": "accepted"})
    assert client.post(f"/n/{notice.link_token}/step/", {"kind": "arrived"}).status_code == 404
    page = client.get(f"/n/{notice.link_token}/?lang=en").content.decode()
    assert "Report the outcome" in page


def test_fewer_places_are_offered_at_acceptance_and_never_done_by_itself(referral: Referral) -> None:
    profile = ServiceProfile.objects.create(partner=referral.partner, places_free=3, confirmed_at=timezone.now())
    client, path = at_link(referral)
    client.post(f"{path}reply/", {"kind": "accepted"})
    profile.refresh_from_db()
    assert profile.places_free == 3
    page = client.get(f"{path}?lang=en").content.decode()
    assert "3 places free" in page
    assert 'name="free"' in page
    assert 'value="2"' in page
    assert client.post(f"{path}step/", {"kind": "places", "free": "x", "lang": "en"}).status_code == 422
    assert client.post(f"{path}step/", {"kind": "places", "free": "2"}).status_code == 303
    profile.refresh_from_db()
    assert (profile.places_free, profile.confirmed_contact) == (2, Notice.objects.get(pk=referral.notice_id).contact)
    assert ReferralStep.objects.count() == 1


def test_what_to_know_of_a_service_is_said_before_it_is_asked(worker: Client, referral: Referral) -> None:
    full = make_staffed_office(Role.PROTECTION_SERVICE)
    record_consent(Case.objects.get(), partner=full)
    ServiceProfile.objects.create(partner=full, places_free=0, confirmed_at=timezone.now())
    worker.post(address(referral, "no_answer"), {"way": "unit"})
    page = worker.get(address(referral, "another")).content.decode()
    assert "Full, said on" in page
    assert f'value="{full.pk}"' in page  # said, not hidden


def test_workers_search_the_directory_and_recipients_do_not(worker: Client, scene: Scene) -> None:
    ServiceProfile.objects.create(partner=scene.offices["protection_service"], phone="+355 4 000 000", age_to=17)
    page = worker.get("/field/services/?age=15").content.decode()
    assert "tel:+3554000000" in page
    assert "tel:+3554000000" not in worker.get("/field/services/?age=30").content.decode()
    nonsense = "/field/services/?need=x&region=%00&age=-1&sex=x&language=x"
    assert worker.get(nonsense).status_code == 200
    assert Client().get("/field/services/").status_code in (302, 403, 404)
