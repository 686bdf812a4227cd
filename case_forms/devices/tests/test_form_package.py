"""What a phone takes along of a form is what the online page shows and says, blank and for this person."""

import gzip
import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.template.loader import render_to_string
from django.utils import timezone, translation

from access.models import User
from case_forms.form_builder.definition import Question
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.submissions.pages.section import NoSuchSection, section_page
from case_forms.submissions.validation.validate import CheckContext
from outreach_pages.tests.places import session as make_session
from tests.seeds import lay_down_demo

from ..answer_words import words_for_wrong_answers
from ..form_package import SOME_DAY, PhoneLists, build_package

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> User:
    lay_down_demo()
    return User.objects.get(username="vlore1")


def get_versions() -> list[FormVersion]:
    return list(FormVersion.objects.newest().for_staff())


def parts_of(html: str) -> list[tuple[str, str]]:
    """What a reader sees and a program reads: each element's own words, and the names and values of fields."""
    soup = BeautifulSoup(html, "html.parser")
    return [
        (element.name, json.dumps({name: element.get(name) for name in ("id", "name", "value", "hidden", "data-item")}))
        for element in soup.find_all(True)
    ] + [("text", " ".join(soup.get_text(" ").split()))]


def test_every_form_is_blank_as_the_page_shows_it(worker: User) -> None:
    today = timezone.localdate()
    shown = 0
    for version in get_versions():
        for language in ("sq", "en"):
            package = build_package(version, worker, language)
            form = version.parsed_form
            context = CheckContext(
                PhoneLists(worker),
                today=today,
                occurred_on=today,
                language=package["language"],
                service_language=language,
            )
            with translation.override(language):
                for section in package["sections"]:
                    try:
                        page = section_page(form, section["key"], {}, context, user=worker)
                    except NoSuchSection:
                        continue
                    online = "".join(
                        render_to_string("submissions/entry.html", {"entry": each}) for each in page.entries
                    )
                    assert parts_of(section["html"]) == parts_of(online), (version.form.key, section["key"])
                    assert section["title"] == page.title
                    shown += 1
    assert shown > 40


def test_a_row_has_the_fields_of_the_page_with_places_for_its_numbers(worker: User) -> None:
    found = 0
    for version in get_versions():
        package = build_package(version, worker, "sq")
        for name, html in package["rows"].items():
            depth = name.count("__0__")
            mark = "__1__" if depth else "__0__"
            row = BeautifulSoup(html, "html.parser").select_one("[data-row]")
            assert row is not None
            assert row["data-row"] == f"{name}-{mark}"
            found += 1
    assert found >= 2


def test_a_package_holds_the_words_of_what_can_be_wrong(worker: User) -> None:
    for language, words in (("sq", "Shkruani"), ("en", "Enter")):
        rules = {}
        for version in get_versions():
            for section in build_package(version, worker, language)["sections"]:
                rules |= {rule["type"]: rule for rule in walk(section["rules"]) if "wrong" in rule and "type" in rule}
        assert rules["integer"]["wrong"]["wrong_type"]
        assert rules["phone"]["wrong"]["not_a_phone"]
        assert rules["date"]["wrong"]["not_a_date"].startswith(words) or language == "sq"
        assert not any("2077" in text for rule in rules.values() for text in rule.get("wrong", {}).values())


def walk(rules: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for rule in rules:
        yield rule
        yield from walk(rule.get("items", []))


def test_nothing_of_the_person_stands_in_a_package_and_it_is_small(worker: User) -> None:
    for version in get_versions():
        package = build_package(version, worker, "sq")
        text = json.dumps(package, ensure_ascii=False)
        assert worker.username not in text
        assert worker.get_full_name() not in text
        assert len(gzip.compress(text.encode())) < 120_000, version.form.key
        assert build_package(version, worker, "sq") == package


def test_a_list_holds_what_this_person_may_choose(worker: User) -> None:
    packages = json.dumps([build_package(version, worker, "sq") for version in get_versions()])
    colleague = User.objects.filter(assignments__unit__in=worker.units()).exclude(pk=worker.pk).first()
    assert colleague is None or "colleague" not in packages or str(colleague.pk) in packages


def test_the_words_are_the_servers_own_and_name_the_part_of_an_answer() -> None:
    context = CheckContext(Lists(None), today=date(2026, 1, 1), occurred_on=date(2026, 1, 1), language="en")
    with translation.override("en"):
        words = words_for_wrong_answers(Question(key="x", type="indicator_assessment"), context, SOME_DAY)
        assert words["missing/reason"] == "Say why. The reasons are yours, whatever is suggested."
        born = words_for_wrong_answers(Question(key="x", type="date", max="today"), context, SOME_DAY)
        assert born["too_large"] == "Enter a date that is not after {today}."


def test_a_session_that_is_still_planned_can_be_reported_on_the_phone(worker: User) -> None:
    planned = make_session(worker, worker.units().get())
    version = FormVersion.objects.newest().get(form__key="session_report")
    package = json.dumps(build_package(version, worker, "sq"))
    assert str(planned.pk) in package
