"""One person's case from the night on which they are met to the day on which it is forgotten, as each meets it.

The unit has a phone in Albanian, the coordinator a desk in English, the offices a link and a PIN. The clock of this
process is moved forward; in between, the sweeper takes its passes.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from access.models import MobileUnit
from audit.due import advance_clocks
from case_forms.cases.models import Case, Deadline, Referral, ReferralState, RightsRequest
from case_forms.cases.referring.models import StepKind
from case_forms.submissions.case_purge import forget_due_cases
from case_forms.submissions.erasure_proof import prove_erasures
from case_forms.submissions.models import Submission
from case_forms.submissions.seeding.demo import DEMO_PASSWORD, DEMO_PIN
from notifications.directory.models import Role
from notifications.escalation.clock import advance
from notifications.outbox.actions import build_link
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Notice
from notifications.texts.senders import find_telling
from tests.seeds import lay_down_demo
from tests.world.notices import POSTBOX, postbox
from vault import data_keys
from vault.keyring import KeyRingError
from vault.seal import SealBroken

from .pictures import picture
from .quiet import close, follow, listened
from .test_field import PHONE, answer_everything_required, fits, press

__all__ = ["postbox"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TIRANE = ZoneInfo("Europe/Tirane")
DESK = {"width": 1280, "height": 900}
CANARY = "Kanarina Njomza"
FULL, FREE = "demo-tjeter", "demo-ndermjetesimi"  # services of the demo directory that can be asked anywhere


def next_friday_night() -> datetime:
    now = datetime.now(TIRANE)
    return (now + timedelta(days=(4 - now.weekday()) % 7 or 7)).replace(hour=23, minute=40, second=0, microsecond=0)


class Year:
    """The system, those who meet in it, and the hand on its clock."""

    def __init__(self, chromium: Browser, server: str, hand: Any) -> None:
        self.chromium = chromium
        self.server = server
        self.hand = hand
        self.pictures = 0

    def wait(self, *, steps: int = 1, **each: float) -> None:
        """Let this much time pass so many times, with the sweeper's passes after each."""
        for _step in range(steps):
            self.hand.shift(timedelta(**each))
            self.sweep()

    def sweep(self) -> None:
        now = timezone.now()
        advance_clocks(now)
        advance(now)
        send_due()

    @contextmanager
    def staff(self, username: str) -> Iterator[Page]:
        """A member of staff who has just signed in: workers on a phone, coordinators at a desk."""
        size = DESK if username.startswith("koordinator") else PHONE
        with self._browser(size) as page:
            page.goto(f"{self.server}/accounts/login/?next=/field/")
            page.fill("#id_login", username)
            page.fill("#id_password", DEMO_PASSWORD)
            page.click("main button")
            expect(page.locator("h1")).to_be_visible()
            page.wait_for_load_state()
            yield page

    @contextmanager
    def office(self, notice: Notice) -> Iterator[Page]:
        """Whoever was sent this notice, after its link and the PIN."""
        with self._browser(PHONE) as page:
            page.goto(self.server + build_link(notice).split("/", 3)[-1].join(["/", ""]))
            page.fill("input[name=pin]", DEMO_PIN)
            page.click("main button")
            expect(page.locator("#answer, main form").first).to_be_visible()
            yield page

    @contextmanager
    def _browser(self, size: Any) -> Iterator[Page]:
        context = self.chromium.new_context(viewport=size, timezone_id="Europe/Tirane")
        context.clock.install(time=timezone.now())
        page, complaints = listened(context)
        yield page
        assert complaints == []
        close(context)

    def show(self, page: Page, name: str) -> None:
        """Look at a page: nothing of it is wider than the screen, and a picture for whoever asked for one."""
        if page.viewport_size == PHONE:
            fits(page)
        self.pictures += 1
        picture(page, f"year-{self.pictures:02}-{name}")

    def open(self, page: Page, case: Case, more: str = "") -> None:
        page.goto(f"{self.server}/field/cases/{case.reference}/{more}")
        expect(page.locator("h1")).to_be_visible()

    def fill_in(self, page: Page, case: Case | None, form: str, **answers: Any) -> Submission:
        """Begin a form (about a case), answer what is given and what is required, confirm and send it."""
        before = set(Submission.objects.values_list("pk", flat=True))
        if case is not None:
            self.open(page, case)
        page.locator(f"form[action$='/forms/{form}/start/'] button").first.evaluate("each => each.click()")
        expect(page.locator("form#section")).to_be_visible()
        self.go_through(page, form, answers)
        (sent,) = Submission.objects.exclude(pk__in=before)
        return sent

    def go_through(self, page: Page, form: str, answers: dict[str, Any]) -> None:
        for _section in range(20):
            if not page.locator("form#section").count():
                break
            for key, value in answers.items():
                give(page, key, value)
            answer_everything_required(page)
            press(page)
        else:
            raise AssertionError(f"{form}: stuck at {page.url}: {page.locator('.error-summary').all_inner_texts()}")
        for box in page.locator('input[name="confirmed"]').all():
            box.check()
        self.show(page, f"{form}-review")
        page.click(".bottom-bar .btn-next")
        expect(page.locator(".bottom-bar .btn-next[aria-busy=true]")).to_have_count(0)
        page.wait_for_url("**/field/cases/**")


