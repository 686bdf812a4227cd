"""A coordinator plans drills, begins one and reads what became of it; the board renews itself and says if it is old."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from access.models import User
from notifications.drills.ending import end_due
from notifications.drills.models import DrillRun, DrillState
from notifications.drills.running import begin_waiting
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Heartbeat, Notice, Purpose
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close
from .test_places_by_two import sign_in
from .test_staff_accounts import look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("language", ["en", "sq"])
def test_a_drill_is_planned_begun_and_its_result_read(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    coordinator = User.objects.get(username="koordinator")
    region = coordinator.coordinated_regions().filter(is_outreach=True).order_by("name").first()
    assert region is not None

    page = sign_in(chromium, f"{live_server.url}{reverse('drills')}", "koordinator")
    expect(page.locator(".vatra-drills__region").first).to_be_visible()
    look(page, f"drills-{language}")
    page.click(f"a[href$='/drills/{region.slug}/']")
    expect(page.locator("#id_is_on")).to_be_visible()
    page.check("#id_is_on")
    page.fill("#id_minutes", "5")
    page.click(".vatra-drills__plan button")
    expect(page.locator(".vatra-drills__plan [role=alert]")).to_be_visible()
    look(page, f"drills-wrong-{language}")
    page.fill("#id_minutes", "30")
    page.click(".vatra-drills__plan button")
    expect(page.locator(".vatra-drills__plan [role=alert]")).to_have_count(0)
    page.click("form[action$='/begin/'] button")
    expect(page.locator(".vatra-drills__state--waiting")).to_be_visible()

    # What the workers and the sweeper do.
    begin_waiting(timezone.now())
    send_due()
    first = Notice.objects.filter(is_drill=True, purpose=Purpose.FIRST).order_by("owed_at").first()
    assert first is not None
    mark_opened(notice=first, at=timezone.now() + timedelta(minutes=4))
    page.reload()
    expect(page.locator(".vatra-drills__state--running")).to_be_visible()
    look(page, f"drill-running-{language}")
    end_due(timezone.now() + timedelta(minutes=31))
    run = DrillRun.objects.get()
    assert run.state in (DrillState.PASSED, DrillState.UNANSWERED)
    page.reload()
    expect(page.locator(f".vatra-drills__run .vatra-drills__state--{run.state}")).to_be_visible()
    look(page, f"drill-ended-{language}")
    close(page.context)


@pytest.mark.parametrize("language", ["en", "sq"])
def test_the_board_renews_itself_and_says_when_it_is_old(
    chromium: Browser, transactional_db: Any, live_server: Any, settings: Any, language: str, monkeypatch: Any
) -> None:
    lay_down_demo()
    User.objects.update(language=language)
    settings.PUBLIC_URL = live_server.url
    monkeypatch.setattr("notifications.board.views.EACH_SECONDS", 1)
    beats = ("canary.urgent", "canary.bulk", "sweeper", "findings", "audit", "roster", "audit_chain")
    for part in beats:
        Heartbeat.objects.update_or_create(part=part, defaults={"at": timezone.now(), "facts": {}})
    page = sign_in(chromium, f"{live_server.url}{reverse('board')}", "koordinator")
    expect(page.locator("#board-notices")).to_be_visible()
    look(page, f"board-{language}")
    page.set_viewport_size({"width": 1920, "height": 1080})
    picture(page, f"board-wall-{language}")
    Heartbeat.objects.filter(part="canary.urgent").update(at=timezone.now() - timedelta(minutes=3))
    expect(page.locator(".vatra-board__tile--bad #board-parts")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("[data-board].is-old")).to_be_visible()
    picture(page, f"board-old-{language}")
    page.context.set_offline(False)
    expect(page.locator("[data-board].is-old")).to_have_count(0)
    close(page.context)
