"""Lines that nobody has called lately disappear by themselves, from everywhere at once."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from wagtail.admin.panels import get_edit_handler

from content.models import Hotline
from content.models.hotlines import HotlineQuerySet

from ..forms import HotlineForm

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)
BYPASS = re.compile(r"\bHotline\.(?:_base_manager|_default_manager|objects\.(?!published\(|none\())")


def line(**values: object) -> Hotline:
    texts = {"name_sq": "Linja", "name_en": "Line", "short_sq": "Linja", "short_en": "Line", "source": "test"}
    return Hotline.objects.create(**{"key": "line", "number": "116 111", "publish": "yes", **texts, **values})


def aged(**values: object) -> Hotline:
    """A line that was first shown a year ago."""
    return line(first_shown_on=TODAY - timedelta(days=365), **values)


def keys(on: date = TODAY) -> list[str]:
    return [each.key for each in Hotline.objects.published(on)]


def test_a_line_is_shown_for_thirty_days_after_its_test_call_and_then_disappears():
    tested = aged(verified_on=TODAY - timedelta(days=30))
    assert keys() == ["line"]
    assert tested.is_shown(TODAY)
    assert keys(TODAY + timedelta(days=1)) == []
    assert not tested.is_shown(TODAY + timedelta(days=1))


def test_a_line_never_tested_has_thirty_days_from_when_it_was_first_shown():
    new = line(first_shown_on=TODAY)
    assert keys(TODAY + timedelta(days=30)) == ["line"]
    assert keys(TODAY + timedelta(days=31)) == []
    assert not new.is_shown(TODAY + timedelta(days=31))


def test_hiding_a_line_and_showing_it_again_does_not_begin_its_days_anew():
    stale = aged()
    stale.publish = "no"
    stale.save()
    stale.publish = "yes"
    stale.save()
    assert keys() == []


def test_a_danger_number_stays_however_long_ago_it_was_tested():
    aged(never_stale=True, for_danger=True)
    assert keys() == ["line"]


@pytest.mark.parametrize("publish", ["no", "verify_first"])
def test_neither_a_test_call_nor_danger_shows_a_line_whose_flag_does_not_say_yes(publish):
    hidden = line(publish=publish, verified_on=TODAY, never_stale=True)
    assert keys() == []
    assert not hidden.is_shown(TODAY)


def test_how_many_days_is_the_systems_decision(settings):
    settings.HOTLINE_TEST_DAYS = 10
    tested = aged(verified_on=TODAY - timedelta(days=11))
    assert keys() == []
    assert not tested.is_tested(TODAY)


def test_a_new_line_is_shown_from_today():
    line()
    assert keys(timezone.localdate()) == ["line"]


def test_nobody_goes_around_the_one_door():
    """Whoever shows lines asks `published()` or `is_shown()`; the flag alone is for editors and for the rule."""
    allowed = {
        "content/models/hotlines.py",
        "content/models/hotline_rules.py",
        "content/hotlines/states.py",
        "content/seeding/actions.py",
        # for editors and operators only
        "content/checks/context.py",
        "content/hotlines/actions.py",
        "content/hotlines/forms.py",
        "content/reports/lists.py",
        "content/reports/views.py",
        "content/seeding/corrections.py",
        "content/seeding/pages.py",
        "content/wagtail_hooks.py",
        "templates/content_admin/_called_button.html",
    }
    root, found = Path(settings.ROOT), []
    for folder in ("content", "outreach_pages", "notifications", "case_forms", "site", "templates"):
        for file in [*(root / folder).rglob("*.py"), *(root / folder).rglob("*.html")]:
            name = file.relative_to(root).as_posix()
            if "/tests/" in name or "/migrations/" in name or name in allowed:
                continue
            text = file.read_text(encoding="utf-8")
            if BYPASS.search(text) or "Publish.YES" in text or "line.is_published" in text:
                found.append(name)
    assert found == []


def test_the_door_is_the_models_own_manager():
    assert isinstance(Hotline.objects.all(), HotlineQuerySet)


def test_every_screen_that_edits_a_line_is_built_on_its_form():
    assert issubclass(get_edit_handler(Hotline).get_form_class(), HotlineForm)
    assert issubclass(Hotline.get_edit_handler().get_form_class(), HotlineForm)