def give(page: Page, key: str, value: Any) -> None:
    """Answer a question, if it is on this page and shown."""
    if page.locator(f"#q-{key}").count() and page.locator(f"#q-{key}").first.is_visible():
        field = page.locator(f"#q-{key}").first
        kind = field.evaluate("each => each.tagName")
        if kind == "SELECT":
            field.select_option(value)
            return
        if kind in ("INPUT", "TEXTAREA"):
            field.fill(value)
            return
    for each in value if isinstance(value, list) else [value]:
        box = page.locator(f'input[name="{key}"][value="{each}"]')
        if box.count() and box.first.is_visible():
            box.first.check()


def open_notices(case: Case, role: str) -> list[Notice]:
    return list(Notice.objects.open().filter(case_id=case.pk, role=role).order_by("owed_at"))


@pytest.fixture
def year(
    chromium: Browser, live_server: Any, transactional_db: Any, postbox: Any, settings: Any, tmp_path: Path
) -> Iterator[Year]:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    settings.NEUTRAL_SENDER_EMAIL = "njoftime@sherbimi.example"
    data_keys._cached.clear()
    lay_down_demo()
    with time_machine.travel(next_friday_night().astimezone(UTC), tick=True) as hand:
        yield Year(chromium, live_server.url, hand)
    data_keys._cached.clear()


def test_a_person_is_followed_until_they_are_safe_and_everything_is_erased_at_their_wish(year: Year) -> None:
    case = met_at_night_as_a_child(year)
    who_may_help_is_agreed(year, case)
    a_shelter_is_full_and_another_accepts(year, case)
    they_are_accompanied_and_arrive(year, case)
    risk_is_assessed(year, case)
    the_age_is_corrected(year, case)
    a_follow_up_is_missed_and_chased(year, case)
    another_region_takes_over(year, case)
    a_school_is_told_by_nobody_it_knows(year, case)
    it_is_closed_by_two(year, case)
    they_ask_that_everything_is_erased(year, case)
    it_is_erased_on_its_day(year, case)


def met_at_night_as_a_child(year: Year) -> Case:
    with year.staff("lezhe1") as page:
        sent = year.fill_in(
            page,
            None,
            "initial_identification",
            municipality="lezhe",
            immediate_danger="no",
            explained="yes",
            consent_to_store="yes",
            police_contact_consent="yes",
            age_in_doubt="yes",
            age_basis="stated",
            age_stated="16",
            first_name=CANARY,
            where_tonight="not_safe",
            shelter_wanted="yes",
            signs_heard=["child_exploited", "money_taken"],
            worker_decision="potential_victim",
            decision_reason="Lyp çdo ditë, paratë ia marrin.",
            signal_source="session_participant",
        )
        case = sent.case
        assert case is not None
        assert case.child_track
        year.sweep()
        year.open(page, case)
        year.show(page, "night")
    told = {notice.role for notice in Notice.objects.filter(case_id=case.pk, chases=None)}
    assert {"police", "responsible_authority", "cpu"} <= told
    assert len(POSTBOX.letters) >= 3
    (police,) = open_notices(case, Role.POLICE)
    with year.office(police) as page:
        year.show(page, "police")
        follow(page, page.locator("button[value=accepted]"))
        year.show(page, "police-accepted")
    police.refresh_from_db()
    assert police.state == "accepted"
    return case


