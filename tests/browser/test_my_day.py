"""A worker's day, pressed through: the day, a task that is done, a note, a flag, the history, and who has read it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, expect

from access.models import User
from case_forms.cases.models import Case, CaseNote, Deadline, DeadlineKind
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, fits, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = {
    "sq": {
        "day": "Dita ime",
        "done": "Shënojeni si të kryer",
        "note": "Ruani shënimin",
        "write": "Shkruani një shënim",
    },
    "en": {"day": "My day", "done": "Mark as done", "note": "Save the note", "write": "Write a note"},
}
NOTE = "Takohet te tezja, pas orës 18. " * 8


@pytest.fixture(params=["phone-sq", "desk-en", "phone-en", "desk-sq"])
def context(request: Any, chromium: Browser, transactional_db: Any) -> Iterator[BrowserContext]:
    lay_down_demo(with_cases=True)
    kind, language = str(request.param).split("-")
    User.objects.update(language=language)
    size = PHONE if kind == "phone" else {"width": 1280, "height": 900}
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=size, locale=locale, timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    context.language, context.picture_name = language, str(request.param)  # type: ignore[attr-defined]
    yield context
    close(context)


@pytest.mark.main
def test_a_worker_goes_through_the_day(context: BrowserContext, live_server: Any) -> None:
    words, name = WORDS[context.language], context.picture_name  # type: ignore[attr-defined]
    page, complaints = listened(context)
    sign_in(page, live_server.url)
    case = Case.objects.filter(unit__slug="lezhe", closed_at=None).order_by("opened_at").first()
    assert case is not None
    task = _a_late_task(case)
    page.get_by_role("link", name=words["day"]).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words["day"])
    expect(page.get_by_text(case.reference).first).to_be_visible()
    fits(page)
    picture(page, f"day-{name}")
    page.locator(f"a[href$='/tasks/{task.pk}/done/']").click()
    page.locator("button.btn-next").click()
    page.wait_for_url(f"**/cases/{case.reference}/")
    task.refresh_from_db()
    assert task.met_at is not None
    page.get_by_role("link", name=words["write"]).click()
    page.get_by_role("button", name=words["note"]).click()
    expect(page.locator("#text-error")).to_be_visible()
    page.locator("#text").fill(NOTE)
    fits(page)
    picture(page, f"note-{name}")
    page.get_by_role("button", name=words["note"]).click()
    page.wait_for_url(f"**/cases/{case.reference}/")
    expect(page.get_by_text("Takohet te tezja").first).to_be_visible()
    assert CaseNote.objects.get().case_id == case.pk
    fits(page)
    picture(page, f"case-with-note-{name}")
    for path in ("history/", "history/?kind=notes", "readers/", "flags/"):
        page.goto(f"{live_server.url}/field/cases/{case.reference}/{path}")
        fits(page)
        picture(page, f"{path.strip('/').replace('/?kind=', '-')}-{name}")
    page.goto(f"{live_server.url}/field/sessions/calendar/")
    fits(page)
    picture(page, f"subscription-{name}")
    assert complaints == []


def _a_late_task(case: Case) -> Deadline:
    now = timezone.now()
    return Deadline.objects.create(
        case=case,
        event=case.events.order_by("at").first(),
        kind=DeadlineKind.TASK,
        key="browser_task",
        label={"sq": "Telefonojini ambasadës", "en": "Call the embassy"},
        starts_at=now - timedelta(days=1),
        red_at=now - timedelta(hours=1),
        owner="mobile_unit",
    )
