"""A case's page: who has been told, what they did, what happens next; and the part that renews itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.submissions.tests.page import Page
from notifications.briefs.models import ProtocolNumber
from notifications.outbox.models import Notice, Purpose, Reply
from tests.world.scene import World, make_world

from ..models import Case, CaseEvent, Deadline

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    client.force_login(world.worker)
    return client


@pytest.fixture
def case(world: World) -> Case:
    return world.identify_child()


def show(phone: Client, case: Case) -> Page:
    return Page(phone, phone.get(f"/field/cases/{case.reference}/"))


def board(phone: Client, case: Case) -> Page:
    answer = phone.get(f"/field/cases/{case.reference}/timeline/")
    assert answer.status_code == 200
    answer.content = b"<main>" + answer.content + b"</main>"
    return Page(phone, answer)


def sent(**changes: Any) -> Notice:
    """The case's first notice, as if the mail server had taken it 26 minutes ago, 0.4 seconds after it was owed."""
    owed = timezone.now() - timedelta(minutes=26)
    usual = {
        "state": "sent",
        "attempts": 1,
        "owed_at": owed,
        "sent_at": owed + timedelta(seconds=0.4),
        "next_attempt_at": None,
        "lease_until": None,
        "answer_by": owed + timedelta(minutes=30),
        "next_step_at": owed + timedelta(minutes=30, seconds=30),
        "ladder_step": 1,
    }
    Notice.objects.filter(chases=None).update(**{**usual, **changes})
    return Notice.objects.get(chases=None)


def chaser(root: Notice, purpose: str, **changes: Any) -> Notice:
    return Notice.objects.create(
        event_id=root.event_id,
        case_id=root.case_id,
        case_reference=root.case_reference,
        purpose=purpose,
        chases=root,
        role=root.role,
        contact=root.contact,
        recipient_key=f"{purpose}-1",
        municipality=root.municipality,
        brief={},
        link_hash=purpose * 3,
        link_token="x",
        link_expires_at=timezone.now(),
        **changes,
    )


def test_the_page_says_what_the_case_is(world: World, phone: Client, case: Case) -> None:
    words = show(phone, case).words()
    for expected in (
        f"Case {case.reference}",
        "Potential victim (VMT)",
        "child, or may be a child",
        "Bashkia Vlorë",
        "Njësia Vlorë",
        "Not offered yet",
    ):
        assert expected in words


def test_the_page_explains_the_decision_in_words(phone: Client, case: Case) -> None:
    assert "A potential victim was identified." in show(phone, case).words()


def test_a_case_without_reasons_shows_no_empty_box(phone: Client, case: Case) -> None:
    for event in CaseEvent.objects.all():
        event.explanation = []
        event.save()
    assert "Why the procedure decided this" not in show(phone, case).words()


def test_opening_the_page_is_recorded_and_renewing_it_is_not(world: World, phone: Client, case: Case) -> None:
    show(phone, case)
    board(phone, case)
    entry = AuditEntry.objects.get(action="case.read")
    assert (entry.actor_id, entry.target_id) == (str(world.worker.pk), str(case.pk))


def test_a_new_notice_waits_to_be_sent(phone: Client, case: Case) -> None:
    page = board(phone, case)
    assert "Anti-trafficking police officer" in page.words()
    assert "Contact 001" in page.words()
    assert page.soup.select_one(".badge-owed") is not None


def test_times_stand_with_seconds_and_what_happens_next(phone: Client, case: Case) -> None:
    notice = sent()
    words = board(phone, case).words()
    assert "+0.4 s" in words
    assert timezone.localtime(notice.sent_at).strftime("%H:%M:%S") in words
    assert "3 minutes left" in words
    assert "the deputy in 4 minutes" in words


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ladder_step": 0}, "a reminder in 4 minutes"),
        ({"ladder_step": 0, "next_step_at": timedelta(minutes=-1)}, "a reminder now"),
        ({"next_step_at": timedelta(minutes=-1)}, "the deputy now"),
        ({"ladder_step": 2}, "a coordinator is asked to call in 4 minutes"),
        ({"ladder_step": 9, "next_step_at": timedelta(hours=-1)}, "a coordinator is asked to call now"),
        ({"state": "failed", "reason": "smtp", "next_attempt_at": timedelta(minutes=-1)}, "it is being sent"),
        (
            {"state": "failed", "reason": "smtp", "next_attempt_at": timedelta(seconds=220)},
            "it will be sent again in 3 minutes",
        ),
    ],
)
def test_the_next_step_in_words(phone: Client, case: Case, changes: dict[str, Any], said: str) -> None:
    now = timezone.now()
    sent(**{name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()})
    assert said in board(phone, case).words()