def who_may_help_is_agreed(year: Year, case: Case) -> None:
    """The child agrees to be referred to protection services, with the Child Protection Unit beside them."""
    with year.staff("lezhe1") as page:
        year.fill_in(
            page,
            case,
            "consent",
            explained_by="Punonjësi 1",
            language="sq",
            explained_points=["purpose", "use", "withdraw"],
            read_aloud="true",
            **{
                "consents-0-purpose": "refer_to",
                "consents-0-office": "protection_service",
                "consents-0-given": "yes",
                "consents-0-kind": "assent",
                "consents-0-legal_basis": "consent",
            },
            representative_role="cpu",
            representative_name="Punonjësja e NJMF-së",
            representative_involved="yes",
            how_recorded="witnessed",
            witness="Punonjësi 2",
        )
        year.open(page, case)
        year.show(page, "consents")


def a_shelter_is_full_and_another_accepts(year: Year, case: Case) -> None:
    for office, answered in ((FULL, "declined"), (FREE, "accepted")):
        year.wait(hours=1)
        with year.staff("lezhe1") as page:
            year.fill_in(
                page,
                case,
                "referral",
                to_org=office,
                service=["shelter"],
                reason="Nuk ka ku fle sonte.",
                consent_basis="assent_and_cpu",
                content_shared=["age_and_gender", "language"],
            )
        year.sweep()
        (notice,) = [each for each in open_notices(case, Role.PROTECTION_SERVICE) if each.partner.slug == office]
        assert CANARY not in str(notice.brief)
        with year.office(notice) as page:
            year.show(page, f"shelter-{answered}")
            answer_link(page, answered)
            year.show(page, f"shelter-{answered}-done")
        assert Referral.objects.get(notice_id=notice.pk).state == answered


def answer_link(page: Page, kind: str) -> None:
    """Answer a notice: at once, or with the first of its reasons."""
    panel = page.locator(f"form:has(input[name=kind][value={kind}]), form:has(button[value={kind}])").first
    if kind != "accepted":
        page.locator("details:has(input[name=kind][value=declined]) summary").first.click()
        panel.locator("input[type=radio]").first.check()
    panel.locator("button").last.click()


def they_are_accompanied_and_arrive(year: Year, case: Case) -> None:
    """The arrival isn't noted by its time, so the unit is told; then the shelter says that the person is there."""
    referral = Referral.objects.get(case=case, partner__slug=FREE)
    year.wait(hours=7)
    due = timezone.localtime(timezone.now() + timedelta(hours=3))
    with year.staff("lezhe1") as page:
        year.open(page, case, f"referrals/{referral.pk}/{StepKind.AGREED}/")
        page.fill("#who", "Punonjësi 1 dhe një oficere")
        page.fill("#due", due.strftime("%Y-%m-%dT%H:%M"))
        page.locator("#way input[value=unit]").check()
        year.show(page, "accompaniment")
        page.locator(".bottom-bar .btn-next").click()
        expect(page).to_have_url(re.compile(rf"/field/cases/{case.reference}/(#.*)?$"))
    before = set(Notice.objects.values_list("pk", flat=True))
    year.wait(steps=6, hours=1)  # two hours after the time
    assert Notice.objects.filter(case_id=case.pk, role=Role.MOBILE_UNIT).exclude(pk__in=before).exists()
    with year.office(Notice.objects.get(pk=referral.notice_id)) as page:
        year.show(page, "not-arrived")
        page.locator(f"#step-{StepKind.ARRIVED} button").click()
        expect(page.locator(f"#step-{StepKind.ARRIVED}")).to_have_count(0)
        year.show(page, "arrived")
    referral.refresh_from_db()
    assert referral.state == ReferralState.ARRIVED


def risk_is_assessed(year: Year, case: Case) -> None:
    year.wait(hours=10)
    with year.staff("lezhe2") as page:
        year.fill_in(
            page,
            case,
            "risk_assessment",
            threats_from=["family", "exploiter"],
            level="high",
            plan="Nuk del vetëm; strehëza e shoqëron.",
            review_on=(timezone.localdate() + timedelta(days=14)).isoformat(),
        )
        year.open(page, case)
        year.show(page, "risk")


