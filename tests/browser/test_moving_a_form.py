"""A form in the wrong case is proposed for another one and moved, on a phone and on a desktop, in both languages.

FIELD_PICTURES=folder keeps pictures of the pages.
"""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.cases.models import Case, FormMove
from case_forms.submissions.models import Submission
from case_forms.submissions.tests import test_shipped_forms as shipped
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close
from .test_field import PHONE, fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
DESKTOP = {"width": 1280, "height": 900}
REASON = "Ajo tha emrin e motrës; numri i telefonit është i saj."
ADULT = {"worker_decision": "potential_victim", "age_basis": "document", "age_in_doubt": "no"}


def accessible(page: Page) -> None:
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]


def open_case(worker: User, name: str, number: int) -> Case:
    given = {"first_name": name, "last_name": f"{name}aj", "birth_date": f"198{number}-03-0{number}"}
    contact = {"safe_contact_phone": f"+35569123450{number}"}
    case = shipped.send(worker, "initial_identification", **ADULT, **given, **contact).case
    assert case is not None
    return case


def page_of(chromium: Browser, url: str, username: str, language: str, size: dict[str, int]) -> Page:
    """A page of somebody who is signed in already."""
    user = User.objects.get(username=username)
    User.objects.filter(pk=user.pk).update(language=language)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    context = chromium.new_context(viewport=size, locale="sq-AL" if language == "sq" else "en-GB")  # type: ignore[arg-type]
    context.add_cookies([{"name": key, "value": each.value, "url": url} for key, each in client.cookies.items()])
    return context.new_page()


@pytest.mark.parametrize("language", ["sq", "en"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_form_is_proposed_for_another_case_and_moved(
    language: str, size: dict[str, int], chromium: Browser, live_server: Any, transactional_db: Any
) -> None:
    lay_down_demo()
    worker, url = User.objects.get(username="vlore1"), live_server.url
    wrong, right = open_case(worker, "Teuta", 1), open_case(worker, "Drita", 2)
    sent: Submission = shipped.send(worker, "risk_assessment", case_ref=wrong.reference)
    name = f"{language}-{size['width']}"
    page = page_of(chromium, url, "vlore1", language, size)
    page.goto(f"{url}/field/cases/{wrong.reference}/submissions/{sent.pk}/")
    page.locator(f"a[href='/field/submissions/{sent.pk}/move/']").click()
    expect(page.locator("#id_reason")).to_be_visible()
    fits(page)
    accessible(page)
    picture(page, f"move-propose-{name}")
    page.locator("button[value=propose]").click()
    expect(page.locator(".error-summary, [role=alert]").first).to_be_visible()
    picture(page, f"move-refused-{name}")
    page.check("#id_target_other")
    page.fill("#id_reference", right.reference)
    page.fill("#id_reason", REASON)
    page.locator("button[value=propose]").click()
    expect(page.locator("button[value=withdraw]")).to_be_visible()
    picture(page, f"move-waits-{name}")
    close(page.context)
    page = page_of(chromium, url, "vlore2", language, size)
    page.goto(f"{url}/field/")
    page.locator(f"a[href='/field/submissions/{sent.pk}/move/']").first.click()
    expect(page.locator("button[value=agree]")).to_be_visible()
    expect(page.locator("main")).to_contain_text(REASON)
    page.locator("details.fold summary").first.click()
    expect(page.locator("details.fold")).to_contain_text("7K2M9-QXZ")
    fits(page)
    accessible(page)
    picture(page, f"move-decide-{name}")
    page.locator("button[value=agree]").click()
    expect(page).to_have_url(f"{url}/field/cases/{right.reference}/submissions/{sent.pk}/")
    assert FormMove.objects.get().decision == "agreed"
    page.goto(f"{url}/field/cases/{wrong.reference}/history/")
    expect(page.locator("main")).to_contain_text("Punonjësi 2")
    fits(page)
    picture(page, f"move-history-{name}")
    page.goto(f"{url}/field/cases/{wrong.reference}/")
    fits(page)
    picture(page, f"move-case-{name}")
    close(page.context)