def test_no_answer_in_time_is_loud_with_the_number_to_call(phone: Client, case: Case) -> None:
    sent(answer_by=timezone.now() - timedelta(minutes=6))
    page = board(phone, case)
    assert "No answer for 26 minutes." in page.words()
    assert page.soup.select_one(".case-loud") is not None
    assert page.soup.select_one('a[href="tel:+355690000001"]') is not None
    assert page.soup.select_one(".badge-late, .badge-danger, .badge-amber, .badge-breach") is not None


def test_a_notice_in_time_offers_no_number(phone: Client, case: Case) -> None:
    assert board(phone, case).soup.select_one('a[href^="tel:"]') is None


def test_nobody_found_is_said_first_and_loudly(phone: Client, case: Case) -> None:
    Notice.objects.update(contact=None, state="failed", reason="no_contact", next_attempt_at=timezone.now())
    page = board(phone, case)
    assert "no contact found" in page.words()
    assert page.soup.select_one(".note-danger") is not None
    assert "the directory is being checked again" in page.words()


def test_who_stands_in_for_nobody_can_be_called(phone: Client, case: Case) -> None:
    contact = Notice.objects.get().contact
    Notice.objects.update(contact=None, state="failed", reason="no_contact", next_attempt_at=timezone.now())
    fallback = chaser(Notice.objects.get(), Purpose.FALLBACK)
    Notice.objects.filter(pk=fallback.pk).update(contact=contact)
    assert board(phone, case).soup.select_one('a[href="tel:+355690000001"]') is not None


def test_the_chase_stands_inside_the_card_of_its_recipient(phone: Client, case: Case) -> None:
    root = sent()
    chaser(root, Purpose.DEPUTY)
    chaser(root, Purpose.CALL)
    page = board(phone, case)
    assert len(page.soup.select(".notice-card")) == 1
    assert "to the deputy" in page.words()
    assert page.soup.select_one('a[href^="tel:"]') is not None


def test_a_deputys_yes_settles_the_card(phone: Client, case: Case) -> None:
    now = timezone.now()
    root = sent(state="closed", closed_at=now, next_step_at=None, reason="taken")
    deputy = chaser(root, Purpose.DEPUTY)
    Notice.objects.filter(pk=deputy.pk).update(
        state="accepted", attempts=1, sent_at=now, opened_at=now, accepted_at=now, next_attempt_at=None
    )
    page = board(phone, case)
    head = page.soup.select_one(".notice-head")
    assert head is not None
    assert "accepted" in head.get_text()
    assert "No answer" not in page.words()


def test_replies_are_read_in_words_with_their_note(phone: Client, case: Case) -> None:
    now = timezone.now()
    root = sent(state="accepted", opened_at=now, accepted_at=now, next_step_at=None)
    Reply.objects.create(notice=root, kind="on_the_way", note="In a white car <b>")
    Reply.objects.create(notice=root, kind="outcome", reason="met_safe")
    Reply.objects.create(notice=root, kind="wrong_area", to_municipality=case.municipality)
    page = board(phone, case)
    for expected in ("on the way", "In a white car <b>", "they are safe", "another area → Bashkia Vlorë"):
        assert expected in page.words()
    assert "<b>" not in page.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "on time"),
        ({"amber_at": -1}, "due soon"),
        ({"amber_at": -3, "red_at": -1}, "late"),
        ({"breach_at": -1}, "deadline missed"),
        ({"met_at": -1}, "done on time"),
        ({"met_at": -1, "amber_at": -5}, "done, late"),
    ],
)
@pytest.mark.parametrize("own_card", [True, False])
def test_minutes_beside_deadlines(
    phone: Client, case: Case, changes: dict[str, int], said: str, own_card: bool
) -> None:
    sent()
    now = timezone.now()
    Deadline.objects.update(**{name: now + timedelta(minutes=minutes) for name, minutes in changes.items()})
    if not own_card:
        Deadline.objects.update(notice_id=None)
    words = board(phone, case).words()
    assert said in words
    assert "Police told" in words


