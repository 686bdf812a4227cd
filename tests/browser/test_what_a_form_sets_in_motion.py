"""What coordinators see before a form would end a rule, and workers after a form that no rule was about.

Set FIELD_PICTURES to a folder for pictures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import User
from case_forms.form_builder.actions import save_definition
from case_forms.form_builder.models import FormDefinition
from tests.seeds import lay_down_demo
from tests.world.forms import texts
from tests.world.places import make_coordinator
from tests.world.procedures import enact, small_procedure
from tests.world.scene import make_scene

from .pictures import picture
from .quiet import follow, leave

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


@contextmanager
def signed_in(chromium: Browser, system: str, user: User, language: str, viewport: dict[str, int]) -> Iterator[Page]:
    User.objects.filter(pk=user.pk).update(language=language)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    context = chromium.new_context(viewport=viewport, locale="en-GB", timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    context.add_cookies(
        [
            {"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "url": system},
            {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": system},
        ]
    )
    context.set_default_timeout(90_000)  # the first page of the admin, on a busy machine
    page = context.new_page()
    yield page
    leave(page, system)


def without_the_decision(form: FormDefinition) -> dict[str, Any]:
    """The identification without the question that all its rules read."""
    definition = form.working_copy()
    for section in definition["sections"]:
        section["items"] = [item for item in section["items"] if item["key"] != "worker_decision"]
    definition["warnings"] = [each for each in definition["warnings"] if each["key"] != "no_sign_noted"]
    return definition


def test_a_coordinator_is_told_which_rules_an_edit_would_end(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    lay_down_demo()
    system, ana = str(live_server.url), User.objects.get(username="koordinator")
    form = FormDefinition.objects.get(key="initial_identification")
    edit = f"{system}/cms/forms/edit/{form.pk}/"
    with signed_in(chromium, system, ana, "en", DESK) as page:
        page.goto(edit)
        page.get_by_role("heading", name="What this form triggers").click()
        expect(page.get_by_text("stops working")).to_have_count(0)
        picture(page, "motion-as-it-is-en")
        label = page.get_by_text("Outcome of the initial identification", exact=True)
        page.locator(".vo-line__open", has=label).click()
        value = page.locator(".vo-panel .vo-entries input.vo-key").first
        expect(value).to_have_value("potential_victim")
        expect(value).not_to_be_editable()
        picture(page, "locked-values-en")

        save_definition(key=form.key, definition=without_the_decision(form), by=ana)
        page.goto(edit)
        page.get_by_role("heading", name="What this form triggers").click()
        expect(page.get_by_text("stops working").first).to_be_visible()
        picture(page, "motion-stops-en")
        page.goto(f"{system}/cms/forms/{form.pk}/archive/")
        expect(page.get_by_role("alert")).to_contain_text("can't be archived")
        expect(page.get_by_role("button", name="Archive", exact=True)).to_have_count(0)
        picture(page, "archive-refused-en")
    for width in (1280, 820):
        with signed_in(chromium, system, ana, "sq", {"width": width, "height": 900}) as page:
            page.goto(edit)
            page.get_by_role("heading", name="Çfarë vë në lëvizje ky formular").click()
            expect(page.get_by_text("pushon së vepruari").first).to_be_visible()
            picture(page, f"motion-stops-sq-{width}")
            page.goto(f"{system}/cms/forms/{form.pk}/archive/")
            picture(page, f"archive-refused-sq-{width}")


def test_a_worker_and_a_coordinator_see_a_form_that_no_rule_was_about(
    transactional_db: Any, live_server: Any, chromium: Browser
) -> None:
    scene, system = make_scene(), str(live_server.url)
    procedure = small_procedure()
    said = texts("Not a victim: no case was opened and nobody was told.")
    about = {"on": "submission_received", "forms": ["small_identification"], "words": said, "then": []}
    when = {"==": [{"var": "result"}, "not_victim"]}
    procedure["rules"].append({"key": "not_victim", "title": texts("Not a victim"), "when": when, **about})
    enact(procedure, since=timezone.now())
    quiet = scene.send(result="not_victim", story=None).submission
    loud = scene.send(result="at_risk", story=None).submission
    coordinator = make_coordinator(scene.place)
    for language in ("sq", "en"):
        for name, viewport in (("phone", PHONE), ("desk", DESK)):
            with signed_in(chromium, system, scene.worker, language, viewport) as page:
                page.goto(f"{system}/field/")
                picture(page, f"home-unmatched-{language}-{name}")
                page.goto(f"{system}/field/submissions/{loud.pk}/")
                expect(page.locator("main a[href^='tel:']").first).to_be_visible()
                picture(page, f"unmatched-{language}-{name}")
                page.goto(f"{system}/field/submissions/{quiet.pk}/")
                picture(page, f"outcome-{language}-{name}")
    with signed_in(chromium, system, coordinator, "en", DESK) as page:
        page.goto(f"{system}/field/")
        follow(page, page.locator("section[aria-labelledby=unmatched] a"))
        picture(page, "unmatched-coordinator-en")
        page.get_by_role("button", name="Mark as resolved").click()
        expect(page.get_by_text("Resolved:")).to_be_visible()
        page.goto(f"{system}/field/")
        expect(page.get_by_role("heading", name="Nobody was notified")).to_have_count(0)