def the_age_is_corrected(year: Year, case: Case) -> None:
    """A document shows another age; the officer who had accepted is told, and confirms having read it."""
    year.wait(days=3)
    sent = Submission.objects.current().get(case=case, form_version__form__key="initial_identification")
    with year.staff("lezhe1") as page:
        page.goto(f"{year.server}/field/submissions/{sent.pk}/correct/")
        year.show(page, "correct")
        page.fill("#reason", "Dokumenti i familjes: lindur 2011.")
        page.locator("main form button").last.click()
        expect(page.locator("#changed")).to_be_visible()
        draft = sent.correcting_drafts.get()
        page.goto(f"{year.server}/field/drafts/{draft.pk}/consent/")
        give(page, "age_stated", "14")
        press(page)
        page.goto(f"{year.server}/field/drafts/{draft.pk}/")
        for box in page.locator('input[name="confirmed"]').all():
            box.check()
        year.show(page, "correction-review")
        page.click(".bottom-bar .btn-next")
        page.wait_for_url("**/field/cases/**")
    year.sweep()
    corrected = Notice.objects.filter(case_id=case.pk, role=Role.POLICE, purpose="correction").latest("owed_at")
    with year.office(corrected) as page:
        expect(page.locator("#corrected")).to_be_visible()
        year.show(page, "correction-read")


def a_follow_up_is_missed_and_chased(year: Year, case: Case) -> None:
    """Nobody makes the follow-up of the first month: the lead worker is told, and then the coordinator."""
    before = set(Notice.objects.values_list("pk", flat=True))
    year.wait(steps=32, days=1)
    year.wait(steps=12, hours=2)
    duty = Deadline.objects.unmet().get(case=case, key="follow_up_1_month")
    assert duty.met_at is None
    chased = Notice.objects.filter(case_id=case.pk).exclude(pk__in=before).exclude(chase_id=None)
    of_duty = chased.filter(chase_id=duty.chase_id)
    assert {"mobile_unit", "coordinator"} <= set(of_duty.values_list("role", flat=True))
    with year.staff("lezhe1") as page:
        year.open(page, case)
        year.show(page, "follow-up-missed")
        year.fill_in(
            page,
            case,
            "follow_up",
            date=timezone.localdate().isoformat(),
            follow_kind="month_1",
            how="visit",
            reached="true",
            lives="shelter",
            safe="yes",
        )
    duty.refresh_from_db()
    assert duty.met_at is not None


def another_region_takes_over(year: Year, case: Case) -> None:
    year.wait(days=20)
    with year.staff("lezhe1") as page:
        year.open(page, case, "transfer/")
        page.select_option("#unit", "vlore")
        page.select_option("#municipality", "vlore")
        page.fill("#reason", "Familja u shpërngul në Vlorë.")
        year.show(page, "transfer")
        page.locator(".bottom-bar .btn-next").click()
        page.wait_for_url("**/transfers/**")
    asked = case.transfers.get()
    with year.staff("vlore1") as page:
        year.show(page, "transfer-asked")
        page.goto(f"{year.server}/field/find/transfers/{asked.pk}/")
        page.locator("button[value=accept]").click()
        year.open(page, case)
        year.show(page, "transfer-accepted")
    case.refresh_from_db()
    assert case.unit == MobileUnit.objects.get(slug="vlore")
    with year.staff("lezhe1") as page:
        answer = page.request.get(f"{year.server}/field/cases/{case.reference}/")
        assert answer.status == 404


def a_school_is_told_by_nobody_it_knows(year: Year, case: Case) -> None:
    """The school reads whom to look after, and neither in mail, page nor paper what for or from whom."""
    with year.staff("vlore1") as page:
        year.fill_in(
            page,
            case,
            "school_notice",
            to_org="demo-shkolla-vlore-1",
            agreed_with="cpu",
            pupil="N. K.",
            school_class="8B",
            call_phone="069 123 4567",
            watch=["absence", "waiting"],
            do_not=["ask", "tell", "call_family"],
        )
    year.sweep()
    (notice,) = open_notices(case, Role.SCHOOL)
    letter = next(each for each in POSTBOX.letters if notice.code in each.subject)
    assert find_telling(f"{letter.sender} {letter.subject}") == []
    with year.office(notice) as page:
        year.show(page, "school")
        assert find_telling(f"{page.title()} {page.locator('body').inner_text()}") == []
        follow(page, page.locator("button[value=accepted]"))


