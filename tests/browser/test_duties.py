"""A duty that is due, as the worker meets it: on the case's page, and in the notice, on a phone and on a desk."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, expect

from access.models import User
from case_forms.cases import deadline_clock
from case_forms.cases.models import Case, Deadline
from notifications.directory.models import Contact, Role
from notifications.outbox.actions import build_link
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice, Purpose
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {"sq": ("Përgjegjës:", "Një detyrë ka arritur afatin"), "en": ("Whose duty:", "A duty is due")}


@pytest.fixture(params=["sq", "en"])
def language(request: Any) -> str:
    return str(request.param)


@pytest.fixture(params=["phone", "desk"])
def context(request: Any, chromium: Browser, transactional_db: Any, language: str) -> Iterator[BrowserContext]:
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    Contact.objects.update(language=language)
    size = PHONE if request.param == "phone" else {"width": 1280, "height": 900}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=size, locale=locale, timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    context.picture_name = f"{request.param}-{language}"  # type: ignore[attr-defined]
    yield context
    close(context)


def test_a_duty_that_is_due_stands_on_the_case_with_its_owner_and_in_the_notice(
    context: BrowserContext, live_server: Any, language: str
) -> None:
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    case = _case_with_a_duty()
    deadline_clock.advance(timezone.now())
    send_due()
    page.goto(f"{live_server.url}/field/cases/{case.reference}/")
    owner, due = WORDS[language]
    expect(page.get_by_text(owner).first).to_be_visible()
    expect(page.get_by_text(due).first).to_be_hidden()  # what is to be done says it; who was told of it is folded
    page.locator("details[data-fold=reminders] > summary").click()
    expect(page.get_by_text(due).first).to_be_visible()
    fits(page)
    picture(page, f"case-{context.picture_name}")  # type: ignore[attr-defined]
    notice = Notice.objects.get(purpose=Purpose.DUTY, case_id=case.pk)
    assert build_link(notice)
    assert complaints == []


def _case_with_a_duty() -> Case:
    duty = (
        Deadline.objects.running()
        .filter(next_mark_at__isnull=False, case__unit__slug="lezhe", owner=Role.MOBILE_UNIT)
        .first()
    )
    assert duty is not None
    Deadline.objects.filter(pk=duty.pk).update(
        starts_at=timezone.now() - timedelta(days=2), red_at=timezone.now(), next_mark_at=timezone.now()
    )
    return duty.case
