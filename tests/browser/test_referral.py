"""One referral to its end, pressed by the unit on its phone or desk and by the service at its link."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from access.models import StaffRole, User
from audit.chain import SYSTEM
from case_forms.cases.lead import take_lead
from case_forms.cases.models import Case, Referral
from case_forms.cases.referring.actions import Step, note_step
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.seeding.reference import form_files
from notifications.directory.models import DutyShift
from notifications.directory.services.links import make_link
from notifications.directory.services.models import ServiceProfile
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from tests.world.consents import record_consent
from tests.world.forms import publish
from tests.world.notices import postbox
from tests.world.offices import PIN, make_staffed_office
from tests.world.places import PASSWORD, make_user
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import make_scene

from .pictures import picture
from .quiet import close, follow, listened
from .test_field import PHONE, fits

__all__ = ["postbox"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("postbox"),
]

WORDS = {
    "sq": {
        "declined": "Nuk u pranua, me telefon",
        "note": "Shënoje",
        "another": "Referoje te një shërbim tjetër",
        "refer": "Referoje te",
        "accept": "Pranoj",
        "agree": "Shënoje shoqërimin",
        "arrive": "Shënoje mbërritjen",
        "end": "Përfundoje referimin",
        "over": "Ky referim ka përfunduar",
        "problem": "Zgjidhni ditën dhe orën",
    },
    "en": {
        "declined": "Declined by phone",
        "note": "Note it",
        "another": "Refer to another service",
        "refer": "Refer to",
        "accept": "Accept",
        "agree": "Note the accompaniment",
        "arrive": "Note the arrival",
        "end": "End the referral",
        "over": "This referral has ended",
        "problem": "Choose the day and the time",
    },
}


@pytest.fixture(params=["phone-sq", "desk-en"])
def look(request: Any) -> tuple[str, str]:
    size, language = request.param.split("-")
    return size, language


@pytest.fixture
def make_context(chromium: Browser, transactional_db: Any, look: tuple[str, str]) -> Iterator[Any]:
    size, language = look
    viewport = PHONE if size == "phone" else {"width": 1280, "height": 900}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    made: list[BrowserContext] = []

    def make() -> BrowserContext:
        made.append(chromium.new_context(viewport=viewport, locale=locale, timezone_id="Europe/Tirane"))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for context in made:
        close(context)


def sign_in(page: Page, url: str, user: User) -> None:
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    page.goto(f"{url}/field/")
    page.fill("#id_login", user.username)
    page.fill("#id_password", PASSWORD)
    page.click("main button")
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_load_state()


def open_at_link(context: BrowserContext, url: str, referral: Referral, language: str) -> tuple[Page, list[str]]:
    """Open the service's page with its PIN."""
    notice = Notice.objects.get(pk=referral.notice_id)
    page, complaints = listened(context)
    page.goto(f"{url}/n/{notice.link_token}/?lang={language}")
    page.locator("#pin").fill(PIN)
    page.locator(".pin-form button").click()
    expect(page.locator("aside.answers")).to_be_visible()
    return page, complaints


