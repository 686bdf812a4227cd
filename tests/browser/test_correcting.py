"""A worker corrects a form on the phone; the officer who had read the notice sees what it says now, and said before."""

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from access.models import User
from case_forms.cases.models import Case
from case_forms.submissions.models import Submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD, DEMO_PIN
from notifications.briefs.models import EarlierBrief
from notifications.directory.models import Role
from notifications.outbox.actions import build_link, mark_opened
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, follow
from .test_field import fits, press

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "en": ("Something is wrong: correct it", "Begin the correction", "What was wrong?", "Send", "corrected since"),
    "sq": ("Diçka është gabim", "Nisni korrigjimin", "Çfarë ishte gabim?", "Dërgoni", "korrigjuar më pas"),
}


@pytest.mark.parametrize(("language", "width"), [("sq", 360), ("en", 1280)])
def test_a_form_is_corrected_and_its_reader_sees_both_versions(
    chromium: Browser, live_server: Any, transactional_db: Any, language: str, width: int
) -> None:
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    correct, begin, why, send, since = WORDS[language]
    police = Notice.objects.open().filter(role=Role.POLICE, chases=None, contact__isnull=False, is_drill=False).first()
    assert police is not None
    mark_opened(notice=police, at=timezone.now())
    sent = (
        Submission.objects.current()
        .filter(case=police.case_id, form_version__form__key="initial_identification")
        .latest("received_at")
    )
    context = chromium.new_context(viewport={"width": width, "height": 760}, timezone_id="Europe/Tirane")
    page = context.new_page()
    worker = Case.objects.get(pk=police.case_id).opened_by
    page.goto(f"{live_server.url}/field/")
    page.fill("#id_login", worker.username)
    page.fill("#id_password", DEMO_PASSWORD)
    page.click("main button")
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{live_server.url}/field/cases/{police.case_reference}/submissions/{sent.pk}/")
    follow(page, page.get_by_role("link", name=correct))
    picture(page, f"correct_why_{language}_{width}")
    page.get_by_role("button", name=begin).click()
    expect(page.locator(".error-summary")).to_be_visible()
    picture(page, f"correct_why_missing_{language}_{width}")
    page.get_by_label(why).fill("12, jo 22: gabim shtypi.")
    page.get_by_role("button", name=begin).click()
    expect(page.locator("#changed")).to_be_visible()
    draft = sent.correcting_drafts.get()
    page.goto(f"{live_server.url}/field/drafts/{draft.pk}/consent/")
    page.fill("#q-first_name", "Arta, e korrigjuar")
    press(page)
    page.goto(f"{live_server.url}/field/drafts/{draft.pk}/")
    for box in page.locator('input[name="confirmed"]').all():
        box.check()
    fits(page)
    picture(page, f"correct_review_{language}_{width}")
    page.get_by_role("button", name=send, exact=True).click()
    expect(page.locator("#forms ~ ul, .case-side").first).to_contain_text(since)
    picture(page, f"correct_case_{language}_{width}")
    page.goto(f"{live_server.url}/field/cases/{police.case_reference}/submissions/{draft.pk}/")
    picture(page, f"correct_read_{language}_{width}")
    assert EarlierBrief.objects.filter(notice=police, seen_at__isnull=False).exists()
    page.goto(re.sub(r"^https?://[^/]+", live_server.url, build_link(police)))
    page.fill("input[name=pin]", DEMO_PIN)
    page.click("main button")
    expect(page.locator("#corrected")).to_be_visible()
    picture(page, f"correct_brief_{language}_{width}")
    close(context)
