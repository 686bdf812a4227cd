"""The start page, signing in and out, and the language."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from case_forms.cases.models import Case, Deadline
from case_forms.form_builder.definition import parse_form
from notifications.outbox.models import Notice, Purpose
from tests.world.scene import World, make_world
from vault.fields import SealedToken
from vault.keyring import KeyRingError

from .. import dashboard
from ..models import Draft, Submission
from .page import Page, follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: Any) -> World:
    return make_world()


@pytest.fixture
def phone(world: World, client: Client) -> Client:
    client.force_login(world.worker)
    return client


def home(user: Any) -> Page:
    client = Client()
    client.force_login(user)
    return Page(client, client.get("/field/"))


def by_its_pages(world: World) -> Case:
    phone = Client()
    phone.force_login(world.worker)
    page = follow(phone, phone.post("/field/forms/identification/start/"))
    page = follow(phone, page.press(municipality="vlore", result="potential_victim", age="12"))
    page = follow(phone, page.press(guardian="no"))
    follow(phone, page.press(account="A story"))
    phone.post(f"/field/drafts/{Draft.objects.latest('started_at').pk}/")
    return Case.objects.latest("opened_at")


def get_state(world: World) -> str:
    return dashboard.open_cases(world.worker)[0].state


def sent(case: Case, **changes: Any) -> Notice:
    """The case's first notice, as if the mail server had taken it."""
    now = timezone.now()
    Notice.objects.filter(case_id=case.pk, chases=None).update(
        **{"state": "sent", "attempts": 1, "sent_at": now, "next_attempt_at": None, "lease_until": None, **changes}
    )
    return Notice.objects.get(case_id=case.pk, chases=None)


def chaser(first: Notice, purpose: str, **changes: Any) -> Notice:
    return Notice.objects.create(
        **{
            "event_id": first.event_id,
            "case_id": first.case_id,
            "case_reference": first.case_reference,
            "purpose": purpose,
            "chases": first,
            "role": "coordinator",
            "contact": first.contact,
            "recipient_key": purpose,
            "municipality": first.municipality,
            "brief": {},
            "link_hash": purpose,
            "link_token": "x",
            "link_expires_at": timezone.now(),
            **changes,
        }
    )


def test_the_units_name_and_its_forms_identification_first(world: World) -> None:
    page = home(world.worker)
    assert page.soup.h1 is not None
    assert page.soup.h1.get_text() == "Njësia Vlorë"
    assert [button.get_text(strip=True) for button in page.soup.select(".btn-begin")] == [
        "Identification",
        "Outreach log",
        "Follow-up",
    ]
    assert page.soup.select_one("details .btn-begin") is not None


def test_an_empty_page_says_what_to_do(world: World) -> None:
    words = home(world.worker).words()
    assert "Your unit has no open case" in words
    assert "Start with one of the forms above" in words
    assert "Your regions have no open case" in home(world.coordinator).words()


def test_a_unit_without_forms_is_told_whom_to_ask(world: World) -> None:
    world.version.form.__class__.objects.update(is_archived=True)
    assert "No form is published yet" in home(world.worker).words()


def test_coordinators_see_their_regions_and_no_forms(world: World) -> None:
    case = world.identify_child()
    page = home(world.coordinator)
    assert case.reference in page.words()
    assert "Njësia Vlorë" in page.words()
    assert not page.soup.select(".btn-begin")
    assert case.reference not in home(world.other_coordinator).words()


def test_my_drafts_lead_on_where_i_stopped(world: World, phone: Client) -> None:
    page = follow(phone, phone.post("/field/forms/identification/start/"))
    follow(phone, page.press(municipality="vlore", result="none", age="30")).press("save", account="x")
    link = home(world.worker).soup.select_one(".card-line a")
    assert link is not None
    assert link["href"] == f"/field/drafts/{Draft.objects.get().pk}/story/"
    assert "Not sent yet" not in home(world.colleague).words()


def test_two_drafts_of_one_form_are_told_apart_by_their_case(world: World, phone: Client) -> None:
    case = world.identify_child()
    follow(phone, phone.post("/field/forms/follow_up/start/", {"case": case.reference}))
    follow(phone, phone.post("/field/forms/follow_up/start/"))
    lines = [" ".join(line.text.split()) for line in home(world.worker).soup.select(".draft-line")]
    assert [f"Case {case.reference}" in line for line in lines] == [False, True]


