"""A person is met twice: the second worker is shown the first case, on a phone; two units, one person; a case moves."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from access.models import MobileUnit, User
from case_forms.cases.finding import requests
from case_forms.cases.finding.models import IdentityQuestion
from case_forms.cases.models import Case
from case_forms.form_builder.models import FormVersion
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.drafts.actions import start_draft
from case_forms.submissions.seeding.demo import CASES
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, follow, listened
from .test_field import PHONE, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "sq": {
        "find": "Gjeni një rast, ose pyesni nëse një person njihet",
        "search": "Kërkoni",
        "known": "Njësia juaj mund ta njohë këtë person",
        "elsewhere": "Një njësi tjetër mund ta njohë këtë person",
        "go_on": "Vazhdoni në rastin",
        "name": "Emri dhe mbiemri",
        "born": "Data ose viti i lindjes, ose mosha",
        "agree": "Pajtohem: hapua rastin",
    },
    "en": {
        "find": "Find a case, or ask whether a person is known",
        "search": "Search",
        "known": "Your unit may know this person",
        "elsewhere": "Another unit may know this person",
        "go_on": "Continue in case",
        "name": "Name and surname",
        "born": "Date or year of birth, or age",
        "agree": "Agree: open the case to them",
    },
}
WHO = {"first_name": "Ana", "last_name": "Hoxha", "birth_date": "2009-06-01"}


@pytest.fixture(params=["sq", "en"])
def language(request: Any) -> str:
    return str(request.param)


@pytest.fixture(params=["phone", "desk"])
def context(request: Any, chromium: Browser, transactional_db: Any, language: str) -> Iterator[BrowserContext]:
    lay_down_demo(with_cases=True)
    User.objects.update(language=language)
    size = PHONE if request.param == "phone" else {"width": 1280, "height": 900}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=size, locale=locale, timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    context.picture_name = f"{request.param}-{language}"  # type: ignore[attr-defined]
    yield context
    close(context)


def answers() -> dict[str, Any]:
    rows = json.loads(CASES.read_text(encoding="utf-8"))["submissions"]
    found: dict[str, Any] = next(row["answers"] for row in rows if row["form"] == "initial_identification")
    return {**found, **WHO, "consent_to_store": "yes"}


def send(worker: User) -> Case:
    version = FormVersion.objects.newest().get(form__key="initial_identification")
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key=version.form.key,
        version=version.number,
        occurred_at=timezone.now(),
        answers=answers(),
        user=worker,
        strict=False,
        confirmed=[warning.key for warning in version.parsed_form.warnings],
    )
    case = received.submission.case
    assert case is not None
    return case


def show(page: Page, name: str) -> None:
    fits(page)
    picture(page, f"finding-{name}-{page.context.picture_name}")  # type: ignore[attr-defined]


@pytest.mark.main
def test_a_person_who_is_known_is_found_before_a_second_case_is_begun(
    context: BrowserContext, live_server: Any, language: str
) -> None:
    words = WORDS[language]
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    worker = User.objects.get(username="lezhe1")
    case = send(worker)

    page.goto(f"{live_server.url}/field/")
    follow(page, page.get_by_role("link", name=words["find"]))
    show(page, "ask")
    page.get_by_label(words["name"]).fill("Anna Hodja")
    page.get_by_label(words["born"]).fill("17")
    page.get_by_role("button", name=words["search"], exact=True).click()
    expect(page.get_by_role("heading", name=words["known"])).to_be_visible()
    assert "Hodja" not in page.url
    show(page, "known")

    version = FormVersion.objects.newest().get(form__key="initial_identification")
    draft = start_draft(form_version=version, unit=worker.units().get(), owner=worker, answers=answers())
    page.goto(f"{live_server.url}/field/drafts/{draft.pk}/")
    page.locator("#to-confirm").scroll_into_view_if_needed()
    show(page, "review")
    page.get_by_role("button", name=words["go_on"]).click()
    expect(page.get_by_role("button", name=words["go_on"])).to_have_count(0)

    page.goto(f"{live_server.url}/field/cases/{case.reference}/related/")
    show(page, "related")
    page.goto(f"{live_server.url}/field/cases/{case.reference}/transfer/")
    show(page, "transfer")
    assert complaints == []


def test_a_case_of_another_unit_is_asked_for_and_opened(
    context: BrowserContext, live_server: Any, language: str
) -> None:
    words = WORDS[language]
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    here = User.objects.get(username="lezhe1")
    there = User.objects.filter(assignments__unit__in=MobileUnit.objects.exclude(slug="lezhe")).order_by("pk")[0]
    case = send(there)

    page.goto(f"{live_server.url}/field/find/")
    page.get_by_label(words["name"]).fill("Hodža Ana")
    page.get_by_label(words["born"]).fill("2009")
    page.get_by_role("button", name=words["search"], exact=True).click()
    expect(page.get_by_role("heading", name=words["elsewhere"])).to_be_visible()
    assert case.reference not in page.content()
    show(page, "elsewhere")

    mine = send(here)
    question = IdentityQuestion.objects.create(
        asked_by=there, unit=there.units()[0], digest="x", key_id="x", answer="other", found=mine, case=case
    )
    asked = requests.ask_after_question(question=question, by=there)
    page.goto(f"{live_server.url}/field/")
    show(page, "home")
    page.goto(f"{live_server.url}/field/find/requests/{asked.pk}/")
    show(page, "request")
    page.get_by_role("button", name=words["agree"]).click()
    page.goto(f"{live_server.url}/field/cases/{mine.reference}/")
    show(page, "case")
    assert complaints == []
