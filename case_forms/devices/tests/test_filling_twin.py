"""A phone without a network refuses what the server would refuse, in the same words, and passes what it would pass."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from access.models import User
from case_forms.form_builder.actions import publish_form, save_definition
from case_forms.form_builder.definition import Form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.questions.tests.chromium import OpenPage, a_browser
from case_forms.questions.tests.every_type import every_type
from case_forms.submissions.confirmations import to_confirm
from case_forms.submissions.drafts.typed_values import typed_in
from case_forms.submissions.pages.section import get_name
from case_forms.submissions.validation.validate import CheckContext, form_states
from tests.examples import FACTOR
from tests.seeds import lay_down_demo

from ..form_package import build_package

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8">'
    '<form id="section" novalidate><div data-sections></div></form>'
)
FILL = (Path(__file__).parent / "fill_at_random.js").read_text()


@pytest.fixture(scope="module")
def open_page() -> Iterator[OpenPage]:
    with a_browser() as opener:
        yield opener


def posted(fields: list[list[str]]) -> QueryDict:
    post = QueryDict(mutable=True)
    for name, value in fields:
        post.appendlist(name, value.replace("\n", "\r\n"))
    return post


def without_numbers(problems: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """The server counts the rows that hold something, the page all that it shows."""
    return sorted((re.sub(r"-[0-9]+-", "-#-", name), words) for name, words in problems)


def said_by_the_server(form: Form, fields: list[list[str]], context: CheckContext) -> dict[str, Any]:
    post = posted(fields)
    answers = {key: value for section in form.sections for key, value in typed_in(section, post).items()}
    checked = form_states(form, answers, context)
    problems = {
        (get_name(problem.path, state.section.items), problem.message)
        for state in checked.sections
        for problem in state.errors
    }
    return {
        "problems": without_numbers(problems),
        "sections": [state.key for state in checked.sections if state.relevant],
        "confirm": [each.key for each in to_confirm(form, checked.answers, context, None)],
    }


def test_what_the_phone_refuses_and_passes_is_what_the_server_does(open_page: OpenPage) -> None:
    lay_down_demo()
    publish_form(form=save_definition(key="every_type", definition=every_type()))
    worker = User.objects.get(username="vlore1")
    today: date = timezone.localdate()
    seed = random.SystemRandom().randrange(2**31)
    looked_at = 0
    differing = []
    for version in FormVersion.objects.newest().for_staff():
        form = version.parsed_form
        taken = build_package(version, worker, "en")
        context = CheckContext(
            Lists(worker), today=today, occurred_on=today, language="en", service_language="en", now=timezone.now()
        )
        filtered = {each.item.key for each in form.iter_questions() if each.item.value_of("choice_filter")}
        with open_page(PAGE, timezone_id="Europe/Tirane", locale="en-GB") as page:
            how = {"taken": taken, "day": today.isoformat(), "seed": seed, "times": max(3, round(20 * FACTOR))}
            for filled in page.evaluate(f"({FILL.split('*/', 1)[1].strip()})", how):
                where = (version.form.key, seed, filled["fields"])
                # a choice that a filter doesn't offer now isn't drawn
                lost = {name for name, _value in filled["fields"] if [name, _value] not in filled["restored"]}
                assert lost <= filtered, where
                server = said_by_the_server(form, filled["fields"], context)
                phone = {**filled, "problems": without_numbers(filled["problems"])}
                differing += [
                    (where, name, {"phone": phone[name], "server": server[name]})
                    for name in server
                    if phone[name] != server[name]
                ]
                looked_at += 1
    assert not differing, differing[:3]
    assert looked_at > 20
