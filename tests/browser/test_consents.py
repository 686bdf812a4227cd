"""Consents on a phone: what the case says at a glance, a form with covered offices first, a press that withdraws."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, expect

from access.models import User
from case_forms.cases.models import Case
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from case_forms.submissions.tests.test_consents import SHELTER, refer, say
from case_forms.submissions.tests.test_shipped_forms import send
from notifications.directory.models import Partner
from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1280, "height": 900}


@pytest.fixture(params=[("sq", PHONE), ("en", PHONE), ("en", DESK)], ids=["sq", "en", "desk"])
def screen(request: Any, chromium: Browser, transactional_db: Any) -> Iterator[tuple[str, BrowserContext]]:
    language, size = request.param
    lay_down_demo()
    User.objects.update(language=language)
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=size, locale=locale, timezone_id="Europe/Tirane")
    yield f"{language}_{size['width']}", context
    close(context)


def open_case(worker: User) -> Case:
    sent = send(
        worker, "initial_identification", worker_decision="potential_victim", age_basis="document",
        birth_date="1990-05-05", age_in_doubt="no",
    )  # fmt: skip
    assert sent.case is not None
    return sent.case


@pytest.mark.main
def test_a_worker_sees_who_may_know_what_and_takes_a_consent_back(
    screen: tuple[str, BrowserContext], live_server: Any
) -> None:
    name, context = screen
    worker = User.objects.get(username="vlore1")
    case = open_case(worker)
    say(
        worker,
        case,
        recipient=SHELTER,
        hours_ago=3,
        until=(timezone.localdate() + timezone.timedelta(days=30)).isoformat(),
    )
    say(worker, case, office="psychologist", given="no", hours_ago=2)
    refer(worker, case)
    office = Partner.objects.get(slug=SHELTER)
    notice = Notice.objects.get(case_id=case.pk, partner=office)
    now = timezone.now()
    Notice.objects.filter(pk=notice.pk).update(
        state=NoticeState.OPENED, sent_at=now, opened_at=now, attempts=1, next_attempt_at=None, lease_until=None
    )
    page, complaints = listened(context)
    page.goto(f"{live_server.url}/field/")
    page.fill("#id_login", "vlore1")
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("h1")).to_contain_text("Vlor")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    section = page.locator("section[aria-labelledby=consents]")
    expect(section).to_contain_text(office.names[name[:2]])
    fits(page)
    picture(page, f"consents_{name}")
    section.locator("a.btn").first.click()
    expect(page.locator("#reason")).to_be_visible()
    fits(page)
    picture(page, f"consents_withdraw_{name}")
    page.locator(".bottom-bar .btn-next").click()
    expect(page.locator("#reason-error")).to_be_visible()  # a reason is needed
    page.fill("#reason", "Më tha në telefon që nuk do më.")
    page.locator(".bottom-bar .btn-next").click()
    page.wait_for_url(f"**/field/cases/{case.reference}/")
    expect(section.locator("a.btn")).to_have_count(0)
    notice.refresh_from_db()
    assert notice.state == "cancelled"
    fits(page)
    picture(page, f"consents_ended_{name}")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    page.locator("form[action$='/forms/referral/start/'] button").first.evaluate("each => each.click()")
    expect(page.locator("#section")).to_be_visible()
    fits(page)
    picture(page, f"consents_referral_{name}")
    assert uuid.UUID(page.url.split("/drafts/")[1].split("/")[0])
    assert complaints == []
