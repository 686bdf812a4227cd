"""What an agreement holds back of a brief, and what a coordinator reads when an office has none."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from access.languages import same_in_each_language
from notifications.briefs.composing import BriefRow, compose
from notifications.briefs.parts import get_kinds_of_facts
from notifications.directory.agreements.rules import get_always_shared
from notifications.directory.models import Agreement, AgreementRule, Role
from tests.world.offices import Country, make_country, put_on_duty

from ..actions import create_notice, mark_opened
from ..agreement_limit import LIMIT_KEY, limit_brief
from ..models import Notice, Purpose
from ..requests import NoticeRequest
from ..sweep import resolve_again

pytestmark = pytest.mark.django_db


def row(key: str, part: str = "") -> BriefRow:
    words = same_in_each_language(key)
    return BriefRow(key, words, words, shared_with={Role.POLICE: True}, section=words, part=part)


def build_brief() -> dict[str, Any]:
    rows = [row("case.reference"), row("danger", "danger"), row("who", "person"), row("gang", "suspect"), row("free")]
    return compose(Role.POLICE, rows)


def keys(brief: Any) -> set[str]:
    return {each["key"] for section in brief["sections"] for each in section["rows"]}


def words(brief: Any) -> str:
    return " ".join(each["value"]["en"] for section in brief["sections"] for each in section["rows"])


@pytest.fixture
def country() -> Country:
    return make_country()


def ask(country: Country, **more: Any) -> Notice:
    given = {
        "event_id": uuid4(), "case_id": uuid4(), "case_reference": "24-00001", "role": Role.POLICE,
        "municipality": country.vlore, "brief": build_brief(),
    }  # fmt: skip
    return create_notice(NoticeRequest(**{**given, **more}))


def test_only_the_kinds_that_are_named_stay_and_what_is_missing_is_said_by_kind() -> None:
    limited = limit_brief(build_brief(), get_always_shared() | {"person"})
    assert keys(limited) == {"case.reference", "danger", "who", LIMIT_KEY}
    assert "Information on suspects, Other answers of the form" in words(limited)


def test_what_was_held_back_is_still_said_when_it_goes_on_to_another_office() -> None:
    once = limit_brief(build_brief(), get_always_shared() | {"person"})
    twice = limit_brief(once, get_always_shared())
    assert keys(twice) == {"case.reference", "danger", LIMIT_KEY}
    for name in ("Information on suspects", "Who the person is", "Other answers"):
        assert name in words(twice)
    assert sum(each["key"] == LIMIT_KEY for section in twice["sections"] for each in section["rows"]) == 1


def test_what_the_service_writes_itself_is_never_held_back() -> None:
    written = {"sections": [{"title": {}, "rows": [{"key": "why_1", "label": {}, "value": {}}]}]}
    assert limit_brief(written, frozenset()) == written


def test_what_is_always_shared_are_kinds_of_facts() -> None:
    assert get_always_shared() <= set(get_kinds_of_facts())


def test_a_notice_holds_only_what_the_agreement_with_its_office_allows(country: Country) -> None:
    officer = put_on_duty(country.police)
    Agreement.objects.create(partner=country.police, limits_facts=True, facts=["person"])
    assert "gang" not in keys(ask(country, contact=officer).brief)
    Agreement.objects.update(limits_facts=False)
    assert "gang" in keys(ask(country, contact=officer).brief)


def test_whoever_is_found_later_gets_what_their_own_agreement_allows(country: Country) -> None:
    notice = ask(country)
    assert "gang" in keys(notice.brief)  # nobody can read it yet
    Agreement.objects.create(partner=country.police, limits_facts=True, facts=[])
    officer = put_on_duty(country.police)
    resolve_again(timezone.now() + timedelta(minutes=1))
    notice = Notice.objects.get(pk=notice.pk)
    assert notice.contact == officer
    assert keys(notice.brief) == {"case.reference", "danger", LIMIT_KEY}


def test_the_coordinators_call_says_that_no_agreement_covers_the_office(country: Country) -> None:
    put_on_duty(country.police)
    put_on_duty(country.coordinator)
    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    notice = ask(country)
    call = notice.chasers.get(purpose=Purpose.FALLBACK)
    assert "No agreement in force covers Office police-vlore for Bashkia Vlorë" in words(call.brief)

    Agreement.objects.create(partner=country.police)
    resolve_again(timezone.now() + timedelta(minutes=1))
    assert Notice.objects.get(pk=notice.pk).contact is not None


def test_an_agreement_that_ends_while_a_notice_is_under_way_takes_it_from_nobody(country: Country) -> None:
    officer = put_on_duty(country.police)
    AgreementRule.objects.create(role=Role.POLICE, is_on=True)
    agreement = Agreement.objects.create(partner=country.police)
    notice = ask(country, contact=officer)
    agreement.withdrawn_on = timezone.localdate()
    agreement.save()
    assert mark_opened(notice=notice, at=timezone.now())
    notice.refresh_from_db()
    assert notice.contact == officer
    assert "gang" in keys(notice.brief)
