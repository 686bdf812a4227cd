"""An editor changes the quiz of grade nine; only another one can approve it, and then the kit has its next version."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from access.models import Assignment, StaffRole, User
from case_forms.submissions.seeding.demo import DEMO_PASSWORD
from outreach_pages.kits.models import KitPage, KitVersion, MaterialPage
from tests.seeds import lay_down_demo

from .quiet import close
from .test_places_by_two import sign_in
from .test_staff_accounts import look
from .wagtail_page import count_watching, until_it_watches

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SECOND = "redaktore-dy"
QUESTION = "Vetëm vajzat i mashtrojnë."
WAITS = ".vatra-review"


def sign_in_as_editor(chromium: Browser, system: str, name: str, path: str) -> Page:
    page = sign_in(chromium, f"{system}/cms/", name)
    expect(page.locator("#main")).to_be_visible()
    count_watching(page)
    page.goto(f"{system}{path}")
    return page


def get_versions(kit: KitPage) -> list[KitVersion]:
    return list(KitVersion.objects.filter(kit_id=kit.pk).order_by("number"))


@pytest.mark.main
def test_a_changed_quiz_is_in_the_kits_next_version_once_a_second_person_approved_it(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any
) -> None:
    lay_down_demo()
    settings.PUBLIC_URL = live_server.url
    User.objects.update(language="en")
    second = User.objects.create_user(SECOND, f"{SECOND}@vatra.example", DEMO_PASSWORD, language="en")
    Assignment.objects.create(user=second, role=StaffRole.EDITOR)
    second.groups.set(Group.objects.filter(name__in=("Editors", "Moderators")))
    quiz, kit = MaterialPage.objects.get(slug="klasa-9-kuiz"), KitPage.objects.get(slug="komplet-klasa-9")
    [first] = get_versions(kit)
    earlier = str(first.content)

    page = sign_in_as_editor(chromium, live_server.url, "redaktor", f"/cms/pages/{quiz.pk}/edit/")
    until_it_watches(page)
    look(page, "kits-quiz-edit")
    question = page.locator("#body-0-value-questions-0-value-question")
    expect(question).to_have_value("Vetëm vajzat mund të trafikohen.")
    question.fill(QUESTION)
    page.locator("footer [data-w-dropdown-target=toggle]").first.click()
    page.locator("button[name=action-submit]").click()
    expect(page.locator(".messages .success")).to_be_visible()

    # One person alone: no button, and the version is the one from before.
    state = MaterialPage.objects.get(pk=quiz.pk).current_workflow_task_state
    assert state is not None
    decide = reverse("review:decide", args=[state.pk])
    page.goto(f"{live_server.url}{decide}")
    expect(page.locator(WAITS)).to_contain_text("nobody publishes alone")
    expect(page.locator('button[value="approve"]')).to_have_count(0)
    look(page, "kits-quiz-own")
    assert [each.number for each in get_versions(kit)] == [1]
    close(page.context)

    page = sign_in_as_editor(chromium, live_server.url, SECOND, decide)
    expect(page.locator(WAITS)).to_contain_text("The checks found nothing.")
    look(page, "kits-quiz-decide")
    page.click('button[value="approve"]')
    expect(page.locator(".messages .success")).to_be_visible()
    close(page.context)

    old, new = get_versions(kit)
    assert str(old.content) == earlier
    assert QUESTION not in earlier
    assert QUESTION in str(new.content)
    assert (new.number, new.made_by) == (2, second)