def test_the_part_is_sent_again_only_when_it_reads_differently(phone: Client, case: Case) -> None:
    address = f"/field/cases/{case.reference}/timeline/"
    page = show(phone, case)
    first = page.soup.select_one("[data-timeline]")
    assert first is not None
    assert first["data-src"] == address
    etag = phone.get(address)["ETag"]
    same = phone.get(address, headers={"If-None-Match": etag})
    assert (same.status_code, same.content) == (304, b"")
    sent()
    changed = phone.get(address, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"] != etag


def test_asking_whether_it_changed_is_cheap(phone: Client, case: Case, django_assert_max_num_queries: Any) -> None:
    address = f"/field/cases/{case.reference}/timeline/"
    etag = phone.get(address)["ETag"]
    with django_assert_max_num_queries(13):  # one of them for whether the session is locked or ended
        phone.get(address, headers={"If-None-Match": etag})


def test_without_javascript_the_page_renews_itself_until_all_is_settled(phone: Client, case: Case) -> None:
    assert "<noscript><meta" in show(phone, case).text
    now = timezone.now()
    sent(state="accepted", opened_at=now, accepted_at=now, next_step_at=None)
    assert "<noscript><meta" not in show(phone, case).text


def test_a_worker_adds_a_form_and_a_coordinator_only_reads(world: World, phone: Client, case: Case) -> None:
    page = show(phone, case)
    assert [button.get_text(strip=True) for button in page.soup.select(".btn-begin")] == ["Follow-up"]
    other = Client()
    other.force_login(world.coordinator)
    assert not show(other, case).soup.select(".btn-begin")
    Case.objects.update(closed_at=timezone.now())
    assert not show(phone, case).soup.select(".btn-begin")


def test_the_forms_of_the_case_are_linked_and_not_shown(phone: Client, case: Case) -> None:
    page = show(phone, case)
    assert "A story" not in page.text
    assert page.soup.select_one(f'a[href^="/field/cases/{case.reference}/submissions/"]') is not None


def test_a_drill_is_marked(phone: Client, case: Case) -> None:
    Case.objects.update(is_drill=True)
    assert "drill" in show(phone, case).words()


def test_a_case_in_which_nobody_is_told_says_so(phone: Client, case: Case) -> None:
    Deadline.objects.all().delete()
    ProtocolNumber.objects.all().delete()
    Notice.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
    assert "notifies nobody about this case" in board(phone, case).words()


def test_the_page_has_one_heading_and_no_inline_script(phone: Client, case: Case) -> None:
    page = show(phone, case)
    assert len(page.soup.find_all("h1")) == 1
    ids = [node["id"] for node in page.soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert not page.soup.select("[style], script:not([src])")


def test_a_card_counts_to_one_moment_the_answers(phone: Client, case: Case) -> None:
    now = timezone.now()
    Notice.objects.filter(case_id=case.pk).update(answer_by=now + timedelta(minutes=60))
    marks = {"amber_at": now + timedelta(minutes=30), "breach_at": now + timedelta(hours=24)}
    notice = Notice.objects.filter(case_id=case.pk, purpose=Purpose.FIRST).first()
    assert notice is not None
    Deadline.objects.update_or_create(
        event=CaseEvent.objects.get(case=case),
        key="one_clock",
        defaults={"case": case, "label": {"sq": "x", "en": "x"}, "notice_id": notice.pk, "starts_at": now, **marks},
    )
    card = board(phone, case).soup.select_one(f'.notice-card[data-key="{notice.pk}"]')
    assert card is not None
    waiting = " ".join(card.get_text(" ").split())
    assert "59 minutes left" in waiting
    assert "until it is late" not in waiting
    assert "until it is missed" not in waiting
    Notice.objects.filter(pk=notice.pk).update(answer_by=now - timedelta(minutes=1))
    card = board(phone, case).soup.select_one(f'.notice-card[data-key="{notice.pk}"]')
    assert card is not None
    over = " ".join(card.get_text(" ").split())
    assert "The answer was due" in over
    assert "until it is late" not in over
