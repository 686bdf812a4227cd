"""The three first contacts on a phone 360 px wide, with the fewest acts: an adult, a child in danger, one who refuses.

Each act is a press or a field that is typed into. How long a hand that knows the form needs is worked out by the
keystroke-level model (Card, Moran and Newell 1980): 1.35 s to think and 1.1 s to reach for each act, 0.28 s a letter.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from access.models import User
from case_forms.cases.models import Case, Deadline
from case_forms.submissions.models import Submission
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo

from .pictures import picture
from .quiet import close, listened
from .test_field import PHONE, begin, fits, press, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ACT_SECONDS, LETTER_SECONDS = 1.35 + 1.1, 0.28
WITHIN_SECONDS = 4 * 60


@pytest.fixture(params=["sq", "en"])
def language(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def phone(chromium: Browser, transactional_db: Any, language: str) -> Iterator[BrowserContext]:
    lay_down_demo()
    User.objects.update(language=language)
    locale = {"sq": "sq-AL", "en": "en-GB"}[language]
    context = chromium.new_context(viewport=PHONE, locale=locale, timezone_id="Europe/Tirane")  # type: ignore[arg-type]
    yield context
    close(context)


class Hand:
    """One worker at one phone. Counts what it does, and takes a picture of each page before leaving it."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.acts = self.letters = self.pages = 0

    def tick(self, question: str, *values: str) -> None:
        for value in values:
            self.page.check(f'input[name="{question}"][value="{value}"]')
            self.acts += 1

    def choose(self, question: str, value: str) -> None:
        self.page.select_option(f"#q-{question}", value)
        self.acts += 2  # open the list, take the line

    def write(self, question: str, text: str) -> None:
        self.page.fill(f"#q-{question}", text)
        self.acts += 1
        self.letters += len(text)

    def go_on(self) -> None:
        """To the next page; nothing was missing on this one."""
        before = self.page.url
        fits(self.page)
        self.pages += 1
        picture(self.page, f"{self.name}-{self.pages}")
        press(self.page)
        self.acts += 1
        expect(self.page.locator(".error-summary")).to_have_count(0)
        expect(self.page).not_to_have_url(before)

    def send(self) -> None:
        fits(self.page)
        picture(self.page, f"{self.name}-review")
        self.page.click(".bottom-bar .btn-next")
        self.acts += 1

    @property
    def seconds(self) -> float:
        return self.acts * ACT_SECONDS + self.letters * LETTER_SECONDS


def told() -> dict[str, dict[str, Any]]:
    """{role: its brief} of the newest case."""
    case = Case.objects.latest("opened_at")
    return {notice.role: dict(notice.brief) for notice in Notice.objects.filter(case_id=case.pk, chases=None)}


def keys_in(brief: dict[str, Any]) -> set[str]:
    return {row["key"] for section in brief["sections"] for row in section["rows"]}


def on_its_case(page: Page, hand: Hand) -> None:
    expect(page).to_have_url(re.compile(r"/field/cases/[0-9A-Z]+/$"))
    expect(page.locator(".notice-card").first).to_be_visible()
    picture(page, f"{hand.name}-case")
    fits(page)


def test_an_adult_in_under_four_minutes(phone: BrowserContext, live_server: Any, language: str) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    hand = Hand(page, f"adult-{language}")
    hand.choose("municipality", "lezhe")
    hand.tick("immediate_danger", "no")
    hand.go_on()
    hand.tick("explained", "yes")
    hand.tick("consent_to_store", "yes")
    hand.tick("police_contact_consent", "yes")
    hand.tick("age_in_doubt", "no")
    hand.tick("age_basis", "stated")
    hand.write("age_stated", "34")
    hand.write("first_name", "Mira")
    hand.go_on()
    hand.tick("where_tonight", "safe_with_others")
    hand.go_on()
    hand.tick("signs_seen", "documents_held")
    hand.tick("signs_heard", "money_taken", "cannot_leave")
    hand.tick("worker_decision", "potential_victim")
    hand.write("decision_reason", "Punon pa pagesë dhe dokumentet i mban punëdhënësi.")
    hand.go_on()
    hand.tick("gender", "female")
    hand.go_on()
    hand.choose("signal_source", "self")
    hand.go_on()
    hand.send()
    on_its_case(page, hand)
    briefs = told()
    assert set(briefs) == {"police", "responsible_authority"}
    assert {"first_name", "signs_seen", "signs_heard", "decision_reason"} <= keys_in(briefs["police"])
    assert "first_name" not in keys_in(briefs["responsible_authority"])
    tell(hand)
    assert hand.seconds < WITHIN_SECONDS
    assert complaints == []