@pytest.mark.main
def test_full_then_another_accepts_then_accompanied_arrived_ended(
    make_context: Any, live_server: Any, look: tuple[str, str]
) -> None:
    size, language = look
    name, words = f"{size}-{language}", WORDS[language]
    scene = make_scene()
    reference = scene.send().receipt["case"]
    full = scene.offices["protection_service"]
    scene.follow(reference, to_org=full.slug, service=["shelter"])
    send_due()
    other = make_staffed_office("protection_service")
    record_consent(Case.objects.get(), partner=other)
    User.objects.update(language=language)

    unit, complaints = listened(make_context())
    sign_in(unit, live_server.url, scene.worker)
    case_page = f"{live_server.url}/field/cases/{reference}/"
    unit.goto(case_page)
    picture(unit, f"referral-asked-{name}")
    unit.locator("details[data-fold^=note-] summary").click()
    unit.get_by_role("link", name=words["declined"]).click()
    unit.locator("input[value=no_free_bed]").check()
    unit.locator("#said_by").fill("Drita")
    fits(unit)
    picture(unit, f"referral-declined-step-{name}")
    unit.get_by_role("button", name=words["note"], exact=True).click()
    expect(unit).to_have_url(case_page)
    follow(unit, unit.get_by_role("link", name=words["another"]))
    fits(unit)
    picture(unit, f"referral-another-{name}")
    unit.get_by_role("button", name=words["refer"]).click()
    expect(unit).to_have_url(case_page)
    send_due()

    referral = Referral.objects.get(partner=other)
    service, their_complaints = open_at_link(make_context(), live_server.url, referral, language)
    service.get_by_role("button", name=words["accept"], exact=True).click()
    agree = service.get_by_role("button", name=words["agree"])
    expect(agree).to_be_visible()
    picture(service, f"referral-link-accepted-{name}")
    service.locator("#step-who").fill("Arben, Vatra")
    service.locator("#step-agreed form").evaluate("form => { form.noValidate = true }")
    agree.click()
    expect(service.get_by_role("alert").get_by_text(words["problem"])).to_be_visible()
    expect(service.locator("#step-who")).to_have_value("Arben, Vatra")
    fits(service)
    picture(service, f"referral-link-problem-{name}")
    service.locator("#step-due").fill((timezone.localtime() + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M"))
    agree.click()
    arrive = service.get_by_role("button", name=words["arrive"])
    expect(arrive).to_be_visible()
    unit.goto(case_page)
    fits(unit)
    picture(unit, f"referral-agreed-{name}")
    arrive.dblclick()
    end = service.get_by_role("button", name=words["end"])
    expect(end).to_be_visible()
    service.locator("input[value=programme_finished]").check()
    fits(service)
    picture(service, f"referral-link-end-{name}")
    end.click()
    expect(service.get_by_text(words["over"])).to_be_visible()
    fits(service)
    picture(service, f"referral-link-over-{name}")
    unit.goto(case_page)
    fits(unit)
    picture(unit, f"referral-ended-{name}")
    kinds = list(referral.steps.values_list("kind", flat=True))
    assert kinds == ["accepted", "agreed", "arrived", "finished"]
    assert complaints == their_complaints == []


def test_a_service_is_found_and_says_its_places(make_context: Any, live_server: Any, look: tuple[str, str]) -> None:
    size, language = look
    name = f"{size}-{language}"
    scene = make_scene()
    office = scene.offices["protection_service"]
    office.services = ["shelter"]
    office.save()
    full = make_staffed_office("protection_service", services=["shelter", "legal"])
    given = {"sexes": ["female"], "age_from": 12, "age_to": 17, "languages": ["sq", "it"], "takes_children": "yes"}
    ServiceProfile.objects.create(partner=office, hours="0–24", where="Vlorë", phone="+355 4 000 000", **given)
    ServiceProfile.objects.create(partner=full, places_free=0, confirmed_at=timezone.now())
    User.objects.update(language=language)
    contact = office.contacts.first()
    assert contact is not None
    link = make_link(contact, actor=SYSTEM)

    service, their_complaints = listened(make_context())
    service.goto(f"{live_server.url}/n/p.{link.link_token}/?lang={language}")
    service.locator("#pin").fill(PIN)
    service.locator(".pin-form button").click()
    service.locator("#free").fill("many")
    service.locator("form button.btn-next").click()
    expect(service.locator("#free-error")).to_be_visible()
    fits(service)
    picture(service, f"places-problem-{name}")
    service.locator("#free").fill("2")
    service.locator("form button.btn-next").click()
    expect(service.locator("#said")).to_contain_text("2 ")
    fits(service)
    picture(service, f"places-{name}")

    unit, complaints = listened(make_context())
    sign_in(unit, live_server.url, scene.worker)
    unit.goto(f"{live_server.url}/field/services/?need=shelter&age=15")
    expect(unit.locator(".service-choice")).to_have_count(2)
    expect(unit.locator(".service-choice").first).to_contain_text("2 ")
    fits(unit)
    picture(unit, f"services-{name}")
    assert complaints == their_complaints == []


def test_the_case_says_what_waits_and_whom_nobody_has_told(
    make_context: Any, live_server: Any, look: tuple[str, str]
) -> None:
    size, language = look
    name = f"{size}-{language}"
    scene = make_scene()
    service = scene.offices["protection_service"]
    DutyShift.objects.filter(partner=service).delete()
    reference = scene.send().receipt["case"]
    scene.follow(reference, to_org=service.slug, service=["shelter"])
    accepted = make_staffed_office("protection_service")
    scene.follow(reference, to_org=accepted.slug, service=["shelter"])
    publish(next(each for each in form_files() if each["key"] == "accompaniment"))
    procedure = small_procedure()
    joined = [{"do": "attach_case", "case": {"var": "case_ref"}}]
    procedure["rules"].append(rule("join", "Join", form="accompaniment", words="Joined.", then=joined))
    enact(procedure, since=timezone.now())
    left = (timezone.localtime() - timedelta(hours=3)).isoformat(timespec="minutes")
    for to, where in (("hospital", "Spitali Rajonal i Vlorës, pavijoni i urgjencës"), ("police", "Komisariati 1")):
        said = {"to_kind": to, "institution": where, "left_at": left, "worker_1": "Drita Hoxha"}
        receive_submission(
            uuid=uuid4(),
            form_key="accompaniment",
            version=1,
            occurred_at=timezone.now(),
            answers={"case_ref": reference, **said},
            user=scene.worker,
        )
    running = Referral.objects.get(partner=accepted)
    note_step(referral=running, step=Step(kind="accepted", way="phone", said_by="Voice"), by=scene.worker)
    colleague = make_user(StaffRole.WORKER, unit=scene.unit, first_name="Drita", last_name="Hoxha")
    take_lead(case=Case.objects.get(), by=colleague, at=timezone.now())
    User.objects.update(language=language)
    context = make_context()
    page, complaints = listened(context)
    sign_in(page, live_server.url, scene.worker)
    page.goto(f"{live_server.url}/field/cases/{reference}/")
    expect(page.locator("#journeys")).to_be_visible()
    expect(page.locator(f"#referral-{Referral.objects.get(partner=service).pk}")).to_contain_text(
        {"sq": "Ende nuk është njoftuar askush", "en": "Nobody at the service has been notified yet"}[language]
    )
    fits(page)
    picture(page, f"waits-{name}")
    page.goto(f"{live_server.url}/field/day/")
    expect(page.locator("#between-units")).to_be_visible()
    fits(page)
    picture(page, f"taken-over-{name}")
    assert not complaints