def test_a_draft_names_no_case_that_its_writer_cannot_see_and_none_when_it_cannot_be_read(
    world: World, phone: Client
) -> None:
    follow(phone, phone.post("/field/forms/follow_up/start/"))
    draft = Draft.objects.get()
    draft.answers = {**draft.answers, "about_case": "ZZZZZZ"}
    draft.save()
    assert "ZZZZZZ" not in home(world.worker).words()
    Draft.objects.update(answers=SealedToken("no seal at all"))
    assert "Not sent yet" in home(world.worker).words()


def test_a_draft_whose_key_is_gone_names_no_case() -> None:
    class Sealed:
        form_version = SimpleNamespace(
            parsed_form=parse_form(
                {"sections": [{"items": [{"item": "question", "key": "about_case", "type": "case_reference"}]}]}
            )
        )

        @property
        def answers(self) -> dict[str, Any]:
            raise KeyRingError("no such key")

    assert dashboard.case_named(cast("Draft", Sealed())) == ""


def test_a_sent_form_leaves_the_drafts_and_stands_under_sent(world: World) -> None:
    case = by_its_pages(world)
    page = home(world.colleague)
    assert f"/field/cases/{case.reference}/submissions/{Submission.objects.get().pk}/" in page.text
    assert "Not sent yet" not in home(world.worker).words()


def test_a_case_says_its_status_its_place_and_that_it_may_be_a_child(world: World) -> None:
    world.identify_child()
    words = home(world.worker).words()
    for expected in ("Potential victim (VMT)", "Bashkia Vlorë", "child, or may be a child", "waiting for answers"):
        assert expected in words


def test_a_case_with_nothing_owed_is_quiet(world: World) -> None:
    case = world.identify_child()
    now = timezone.now()
    sent(case, state="accepted", opened_at=now, accepted_at=now, next_step_at=None)
    assert get_state(world) == "quiet"


def test_nobody_found_is_the_loudest(world: World) -> None:
    case = world.identify_child()
    Notice.objects.filter(case_id=case.pk).update(contact=None, state="failed", reason="no_contact")
    assert get_state(world) == "no_contact"
    page = home(world.worker)
    assert page.soup.select_one(".case-loud") is not None
    assert "no contact found" in page.words()


def test_no_answer_in_time_is_loud_and_brings_the_number_to_call(world: World) -> None:
    case = world.identify_child()
    sent(case, answer_by=timezone.now() - timedelta(minutes=1))
    assert get_state(world) == "late"
    page = home(world.worker)
    call = page.soup.select_one('a[href^="tel:"]')
    assert call is not None
    assert call["href"] == "tel:+355690000001"
    assert "Anti-trafficking police officer" in page.words()


def test_a_call_that_was_asked_for_is_louder_than_late(world: World) -> None:
    case = world.identify_child()
    notice = sent(case, state="escalated", escalated_at=timezone.now(), answer_by=timezone.now())
    assert get_state(world) == "late"
    chaser(notice, Purpose.CALL)
    assert get_state(world) == "call"


def test_the_other_states_in_their_order(world: World) -> None:
    case = world.identify_child()
    sent(case, state="escalated", escalated_at=timezone.now(), answer_by=None)
    assert get_state(world) == "escalated"
    Notice.objects.update(state="failed", reason="smtp_refused", next_attempt_at=timezone.now())
    assert get_state(world) == "failed"
    Deadline.objects.update(breach_at=timezone.now() - timedelta(minutes=1))
    assert get_state(world) == "breach"


def test_the_loudest_case_stands_first(world: World) -> None:
    loud, quiet = world.identify_child(), world.identify_child()
    sent(loud, answer_by=timezone.now() - timedelta(minutes=1))
    references = [node.get_text() for node in home(world.worker).soup.select(".case-line .card-link")]
    assert references == [loud.reference, quiet.reference]


def test_a_closed_case_is_not_on_the_start_page(world: World) -> None:
    case = world.identify_child()
    Case.objects.update(closed_at=timezone.now())
    assert dashboard.open_cases(world.worker) == []
    assert not home(world.worker).soup.select(".case-line")
    assert case.reference in home(world.worker).words()  # under "Sent"


@pytest.mark.parametrize(("who", "most"), [("worker", 32), ("coordinator", 35)])
@pytest.mark.parametrize("path", ["/field/", "/field/day/"])
def test_a_page_asks_the_database_as_often_for_many_cases_as_for_one(
    world: World, who: str, most: int, path: str
) -> None:
    """The bounds are of the start page; the day asks more (four parts, four kinds of lines each)."""
    reader = Client()
    reader.force_login(getattr(world, who))
    world.identify_child()
    first = _count_queries(reader, path)
    for _number in range(3):
        world.identify_child()
    assert _count_queries(reader, path) == first
    # Many are short: who sees what is read first, so that the long ones can use an index (docs/adr/0121).
    assert first <= (most if path == "/field/" else most + 10)