def test_a_child_in_danger_is_sent_after_two_pages_and_the_rest_follows(
    phone: BrowserContext, live_server: Any, language: str
) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    hand = Hand(page, f"child-{language}")
    hand.choose("municipality", "lezhe")
    hand.tick("immediate_danger", "yes")
    hand.write("whereabouts", "Stacioni i autobusit")
    hand.tick("urgent_notice", "potential_victim")
    hand.go_on()
    hand.tick("explained", "danger")
    hand.choose("language", "sq")
    hand.tick("police_contact_consent", "unknown")
    hand.tick("age_in_doubt", "unknown")
    hand.write("first_name", "Ela")
    hand.go_on()
    assert hand.pages == 2
    hand.send()
    on_its_case(page, hand)
    briefs = told()
    assert set(briefs) == {"police", "responsible_authority", "cpu"}
    assert all(brief["urgent"] is True for brief in briefs.values())
    assert {"first_name", "language", "whereabouts"} <= keys_in(briefs["police"])
    tell(hand)
    assert hand.seconds < 90

    page.locator("#rest ~ form button").click()
    expect(page.locator("#q-municipality")).to_have_value("lezhe")
    expect(page.locator("#q-whereabouts")).to_have_value("")
    assert not page.locator('input[name="immediate_danger"]:checked').count()
    rest = Hand(page, f"rest-{language}")
    rest.tick("immediate_danger", "no")
    rest.go_on()
    expect(page.locator("#q-first_name")).to_have_value("Ela")
    assert not page.locator('input[name="police_contact_consent"]:checked').count()
    rest.tick("explained", "yes")
    rest.tick("consent_to_store", "unknown")
    rest.tick("police_contact_consent", "without_name")
    rest.go_on()
    rest.go_on()
    rest.tick("signs_heard", "child_exploited")
    rest.tick("worker_decision", "potential_victim")
    rest.write("decision_reason", "Lyp çdo ditë.")
    rest.go_on()
    rest.go_on()
    rest.go_on()
    rest.choose("signal_source", "school")
    rest.go_on()
    rest.send()
    on_its_case(page, rest)
    assert Case.objects.count() == 1
    assert Submission.objects.filter(case=Case.objects.get()).count() == 2
    assert Deadline.objects.get(key="identification_rest").met_at is not None
    expect(page.locator("#rest")).to_have_count(0)
    assert complaints == []


def test_one_who_refuses_everything_leaves_no_name_and_the_coordinator_is_asked(
    phone: BrowserContext, live_server: Any, language: str
) -> None:
    page, complaints = listened(phone)
    sign_in(page, live_server.url)
    begin(page)
    hand = Hand(page, f"refuses-{language}")
    hand.choose("municipality", "lezhe")
    hand.tick("immediate_danger", "no")
    hand.go_on()
    hand.tick("explained", "yes")
    hand.tick("age_in_doubt", "no")
    hand.tick("age_basis", "estimated")
    hand.write("age_stated", "40")
    expect(page.locator("#q-first_name")).to_be_visible()
    hand.tick("consent_to_store", "no")
    expect(page.locator("#q-first_name")).to_be_hidden()
    hand.tick("police_contact_consent", "no")
    hand.go_on()
    hand.go_on()
    hand.tick("signs_seen", "never_alone")
    hand.tick("worker_decision", "potential_victim")
    hand.write("decision_reason", "Dikush e shoqëron kudo.")
    hand.go_on()
    hand.go_on()
    hand.choose("signal_source", "proactive_outreach")
    hand.tick("refusal", "all")
    hand.tick("refusal_informed", "yes")
    hand.tick("left_card", "true")
    hand.go_on()
    hand.send()
    on_its_case(page, hand)
    briefs = told()
    assert set(briefs) == {"coordinator", "responsible_authority"}
    assert not {"first_name", "last_name", "birth_date", "whereabouts"} & keys_in(briefs["responsible_authority"])
    answers = Submission.objects.filter(case=Case.objects.get()).get().answers
    assert not {"first_name", "last_name", "alias", "birth_date", "safe_contact_phone"} & set(answers)
    tell(hand)
    assert hand.seconds < WITHIN_SECONDS
    assert complaints == []


def tell(hand: Hand) -> None:
    """For whoever reads the results (pytest -rP): how much it was."""
    print(f"{hand.name}: {hand.acts} acts, {hand.letters} letters, {hand.pages} pages, {hand.seconds:.0f} s by hand")