def it_is_closed_by_two(year: Year, case: Case) -> None:
    year.wait(days=290)
    with year.staff("vlore1") as page:
        year.open(page, case, "close/")
        page.locator("input[name=reason][value=finished]").check()
        page.locator("input[name=wish][value=agrees]").check()
        for tick in page.locator("input[name=despite]").all():
            tick.check()
        page.locator("textarea[name=risk]").fill("Strehëza, që e ka parë rrezikun të hënën.")
        if page.locator("input[name=notices]").count():
            page.locator("input[name=notices][value=withdraw]").check()
        page.locator("textarea[name=contact]").fill(f"{CANARY} shkon në shkollë dhe është mirë.")
        page.locator("textarea[name=open]").fill("Shkolla dhe bashkia e ndjekin më tej.")
        year.show(page, "close")
        page.locator("main form button").last.click()
        page.wait_for_url("**/closing/")
    with year.staff("koordinator") as page:
        year.open(page, case, "closing/")
        year.show(page, "closing")
        page.locator("button[name=do][value=agree]").click()
        year.open(page, case)
        expect(page.locator(".case-loud")).to_have_count(0)  # nobody is to be called about it any more
        year.show(page, "closed")
    case.refresh_from_db()
    assert case.closed_at is not None
    assert not Deadline.objects.running().filter(case=case).exists()


def they_ask_that_everything_is_erased(year: Year, case: Case) -> None:
    """A month after the case was closed: two people agree to the day, and the person gets a paper about it."""
    year.wait(days=30)
    with year.staff("vlore1") as page:
        year.open(page, case, "rights/")
        page.locator("input[name=kind][value=erasure]").check()
        page.locator("input[name=received_through][value=person]").check()
        page.locator("input[name=identity][value=known]").check()
        page.locator("textarea[name=identity_words]").fill("Vetëm me të, në zyrë.")
        year.show(page, "erasure-asked")
        page.locator("main form button.btn-next").click()
        page.locator("input[name=outcome][value=whole]").check()
        year.show(page, "erasure-proposed")
        page.locator("button[value=propose]").click()
        expect(page.locator("button[value=propose]")).to_have_count(0)
        here = page.url
    with year.staff("koordinator") as page:
        page.goto(here)
        page.locator("button[value=agree]").click()
        expect(page.locator("button[value=hand_over]")).to_be_visible()
        with page.expect_download():
            page.locator("a[href$='file.pdf']").click()
        page.locator("input[name=to][value=person]").check()
        page.locator("button[value=hand_over]").click()
        expect(page.locator("button[value=hand_over]")).to_have_count(0)
        year.show(page, "erasure-agreed")


def it_is_erased_on_its_day(year: Year, case: Case) -> None:
    """Long before its term would have ended; afterwards the name stands nowhere, and the service has looked."""
    asked = RightsRequest.objects.get(case=case)
    assert asked.erase_on is not None
    assert case.forget_after is not None
    assert asked.erase_on < case.forget_after
    assert canaries() != []
    year.hand.move_to(datetime(*asked.erase_on.timetuple()[:3], 12, tzinfo=UTC) - timedelta(days=1))
    forget_due_cases(timezone.localdate())
    case.refresh_from_db()
    assert case.forgotten_at is None
    year.wait(days=1)
    forget_due_cases(timezone.localdate())
    case.refresh_from_db()
    assert case.forgotten_at is not None
    assert canaries() == []
    assert prove_erasures(timezone.now()) == 1
    asked.refresh_from_db()
    assert asked.proved_at is not None
    with year.staff("vlore1") as page:
        page.goto(f"{year.server}/field/cases/{case.reference}/")
        year.show(page, "erased")


def canaries() -> list[str]:
    """Return every readable value of the database in which the person's name still stands."""
    found = []
    for model in apps.get_models():
        fields = [field.attname for field in model._meta.concrete_fields]
        for row in model._default_manager.all():
            for name in fields:
                try:
                    if CANARY in str(getattr(row, name)):
                        found.append(f"{model.__name__}.{name}")
                except (SealBroken, KeyRingError):
                    continue
    return found
