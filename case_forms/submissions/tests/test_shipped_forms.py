"""Every shipped form for staff, over HTTP: begun, each page shown in both languages, sent with generated answers, read
again; and what the procedure then does."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from access.models import Municipality, User
from case_forms.cases.models import Case, Deadline
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.reports.monthly import count_month, get_month
from case_forms.zones.models import Zone
from notifications.directory.models import Partner, Role
from notifications.outbox.models import Notice
from tests.seeds import lay_down_demo
from tests.world.consents import record_consent

from ..actions import AnswersRefused, receive_submission
from ..drill import drill_answers
from ..exports.redaction import Reader
from ..exports.tables import Writing, build_tables, iter_rows
from ..models import Draft, Submission
from ..seeding.reference import form_files

pytestmark = pytest.mark.django_db

STAFF = {each["key"]: each for each in form_files() if each.get("audience") != "public" and each["kind"] != "session"}
ABOUT_A_CASE = sorted(
    key
    for key, definition in STAFF.items()
    if any(item.get("type") == "case_reference" for section in definition["sections"] for item in section["items"])
)
# what a generator can't guess: which office, which month, an hour that has a neighbour
GIVEN: dict[str, dict[str, Any]] = {
    "referral": {"to_org": "demo-ndihma-ligjore", "service": ["legal"]},
    "social_service_notice": {"to_org": "demo-social-vlore"},
    "school_notice": {"to_org": "demo-shkolla-vlore-1", "watch": ["absence"], "do_not": ["ask"]},
    "monthly_report": {"month": "2026-10"},
}


@pytest.fixture(scope="module")
def seeded_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        lay_down_demo()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def worker(seeded_once: None, db: None) -> User:
    User.objects.filter(username="vlore1").update(language="en")
    return User.objects.get(username="vlore1")


@pytest.fixture
def phone(worker: User, client: Client) -> Client:
    client.force_login(worker)
    return client


def send(worker: User, form: str, **answers: Any) -> Submission:
    """A form with these answers and the plainest ones for whatever else is needed, received as the page does it."""
    version = FormVersion.objects.newest().get(form__key=form)
    now = timezone.now()
    own = {key: answers.pop(key) for key in ("source_visit",) if key in answers}  # a drill has no lists of its own
    script = {"answers": {**GIVEN.get(form, {}), **answers}, "text": "PROVË"}
    full = drill_answers(version.parsed_form, script, municipality="vlore", occurred_at=now) | own
    received = receive_submission(
        uuid=uuid4(), form_key=form, version=version.number, occurred_at=now, answers=full, user=worker,
        confirmed=[warning["key"] for warning in version.definition.get("warnings", [])],
    )  # fmt: skip
    return received.submission


@pytest.fixture
def open_case(worker: User) -> Callable[..., Case]:
    def opened(**answers: Any) -> Case:
        adult = {
            "worker_decision": "potential_victim",
            "age_basis": "document",
            "birth_date": "1990-05-05",
            "age_in_doubt": "no",
        }
        sent = send(worker, "initial_identification", **(adult | answers))
        assert sent.case is not None
        return sent.case

    return opened


def clocks(case: Case, *, met: bool) -> set[str]:
    return set(Deadline.objects.filter(case=case, met_at__isnull=not met).values_list("key", flat=True))


@pytest.mark.parametrize("key", sorted(STAFF))
def test_a_shipped_form_is_begun_shown_sent_and_read_over_http(
    key: str, phone: Client, worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case() if key in ABOUT_A_CASE else None
    started = phone.post(f"/field/forms/{key}/start/", {"case": case.reference} if case else {})
    assert started.status_code == 302
    draft = Draft.objects.latest("started_at")
    definition = draft.form_version.definition
    script = {"answers": {**draft.answers, **GIVEN.get(key, {})}, "text": "PROVË"}
    draft.answers = drill_answers(parse_form(definition), script, municipality="vlore", occurred_at=draft.occurred_at)
    draft.save()
    for language in ("sq", "en"):
        User.objects.filter(pk=worker.pk).update(language=language)
        phone.cookies.clear()
        phone.force_login(worker)
        shown = 0
        for section in definition["sections"]:
            page = phone.get(f"/field/drafts/{draft.pk}/{section['key']}/")
            assert page.status_code in (200, 302, 404), (key, section["key"])
            if page.status_code == 200:
                shown += 1
                assert section["title"][language] in page.content.decode().replace("&#x27;", "'").replace("&amp;", "&")
        assert shown
    review = phone.get(f"/field/drafts/{draft.pk}/")
    assert review.status_code == 200, key
    confirmed = {"confirmed": [warning["key"] for warning in definition.get("warnings", [])]}
    sent = phone.post(f"/field/drafts/{draft.pk}/", confirmed)
    assert sent.status_code == 302, (key, sent.content.decode()[:2000])
    submission = Submission.objects.latest("received_at")
    assert submission.form_version.form.key == key
    assert not submission.is_unmatched
    tables = build_tables([submission.form_version], "sq")
    writing = Writing(Reader(worker), Lists(worker), "sq", labels=True)
    assert any(list(iter_rows(submission, table, writing)) for table in tables)
    if case is not None:
        assert submission.case == case
        assert phone.get(f"/field/cases/{case.reference}/submissions/{submission.pk}/").status_code == 200
        assert phone.get(f"/field/cases/{case.reference}/").status_code == 200


def test_a_new_case_waits_for_a_referral_and_four_follow_ups(open_case: Callable[..., Case]) -> None:
    case = open_case()
    assert {"first_referral", "follow_up_1_month", "follow_up_12_months"} <= clocks(case, met=False)
    waiting = Deadline.objects.get(case=case, key="first_referral")
    assert waiting.amber_at == waiting.starts_at + timedelta(hours=24)
    assert waiting.red_at == waiting.starts_at + timedelta(hours=72)


def test_a_referral_meets_the_duty_to_refer(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    send(worker, "referral", case_ref=case.reference, consent_basis="consent_form")
    # nothing went out without a consent on record, so the duty goes on
    assert "first_referral" in clocks(case, met=False)
    record_consent(case, partner="demo-ndihma-ligjore")
    send(worker, "referral", case_ref=case.reference, consent_basis="consent_form")
    assert "first_referral" in clocks(case, met=True)
    assert "receiver_acknowledgement" in clocks(case, met=False)


@pytest.mark.parametrize(
    ("what", "met"), [(["all_assistance"], True), (["police", "shelter"], False), (["further_contact"], False)]
)
def test_only_a_refusal_of_all_assistance_meets_the_duty_to_refer(
    what: list[str], met: bool, worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case()
    send(worker, "refusal", case_ref=case.reference, what=what)
    assert ("first_referral" in clocks(case, met=True)) is met
    assert ("follow_up_1_month" in clocks(case, met=True)) is ("further_contact" in what)
    case.refresh_from_db()
    assert (case.status, case.closed_at) == ("potential_victim", None)


def test_a_refusal_of_all_assistance_at_first_contact_meets_the_duty_to_refer(open_case: Callable[..., Case]) -> None:
    assert "first_referral" in clocks(open_case(refusal=["all"]), met=True)
    assert "first_referral" in clocks(open_case(refusal=["police"]), met=False)
    assert "first_referral" in clocks(open_case(refusal=["all"], birth_date="2012-05-05"), met=False)


def test_a_childs_refusal_ends_no_duty(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case(birth_date="2012-05-05")
    assert case.child_track
    send(worker, "refusal", case_ref=case.reference, what=["all_assistance", "further_contact"])
    assert not {"first_referral", "follow_up_1_month"} & clocks(case, met=True)


def test_a_follow_up_meets_its_own_clock_and_only_when_somebody_was_reached(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case()
    send(worker, "follow_up", case_ref=case.reference, follow_kind="month_3", reached=False)
    assert not clocks(case, met=True)
    send(worker, "follow_up", case_ref=case.reference, follow_kind="month_3", reached=True, safe="yes")
    assert clocks(case, met=True) == {"follow_up_3_months"}


@pytest.mark.parametrize(("reason", "ended"), [("withdrew", True), ("died", True), ("lost", False), ("abroad", False)])
def test_a_proposal_to_close_closes_nothing(
    reason: str, ended: bool, worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case()
    answers = {"follow_kind": "other", "reached": False, "close_proposed": True, "close_reason": reason}
    send(worker, "follow_up", case_ref=case.reference, **answers)
    case.refresh_from_db()
    assert case.closed_at is None
    assert ("follow_up_12_months" in clocks(case, met=True)) is ended
    assert "first_referral" in clocks(case, met=False)


def test_a_childs_plan_is_awaited_and_met(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case(birth_date="2012-05-05")
    assert "child_individual_plan" in clocks(case, met=False)
    send(worker, "assistance_plan", case_ref=case.reference, agreement="assent_and_cpu")
    assert "child_individual_plan" in clocks(case, met=True)


def test_the_school_reads_whom_to_call_and_what_not_to_do_and_nothing_of_the_case(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case(birth_date="2012-05-05")
    send(
        worker, "school_notice", case_ref=case.reference, agreed_with="cpu", pupil="Nxënësi Provë",
        child_view="KANARINA", call_phone="+355691234567",
    )  # fmt: skip
    notice = Notice.objects.get(case_id=case.pk, role=Role.SCHOOL)
    assert notice.partner == Partner.objects.get(slug="demo-shkolla-vlore-1")
    brief: Any = notice.brief
    words = str(brief)
    assert "Nxënësi Provë" in words
    assert "Do not ask the pupil what happened" in words
    for hidden in ("KANARINA", "potential victim", "viktim", "trafik", "child (under 18)"):
        assert hidden not in words, hidden


def test_the_social_service_reads_the_need_and_no_status(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    record_consent(case, role=Role.SOCIAL_SERVICE)
    send(worker, "social_service_notice", case_ref=case.reference, reason="Nevojë për strehim", urgency="today")
    notice = Notice.objects.get(case_id=case.pk, role=Role.SOCIAL_SERVICE)
    words = str(notice.brief)
    assert "Nevojë për strehim" in words
    assert "potential victim" not in words
    assert "viktim" not in words
    assert notice.partner.slug == "demo-social-vlore"


def test_a_form_that_came_into_use_later_belongs_to_its_old_case(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    old = ProcedureVersion.objects.in_force()
    without = {**old.definition, "rules": [dict(rule) for rule in old.definition["rules"]]}
    without["rules"] = [rule for rule in without["rules"] if "case_meeting" not in rule.get("forms", ())]
    before = publish_procedure(
        procedure=save_procedure(key=old.procedure.key, definition=without), in_force_from=timezone.now()
    )
    Case.objects.filter(pk=case.pk).update(procedure_version=before)
    publish_procedure(
        procedure=save_procedure(key=old.procedure.key, definition=old.definition), in_force_from=timezone.now()
    )
    sent = send(worker, "case_meeting", case_ref=case.reference)
    assert sent.case == case
    assert not sent.is_unmatched


def test_three_taps_make_no_victim(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    version = FormVersion.objects.newest().get(form__key="formal_identification")
    taps = {"case_ref": case.reference, "offered_at": timezone.localdate().isoformat(), "answer": "accepted"}

    def missing(**more: Any) -> set[str]:
        with pytest.raises(AnswersRefused) as refused:
            receive_submission(
                uuid=uuid4(), form_key="formal_identification", version=version.number, occurred_at=timezone.now(),
                answers={**taps, "outcome": "confirmed", **more}, user=worker, confirmed=["confirmed_changes_status"],
            )  # fmt: skip
        return {error.path.rsplit("/", 1)[-1] for error in refused.value.errors}

    assert missing() == {"outcome"}
    held = timezone.localtime().replace(microsecond=0).isoformat()
    assert {"decided_by", "decided_on", "document_ref", "ra_informed"} <= missing(interview_at=held)
    case.refresh_from_db()
    assert case.status == "potential_victim"


def test_every_kind_of_service_a_referral_asks_for_has_somebody_to_ask_in_the_demo(worker: User) -> None:
    asked = next(
        item for section in STAFF["referral"]["sections"] for item in section["items"] if item["key"] == "service"
    )
    offered: set[str] = set()
    for services in Partner.objects.filter(role=Role.PROTECTION_SERVICE, shifts__isnull=False).values_list(
        "services", flat=True
    ):
        offered |= set(services)
    assert {choice["value"] for choice in asked["choices"]} <= offered
    invented = Partner.objects.filter(slug__startswith="demo-")
    assert invented.exists()
    assert all(each.is_demo and "demo" in each.names["sq"] for each in invented)


def test_a_zone_of_another_municipality_or_out_of_use_is_not_taken(worker: User) -> None:
    vlore = Zone.objects.create(municipality=Municipality.objects.get(slug="vlore"), name="Tregu")
    away = Zone.objects.create(municipality=Municipality.objects.get(slug="durres"), name="Porti")
    old = Zone.objects.create(municipality=vlore.municipality, name="Kampi i vjetër", is_active=False)
    assert send(worker, "outreach_visit", zone=str(vlore.pk)).answers["zone"] == str(vlore.pk)
    version = FormVersion.objects.newest().get(form__key="outreach_visit")
    for zone in (away, old):
        with pytest.raises(AnswersRefused):
            receive_submission(
                uuid=uuid4(), form_key="outreach_visit", version=version.number, occurred_at=timezone.now(),
                answers={"date": "2026-01-02", "municipality": "vlore", "zone": str(zone.pk)}, user=worker,
            )  # fmt: skip


def test_an_identification_that_names_its_visit_is_counted_for_the_month(
    worker: User, open_case: Callable[..., Case]
) -> None:
    visit = send(worker, "outreach_visit")
    open_case(signal_source="proactive_outreach", source_visit=str(visit.pk))
    open_case(signal_source="self")
    month = get_month(f"{timezone.localdate():%Y-%m}")
    counts = count_month(worker.units()[0], month, language="en")
    assert counts["identifications_from_visits"] == 1
    assert sum(row["result_count"] for row in counts["identifications"]) == 2
    assert (counts["police_notices"], counts["police_answered"], counts["ra_notices"]) == (2, 0, 2)
