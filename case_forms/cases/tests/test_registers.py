"""The registers: coordinators look through their own regions' rows, and that is all that can be done there."""

import re
import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation

from access.models import StaffRole, User
from audit.models import AuditEntry
from audit.tests.counting import denials
from case_forms.submissions.models import Submission
from notifications.briefs.replies import answer
from notifications.outbox import labels
from notifications.outbox.actions import cancel, mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import Attempt, Notice, new_code
from notifications.outbox.sweep import sweep
from tests.world.forms import publish, small_form, texts
from tests.world.places import make_coordinator, make_place, make_user
from tests.world.scene import Scene, make_scene

from ..dashboard import get_reasons
from ..models import Case, CaseEvent, Deadline, Referral, new_reference

pytestmark = pytest.mark.django_db
REGISTERS = ("cases/case", "cases/referral", "cases/deadline", "intake/submission", "outbox/notice")


@pytest.fixture
def scene() -> Scene:
    return make_scene()


def signed_in(user: User) -> Client:
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def mine(scene: Scene) -> Client:
    """The coordinator of the scene's region."""
    return signed_in(make_coordinator(scene.place))


@pytest.fixture
def other() -> Client:
    """A coordinator of another region."""
    return signed_in(make_coordinator(make_place()))


@pytest.fixture
def case(scene: Scene) -> Case:
    case = Case.objects.get(reference=scene.send(story="CANARY", age_stated=None).receipt["case"])
    scene.follow(case.reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    return case


def get_texts(client: Client, register: str) -> str:
    response = client.get(f"/cms/{register}/")
    assert response.status_code == 200
    return response.content.decode()


def test_a_coordinator_reads_the_registers_of_their_regions(mine: Client, case: Case) -> None:
    notice = Notice.objects.get(role="police")
    assert case.reference in get_texts(mine, "cases/case")
    assert case.reference in get_texts(mine, "cases/referral")
    assert notice.code in get_texts(mine, "outbox/notice")


def test_another_regions_rows_are_in_no_register(other: Client, case: Case) -> None:
    codes = list(Notice.objects.values_list("code", flat=True))
    assert codes
    for register in REGISTERS:
        html = get_texts(other, register)
        assert case.reference not in html
        assert not any(code in html for code in codes)


def test_a_search_finds_nothing_of_another_region(other: Client, case: Case) -> None:
    codes = list(Notice.objects.values_list("code", flat=True))
    assert codes
    for register in REGISTERS:
        html = other.get(f"/cms/{register}/", {"q": case.reference}).content.decode()
        assert f"inspect/{case.pk}" not in html
        assert not any(code in html for code in codes)


def test_inspecting_is_recorded_and_shows_nothing_sealed(mine: Client, case: Case) -> None:
    rows = {
        "cases/case": case.pk,
        "cases/referral": Referral.objects.get().pk,
        "cases/deadline": case.deadlines.first().pk,
        "intake/submission": Submission.objects.filter(case=case).first().pk,
        "outbox/notice": Notice.objects.first().pk,
    }
    for register, pk in rows.items():
        response = mine.get(f"/cms/{register}/inspect/{pk}/")
        assert response.status_code == 200
        assert "CANARY" not in response.content.decode()
        assert "v2.test1." not in response.content.decode()
        assert AuditEntry.objects.filter(action=f"{register.split('/')[1]}.read", target_id=pk).count() == 1


def test_another_regions_row_is_not_there_and_the_reach_is_recorded(other: Client, case: Case) -> None:
    rows = {
        "cases/case": case.pk,
        "cases/referral": Referral.objects.get().pk,
        "cases/deadline": case.deadlines.first().pk,
        "intake/submission": Submission.objects.filter(case=case).first().pk,
        "outbox/notice": Notice.objects.first().pk,
    }
    for register, pk in rows.items():
        assert other.get(f"/cms/{register}/inspect/{pk}/").status_code == 404
        assert denials(target_id=pk) == 1


def test_a_row_that_does_not_exist_is_not_there(mine: Client) -> None:
    for pk in (uuid.uuid4(), "not-a-uuid", 10**30):
        for register in REGISTERS:
            assert mine.get(f"/cms/{register}/inspect/{pk}/").status_code == 404


@pytest.mark.parametrize("role", [StaffRole.EDITOR, StaffRole.OPERATOR])
def test_editors_and_operators_find_no_register(case: Case, role: str) -> None:
    client = signed_in(make_user(role))
    for register in REGISTERS:
        assert client.get(f"/cms/{register}/").status_code == 404
        assert client.get(f"/cms/{register}/inspect/{case.pk}/").status_code == 404
        assert client.post(f"/cms/{register}/export/", {"format": "csv"}).status_code == 404
    # The policy table refuses each of them by its address.
    assert denials(target_kind="route") == 3 * len(REGISTERS)


def test_being_superuser_opens_no_register(case: Case) -> None:
    editor = make_user(StaffRole.EDITOR)
    editor.is_superuser = True
    editor.save()
    assert signed_in(editor).get("/cms/cases/case/").status_code == 404


@pytest.mark.parametrize(
    "query", ["export=csv", "export=xlsx", "opened_by__password__startswith=m", "unit__slug=x", "x=1"]
)
def test_there_is_no_export_and_no_lookup_of_ones_own(mine: Client, case: Case, query: str) -> None:
    assert mine.get(f"/cms/cases/case/?{query}").status_code == 404


def test_filters_narrow_the_list(mine: Client, case: Case) -> None:
    address = "/cms/cases/case/"
    found = mine.get(address, {"status__exact": "potential_victim", "o": "1"}).content.decode()
    missed = mine.get(address, {"status__exact": "victim"}).content.decode()
    assert case.reference in found
    assert case.reference not in missed


def test_nothing_can_be_made_changed_or_deleted(mine: Client, case: Case) -> None:
    for deed in ("create", "edit", "delete", "history"):
        for path in (f"/cms/cases/case/{deed}/", f"/cms/cases/case/{deed}/{case.pk}/"):
            assert mine.get(path).status_code == 404
            assert mine.post(path).status_code == 404
        with pytest.raises(NoReverseMatch):
            reverse(f"cases_case_modeladmin_{deed}", args=[case.pk])
    assert Case.objects.filter(pk=case.pk).exists()


def test_the_case_links_to_its_own_page(mine: Client, case: Case) -> None:
    assert f"/field/cases/{case.reference}/" in get_texts(mine, "cases/case")


def test_the_menu_shows_the_registers_to_coordinators_only(mine: Client) -> None:
    assert "/cms/cases/case/" in mine.get("/cms/").content.decode()
    assert "/cms/cases/case/" not in signed_in(make_user(StaffRole.EDITOR)).get("/cms/").content.decode()


def test_no_register_draws_what_is_not_in_the_system(mine: Client, case: Case) -> None:
    for register in REGISTERS:
        assert "admin/img/" not in mine.get(f"/cms/{register}/").content.decode()


# Filters, overdue, and trying again


def test_filters_by_region_unit_and_day(mine: Client, case: Case) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    today = f"{timezone.localdate():%d.%m.%Y}"
    for register, hit in (("cases/case", case.reference), ("cases/referral", case.reference), ("outbox/notice", "")):
        hit = hit or Notice.objects.first().code
        address = f"/cms/{register}/"
        found = {"region": case.region_id, "unit": case.unit_id, "since": today, "until": today}
        assert hit in mine.get(address, found).content.decode(), register
        for missed in ({"since": f"{tomorrow:%d.%m.%Y}"}, {"until": "1.1.2020"}):
            assert hit not in mine.get(address, missed).content.decode(), (register, missed)


def test_a_filter_offers_nothing_of_another_region(mine: Client, case: Case) -> None:
    elsewhere = make_place()
    response = mine.get("/cms/cases/case/", {"region": elsewhere.region.pk})
    assert response.status_code == 200
    html = response.content.decode()
    assert case.reference not in html
    assert f'<option value="{elsewhere.region.pk}"' not in html


@pytest.mark.parametrize("query", ["since=yesterday", "since=2.1.2026&until=1.1.2026", "region=x", "status__exact=x"])
def test_a_filter_that_makes_no_sense_is_said_and_finds_nothing(mine: Client, case: Case, query: str) -> None:
    response = mine.get(f"/cms/cases/case/?{query}")
    assert response.status_code == 200
    html = response.content.decode()
    assert "error-message" in html
    assert case.reference not in html


def test_overdue_finds_what_is_late_and_says_so_first(mine: Client, case: Case) -> None:
    Notice.objects.update(answer_by=timezone.now() + timedelta(hours=1))
    case.deadlines.update(breach_at=timezone.now() + timedelta(hours=1))
    for register in ("cases/case", "outbox/notice"):
        assert case.reference not in mine.get(f"/cms/{register}/", {"overdue": "1"}).content.decode()

    Notice.objects.filter(role="police").update(answer_by=timezone.now() - timedelta(minutes=1))
    for notice in Notice.objects.filter(role="police"):
        mark_sent(notice)
    for register in ("cases/case", "outbox/notice"):
        html = mine.get(f"/cms/{register}/", {"overdue": "1"}).content.decode()
        assert case.reference in html
        assert "badge-late" in html


def test_a_referral_is_overdue_by_its_notice(mine: Client, case: Case) -> None:
    referral = Referral.objects.get()
    Notice.objects.filter(pk=referral.notice_id).update(answer_by=timezone.now() - timedelta(minutes=1))
    assert case.reference in mine.get("/cms/cases/referral/", {"overdue": "1"}).content.decode()
    Notice.objects.filter(pk=referral.notice_id).update(answer_by=timezone.now() + timedelta(minutes=1))
    assert case.reference not in mine.get("/cms/cases/referral/", {"overdue": "1"}).content.decode()


def test_a_notice_leads_to_its_case(mine: Client, case: Case) -> None:
    notice = Notice.objects.get(role="police")
    page = f"/field/cases/{case.reference}/"
    assert page in get_texts(mine, "outbox/notice")
    assert page in mine.get(f"/cms/outbox/notice/inspect/{notice.pk}/").content.decode()


@pytest.mark.parametrize(
    ("outcome", "texts", "key", "shown", "hidden"),
    [
        ("accepted", "", "readable", ("Worded as shipped", "not encrypted"), ("ends with",)),
        ("accepted", "3 17", "12ab34cd", ("version 3</a>", "version 17</a>", "12AB34CD"), ("not encrypted",)),
        ("accepted", "", "", ("Worded as shipped",), ("not encrypted", "ends with")),
        ("unreached", "", "readable", ("timeout", "not encrypted"), ()),
        ("started", "", "", ("Attempts to send it",), ("Worded as shipped",)),
    ],
)
def test_a_notices_page_says_of_each_attempt_how_it_was_worded_and_encrypted(
    outcome: str, texts: str, key: str, shown: tuple[str, ...], hidden: tuple[str, ...], mine: Client, case: Case
) -> None:
    notice = Notice.objects.get(role="police")
    code = "timeout" if outcome == "unreached" else ""
    Attempt.objects.create(
        notice=notice, number=1, token=1, channel="email", address="a@police.example", outcome=outcome, texts=texts,
        mail_key=key, error_code=code,
    )  # fmt: skip
    page = mine.get(f"/cms/outbox/notice/inspect/{notice.pk}/").content.decode()
    assert all(words in page for words in shown)
    assert not any(words in page for words in hidden)
    assert "a@police.example" not in page


def test_of_many_attempts_the_newest_are_listed_and_the_page_says_so(mine: Client, case: Case) -> None:
    notice = Notice.objects.get(role="police")
    Attempt.objects.bulk_create(
        Attempt(notice=notice, number=n, token=n, channel="email", address="a@x.example", outcome="unreached")
        for n in range(1, 61)
    )
    page = mine.get(f"/cms/outbox/notice/inspect/{notice.pk}/").content.decode()
    assert "50 of 60 are listed here." in page


def mark_sent(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(
        state="sent", attempts=1, sent_at=timezone.now(), lease_until=None, next_attempt_at=None
    )


def failed(notice: Notice, reason: str = "unreached") -> str:
    later = timezone.now() + timedelta(minutes=5)
    Notice.objects.filter(pk=notice.pk).update(state="failed", reason=reason, next_attempt_at=later, attempts=3)
    return f"/cms/outbox/notice/retry/{notice.pk}/"


def test_a_failed_notice_is_tried_again_by_a_press_and_not_by_a_look(mine: Client, case: Case, mailoutbox) -> None:
    notice = Notice.objects.get(role="police")
    address = failed(notice)
    assert address in get_texts(mine, "outbox/notice")
    assert mine.get(address).status_code == 200
    assert Notice.objects.get(pk=notice.pk).next_attempt_at > timezone.now()

    for _press in range(3):
        assert mine.post(address).status_code == 302
    assert Notice.objects.get(pk=notice.pk).next_attempt_at <= timezone.now()
    assert AuditEntry.objects.filter(action="notice.retried", target_id=notice.pk).count() == 3

    for _worker in range(2):
        send_due()
    assert Notice.objects.get(pk=notice.pk).state == "sent"
    assert Attempt.objects.filter(notice=notice).count() == 1
    assert mine.post(address).status_code == 302
    assert AuditEntry.objects.filter(action="notice.retried", target_id=notice.pk).count() == 3


def test_a_notice_without_a_contact_asks_the_directory_again_when_tried(mine: Client, case: Case) -> None:
    notice = Notice.objects.get(role="police")
    Notice.objects.filter(pk=notice.pk).update(contact=None, recipient_key="nobody:police:-")
    address = failed(notice, "no_contact")
    assert "badge-danger" in get_texts(mine, "outbox/notice")

    mine.post(address)
    sweep(timezone.now())

    notice.refresh_from_db()
    assert notice.contact is not None
    assert notice.state == "owed"


def test_another_regions_notice_is_not_tried_again(other: Client, case: Case) -> None:
    notice = Notice.objects.get(role="police")
    address = failed(notice)
    assert other.get(address).status_code == other.post(address).status_code == 404
    assert denials(target_id=notice.pk) == 2
    assert not AuditEntry.objects.filter(action="notice.retried").exists()


def test_a_register_page_asks_as_many_questions_for_many_rows_as_for_few(mine: Client, case: Case) -> None:
    for register in REGISTERS:
        mine.get(f"/cms/{register}/")
        with CaptureQueriesContext(connection) as few:
            mine.get(f"/cms/{register}/")
        get_copies(case)
        with CaptureQueriesContext(connection) as many:
            mine.get(f"/cms/{register}/")
        assert len(many) == len(few), register
        assert not any(str(query["sql"]).startswith(SORTS_EVERYTHING) for query in many.captured_queries)


SORTS_EVERYTHING = ('SELECT DISTINCT "cases_', 'SELECT DISTINCT "outbox_')


def test_a_search_takes_the_beginning_of_a_reference_in_small_letters_too(mine: Client, case: Case) -> None:
    for register in REGISTERS:
        found = mine.get(f"/cms/{register}/", {"q": case.reference[:4].lower()}).content.decode()
        assert f"/field/cases/{case.reference}/" in found
        missed = mine.get(f"/cms/{register}/", {"q": "0000"}).content.decode()
        assert f"/field/cases/{case.reference}/" not in missed


def get_copies(case: Case) -> None:
    for _number in range(3):
        fields = {f.attname: getattr(case, f.attname) for f in Case._meta.concrete_fields}
        made = Case.objects.create(**fields | {"id": uuid.uuid4(), "reference": new_reference()})
        for referral in Referral.objects.filter(case=case):
            Referral.objects.create(case=made, event=referral.event, partner=referral.partner)
        for duty in Deadline.objects.filter(case=case):
            fields = {f.attname: getattr(duty, f.attname) for f in Deadline._meta.concrete_fields}
            event = CaseEvent.objects.create(case=made, kind="x")
            Deadline.objects.create(**fields | {"id": None, "case_id": made.pk, "event_id": event.pk})
        for submission in Submission.objects.filter(case=case):
            fields = {f.attname: getattr(submission, f.attname) for f in Submission._meta.concrete_fields}
            Submission.objects.create(**fields | {"id": uuid.uuid4(), "case_id": made.pk, "corrects_id": None})
        for notice in Notice.objects.filter(case_id=case.pk, chases=None):
            fields = {f.attname: getattr(notice, f.attname) for f in Notice._meta.concrete_fields}
            key = uuid.uuid4()
            code = new_code()
            Notice.objects.create(
                **fields
                | {
                    "id": key,
                    "event_id": key,
                    "case_id": made.pk,
                    "code": code,
                    "link_hash": key.hex,
                    "link_token": "x",
                }
            )


# codes and Python's own words, which mean nothing to a coordinator
RAW = re.compile(
    r"\b(True|False|None|no_contact|unreached|unsendable|same_recipient|drill_over|taken_in_house|wrong_area"
    r"|potential_victim|not_offered|responsible_authority|protection_service|child_track|next_step_at)\b"
)


def words_on(client: Client, address: str) -> str:
    soup = BeautifulSoup(client.get(address).content, "html.parser")
    for part in soup.select("script, style, template"):
        part.decompose()
    main = soup.select_one("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


@pytest.mark.parametrize("language", ["sq", "en"])
def test_no_raw_code_stands_in_a_register_a_row_or_the_cases_page(scene: Scene, language: str) -> None:
    coordinator = make_coordinator(scene.place)
    coordinator.language = language
    coordinator.save()
    definition = small_form()
    for item in definition["sections"][1]["items"]:
        for choice in item.get("choices", ()):
            choice["label"] = texts(choice["value"].replace("_", " "))
    scene.form = publish(definition)
    reference = scene.send(danger="yes", age_stated=15, story="Një fjali.").receipt["case"]
    scene.follow(reference, to_org=scene.offices["protection_service"].slug, service=["shelter", "legal"])
    case = Case.objects.get(reference=reference)
    reasons = iter(["no_contact", "unreached", "unsendable"])
    for notice in Notice.objects.filter(case_id=case.pk)[:3]:
        changes = {"state": "failed", "reason": next(reasons), "next_attempt_at": timezone.now()}
        Notice.objects.filter(pk=notice.pk).update(**changes)
    client = signed_in(coordinator)
    rows = [("cases/case", case.pk), *(("cases/referral", row.pk) for row in Referral.objects.all())]
    rows += [("outbox/notice", row.pk) for row in Notice.objects.filter(case_id=case.pk)]
    addresses = [f"/cms/{register}/" for register in REGISTERS]
    addresses += [f"/cms/{register}/inspect/{pk}/" for register, pk in rows]
    for address in [*addresses, f"/field/cases/{reference}/"]:
        found = RAW.search(words_on(client, address))
        assert found is None, (address, found)


def test_every_reason_and_channel_has_words_and_an_unknown_one_is_never_shown_raw() -> None:
    for language in ("sq", "en"):
        with translation.override(language):
            for code in (*labels.REASONS, "brand_new"):
                assert labels.reason_label(code) not in ("", code)
            for code in (*labels.CHANNELS, "pigeon"):
                assert labels.channel_label(code) not in ("", code)
    assert labels.reason_label("") == ""


def test_the_explanation_says_answers_in_words_also_where_codes_were_kept(mine: Client, case: Case) -> None:
    event = CaseEvent.objects.filter(case=case, explanation__isnull=False).first()
    assert event is not None
    event.explanation = [
        {"rule": "r", "words": texts("So."), "because": {"sq": "«Rrezik» është «yes».", "en": "“Danger” is “unknown”."}}
    ]
    event.save()
    assert get_reasons(case.events.all(), "sq")[0][1] == [("So. (sq)", "«Rrezik» është «Po».")]
    assert get_reasons(case.events.all(), "en")[0][1] == [("So.", "“Danger” is “Not known”.")]


# The start page, the register and the case's page say the same


def get_said(client: Client, reference: str) -> tuple[str, str, str]:
    """The first badge of the case on the start page, in the register, and of its officer's card on its own page."""

    def badge_on(address: str, line: str, within: str) -> str:
        soup = BeautifulSoup(client.get(address).content, "html.parser")
        found = next(row for row in soup.select(line) if within in row.get_text())
        badge = found.select_one(".badge")
        assert badge is not None
        return " ".join(badge.get_text().split())

    officer = "Anti-trafficking police officer"
    return (
        badge_on("/field/", ".case-line", reference),
        badge_on("/cms/cases/case/", "tbody tr", reference),
        badge_on(f"/field/cases/{reference}/", ".notice-card", officer),
    )


@pytest.mark.usefixtures("in_english")
def test_after_another_person_was_told_instead_all_three_pages_follow_that_notice() -> None:
    scene = make_scene(police=False)
    case = Case.objects.get(reference=scene.send().receipt["case"])
    client = signed_in(make_coordinator(scene.place))
    nobody = "no contact found"
    assert get_said(client, case.reference) == (nobody, nobody, nobody)
    first = Notice.objects.nobody_reached().get(case_id=case.pk)
    chosen = {"contact": scene.offices["police"].contacts.order_by("pk")[0].pk, "why": "She knows the place."}
    assert client.post(f"/field/cases/{case.reference}/notices/{first.pk}/instead/", chosen).status_code == 302
    everything_else_is_over(case, first)

    told = Notice.objects.get(purpose="instead")
    failed(told)
    words = "failed, will be tried again"
    assert get_said(client, case.reference) == (words, words, words)

    mark_sent(told)
    Notice.objects.filter(pk=told.pk).update(answer_by=timezone.now() - timedelta(minutes=1), reason="")
    late = "no answer yet"
    assert get_said(client, case.reference)[:2] == (late, late)
    assert case.reference in client.get("/cms/cases/case/", {"overdue": "1"}).content.decode()

    # who was chosen has left meanwhile: delivery finds nobody and leaves the name where it is
    failed(told, "no_contact")
    assert get_said(client, case.reference) == (nobody, nobody, nobody)


@pytest.mark.usefixtures("in_english")
def test_another_area_with_nobody_of_the_role_is_loud_on_all_three_pages_while_a_coordinator_is_asked(
    scene: Scene, case: Case
) -> None:
    client = signed_in(make_coordinator(scene.place))
    first = Notice.objects.get(role="police", case_id=case.pk)
    mark_opened(notice=first, at=timezone.now())
    answer(notice=first, kind="wrong_area", to_municipality=make_place().municipality)
    call = Notice.objects.get(purpose="call")
    assert call.contact is not None
    nobody = "no contact found"
    assert get_said(client, case.reference) == (nobody, nobody, nobody)
    mark_opened(notice=call, at=timezone.now())
    answer(notice=call, kind="accepted")
    assert get_said(client, case.reference) == (nobody, nobody, nobody)
    answer(notice=call, kind="outcome", reason="reached")
    assert nobody not in get_said(client, case.reference)


def everything_else_is_over(case: Case, first: Notice) -> None:
    """Only the chase of this notice is open, and no clock of the case runs."""
    others = Notice.objects.open().filter(case_id=case.pk).exclude(chase_id=first.chase_id)
    for notice in others:
        cancel(notice=notice, reason="test")
    case.deadlines.update(met_at=timezone.now())