@pytest.mark.parametrize(("who", "most"), [("worker", 57), ("coordinator", 59)])
def test_the_page_of_a_case_asks_as_often_however_much_happened_in_it(world: World, who: str, most: int) -> None:
    reader = Client()
    reader.force_login(getattr(world, who))
    case = world.identify_child()
    path = f"/field/cases/{case.reference}/"
    first = _count_queries(reader, path)
    assert first <= most
    notice = Notice.objects.filter(case_id=case.pk)[0]
    for number in range(3):
        chaser(notice, Purpose.REMINDER, recipient_key=f"reminder-{number}", link_hash=f"hash-{number}")
        world.identify_child()
    assert _count_queries(reader, path) == first


def _count_queries(reader: Client, path: str) -> int:
    """Count what the database is asked for a page that was opened before."""
    assert reader.get(path).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        assert reader.get(path).status_code == 200
    return len(asked)


def test_the_language_is_kept_on_the_account_and_shown_at_once(world: World, phone: Client) -> None:
    answer = phone.post("/field/language/", {"language": "sq", "next": "/field/"})
    assert answer["Location"] == "/field/"
    world.worker.refresh_from_db()
    assert world.worker.language == "sq"
    assert '<html lang="sq">' in phone.get("/field/").content.decode()


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", ""])
def test_choosing_a_language_leads_nowhere_else(world: World, phone: Client, wanted: str) -> None:
    assert phone.post("/field/language/", {"language": "en", "next": wanted})["Location"] == "/field/"


def test_an_unknown_language_changes_nothing(world: World, phone: Client) -> None:
    phone.post("/field/language/", {"language": "xx"})
    world.worker.refresh_from_db()
    assert world.worker.language == "en"


def test_a_visitor_chooses_the_language_of_the_sign_in_page(client: Client, db: Any) -> None:
    assert '<html lang="sq">' in client.get("/accounts/login/").content.decode()
    client.post("/field/language/", {"language": "en", "next": "/accounts/login/"})
    assert '<html lang="en">' in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize(("who", "where"), [("worker", "/field/"), ("coordinator", "/field/"), ("editor", "/cms/")])
def test_after_signing_in_each_starts_where_they_work(world: World, client: Client, who: str, where: str) -> None:
    answer = client.post("/accounts/login/", {"login": who, "password": "a long pass phrase"})
    assert answer["Location"] == where


def test_the_sign_in_page_says_what_is_wrong_without_saying_whether_the_name_exists(
    world: World, client: Client
) -> None:
    client.post("/field/language/", {"language": "en"})
    said = []
    for name in ("worker", "nobody"):
        page = Page(client, client.post("/accounts/login/", {"login": name, "password": "wrong"}))
        said.append([text.get_text(" ", strip=True) for text in page.soup.select(".error-summary li")])
        assert "wrong" not in page.text.split("<main")[1].replace("wrong?", "")
    assert said[0] == said[1]
    assert said[0]
    page = Page(client, client.post("/accounts/login/", {}))
    assert [link["href"] for link in page.soup.select(".error-summary a")] == ["#id_login", "#id_password"]
    assert page.soup.find(id="id_login") is not None


def test_signing_out_is_a_post_and_ends_the_session(phone: Client) -> None:
    assert phone.get("/accounts/logout/").status_code == 200
    assert phone.get("/field/").status_code == 200
    assert phone.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert phone.get("/field/").status_code == 302


def test_the_second_step_can_be_set_up(phone: Client) -> None:
    page = Page(phone, phone.get("/accounts/2fa/"))
    assert len(page.soup.find_all("h1")) == 1
    assert page.soup.select_one('a[href="/accounts/2fa/totp/activate/"]') is not None


def test_a_case_with_nobody_to_tell_offers_whoever_was_told_instead(world: World) -> None:
    world.identify_child()
    first = Notice.objects.get()
    contact = first.contact
    Notice.objects.update(contact=None, state="failed", reason="no_contact")
    instead = chaser(first, Purpose.FALLBACK, contact=contact)
    line = dashboard.open_cases(world.worker)[0]
    assert (line.state, line.phone) == ("no_contact", contact.phone if contact else None)
    assert instead.state == "owed"
