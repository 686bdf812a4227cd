"""A doctor, psychologist, lawyer or embassy is asked: by role and area, with consent only, each with its clock."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.cases.consent.coverage import get_recipient, list_coverage
from case_forms.cases.consent.gate import check_notice, may_share
from case_forms.cases.consent.held_back import list_held_back
from case_forms.cases.consent.ledger import Recipient
from case_forms.cases.consent.models import ConsentEntry, SharingDecision
from case_forms.cases.consent.recording import ConsentForm, read_form, withdraw
from case_forms.cases.models import Case, Deadline
from case_forms.form_builder.definition import parse_form
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.sources import Lists
from case_forms.procedures.actions import publish_procedure, save_procedure
from case_forms.procedures.models import ProcedureVersion
from case_forms.questions.tests.sources import FixedSource
from notifications.briefs.choices import get_decline_reasons, get_outcomes
from notifications.directory.models import Partner, Role
from notifications.outbox.models import Notice, Purpose
from vault.seal import SealBroken

from ..confirmations import to_confirm
from ..consents import consents_on_record
from ..models import Draft, Submission
from ..recipients_preview import preview_recipients
from ..seeding.reference import form_files
from ..validation.validate import CheckContext, check_answers
from . import test_shipped_forms as shipped

pytestmark = pytest.mark.django_db

seeded_once, worker, phone, open_case = shipped.seeded_once, shipped.worker, shipped.phone, shipped.open_case
send = shipped.send

OFFICES = ["health", "psychologist", "legal_aid", "embassy_desk"]
CHILD = {"birth_date": "2012-05-05"}
CLOCK_OF = {
    "health": "health_request",
    "psychologist": "psychologist_request",
    "legal_aid": "legal_aid_request",
    "embassy_desk": "embassy_request",
}


def request_to(worker: User, case: Case, ask: list[str], **answers: Any) -> Submission:
    given: dict[str, Any] = {
        "ask": ask,
        "consent_basis": "consent_form",
        "consent_for": ask,
        "urgency": "this_week",
        "content_shared": ["nothing_more"],
    }
    return send(worker, "service_request", case_ref=case.reference, **(given | answers))


def consent(worker: User, case: Case, *, given: str = "yes", kind: str = "consent", **answers: Any) -> Submission:
    """A consent form of the case: one answer about being referred, to every office, to one (`office`), or to a service
    (`recipient`). An embassy is named even where every office is meant."""
    row = {"purpose": "refer_to", "given": given, "kind": kind, "legal_basis": "consent"}
    role = {"representative_role": answers.pop("by")} if "by" in answers else {}
    rows = [row | answers]
    if not answers.keys() & {"office", "recipient"}:
        rows.append(rows[0] | {"office": "embassy_desk", "own_state": "no", "embassy_country": "MK"})
    return send(worker, "consent", case_ref=case.reference, consents=rows, **role)


@pytest.fixture
def agreed(worker: User, open_case: Callable[..., Case]) -> Callable[..., Case]:
    """A case whose adult agreed to be referred."""

    def opened(**answers: Any) -> Case:
        case = open_case(**answers)
        consent(worker, case)
        return case

    return opened


def told(case: Case) -> dict[str, Notice]:
    """The notices of the four roles, by role, without the calls about them."""
    found = Notice.objects.filter(case_id=case.pk, role__in=OFFICES, purpose=Purpose.FIRST)
    return {notice.role: notice for notice in found}


def rules_said(sent: Submission) -> list[str]:
    event: Any = sent.case.events.get(submission_id=sent.pk)  # type: ignore[union-attr]
    return list(event.detail["rules"])


def test_each_office_that_was_asked_is_found_by_its_area_and_has_its_own_clock(
    worker: User, agreed: Callable[..., Case]
) -> None:
    case = agreed()
    request_to(worker, case, OFFICES, embassy_country="MK", urgency="today")
    offices = {role: notice.partner.slug for role, notice in told(case).items() if notice.partner}
    assert offices == {
        "health": "demo-mjeku-vlore",
        "psychologist": "demo-psikologu-vlore",
        "legal_aid": "demo-juristi",
        "embassy_desk": "autoriteti-pergjegjes",
    }
    waiting = {each.key: each.notice_id for each in Deadline.objects.filter(case=case, key__in=CLOCK_OF.values())}
    assert waiting == {CLOCK_OF[role]: notice.pk for role, notice in told(case).items()}
    assert all("urgent" in str(notice.brief) and notice.ladder for notice in told(case).values())
    assert "first_referral" in shipped.clocks(case, met=False)


def test_an_embassy_is_never_notified_directly(worker: User, agreed: Callable[..., Case]) -> None:
    Partner.objects.create(slug="desk", role=Role.EMBASSY_DESK, names={"sq": "Ambasada", "en": "Embassy"})
    case = agreed()
    request_to(worker, case, ["embassy_desk"], embassy_country="MK", embassy_ask="KANARINA pasaporta")
    notice = told(case)["embassy_desk"]
    assert notice.partner == Partner.objects.get(role=Role.RESPONSIBLE_AUTHORITY)
    assert notice.needs_document  # the Responsible Authority passes a paper on
    assert "KANARINA pasaporta" in str(notice.brief)
    assert "potential victim" not in str(notice.brief)


def test_an_office_reads_its_own_part_and_the_name_only_where_the_worker_says_so(
    worker: User, agreed: Callable[..., Case]
) -> None:
    case = agreed()
    request_to(
        worker, case, OFFICES, embassy_country="MK", content_shared=["name", "contact"], name_to=["legal_aid"],
        first_name="KANARINA emri", last_name="KANARINA mbiemri", safe_contact="KANARINA kontakti",
        health_ask="KANARINA mjeku", psychologist_ask="KANARINA psikologu", legal_ask="KANARINA juristi",
        embassy_ask="KANARINA ambasada",
    )  # fmt: skip
    words = {role: str(notice.brief) for role, notice in told(case).items()}
    own = {"health": "mjeku", "psychologist": "psikologu", "legal_aid": "juristi", "embassy_desk": "ambasada"}
    for role, brief in words.items():
        assert [office for office, word in own.items() if f"KANARINA {word}" in brief] == [role]
        assert ("KANARINA emri" in brief) is (role == "legal_aid")
        assert ("KANARINA kontakti" in brief) is (role != "embassy_desk")
        if role != "legal_aid":  # whose list has the status of the case
            assert "viktim" not in brief.lower(), role


def test_the_form_says_what_goes_along_when_nothing_more_is_chosen(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case(**CHILD)
    consent(worker, case, kind="representative")
    sent = request_to(worker, case, OFFICES, embassy_country="MK", consent_basis="representative")
    read = {
        role: {row["key"].removeprefix("case.") for section in notice.brief["sections"] for row in section["rows"]}
        & {"age_group", "status", "police", "formal_identification"}
        for role, notice in told(case).items()
    }
    assert read == {role: {"age_group"} for role in OFFICES} | {
        "legal_aid": {"age_group", "status", "police", "formal_identification"}
    }
    (section,) = (each for each in sent.form_version.definition["sections"] if each["key"] == "content")
    for words in ("followed as a child's", "Legal aid also reads the status", "police", "formal identification"):
        assert words in section["intro"]["en"]


@pytest.mark.parametrize(
    ("opened", "recorded", "answers", "notified"),
    [
        ({}, [{}], {"consent_for": ["health"]}, {"health"}),
        ({}, [{}], {"consent_for": ["none"]}, set()),
        ({}, [{}], {"consent_basis": "assent_and_cpu"}, set()),
        ({}, [], {}, set()),
        ({}, [{"given": "no"}], {}, set()),
        ({}, [{"given": "not_able"}], {}, set()),
        ({}, [{}, {"given": "withdrawn"}], {}, set()),
        ({}, [{"given": "no"}, {}], {}, set(OFFICES)),
        ({}, [{}, {"given": "withdrawn", "office": "health"}], {}, set(OFFICES) - {"health"}),
        ({}, [{"office": "health"}], {}, {"health"}),
        ({}, [{"recipient": "demo-ndihma-ligjore"}], {"ask": ["health"]}, set()),
        ({}, [{"kind": "duty_without_consent"}], {}, set()),
        ({}, [{}], {"consent_basis": "representative"}, set()),
        ({}, [{"kind": "representative"}], {"consent_basis": "representative"}, set()),
        ({}, [{"kind": "representative", "by": "guardian"}], {"consent_basis": "representative"}, set(OFFICES)),
        ({}, [], {"consent_basis": "vital_interests", "urgency": "today"}, {"health"}),
        ({}, [], {"consent_basis": "vital_interests", "urgency": "no_hurry"}, set()),
        (CHILD, [{}], {"consent_basis": "consent_form"}, set()),
        (CHILD, [{"kind": "representative"}], {"consent_basis": "representative"}, set(OFFICES)),
        (
            CHILD,
            [{"kind": "assent", "by": "cpu"}],
            {"consent_basis": "assent_and_cpu", "consent_for": ["psychologist"]},
            {"psychologist"},
        ),
        (CHILD, [{"kind": "assent"}], {"consent_basis": "assent_and_cpu"}, set()),
        (CHILD, [], {"consent_basis": "vital_interests", "urgency": "today"}, {"health"}),
    ],
)
def test_without_a_consent_on_record_an_office_is_not_notified_and_the_sender_reads_which(
    opened: dict[str, Any],
    recorded: list[dict[str, Any]],
    answers: dict[str, Any],
    notified: set[str],
    worker: User,
    open_case: Callable[..., Case],
) -> None:
    case = open_case(**opened)
    for each in recorded:
        consent(worker, case, **each)
    ask = answers.get("ask", OFFICES)
    sent = request_to(worker, case, **{"embassy_country": "MK", "ask": OFFICES, **answers})
    assert told(case).keys() == notified
    withheld = {f"not_asked_{role}" for role in ask if role not in notified}
    assert {rule for rule in rules_said(sent) if rule.startswith("not_asked_")} == withheld
    assert not sent.is_unmatched
    # At the top of the case and in the API, like whoever the gate itself holds back.
    assert {f"not_asked_{each.to.role}" for each in list_held_back(case, timezone.now())} == withheld
    held = SharingDecision.objects.filter(case=case, submission_id=sent.pk, is_allowed=False)
    assert {f"not_asked_{role}" for role in held.values_list("role", flat=True)} == withheld
    assert "" not in held.values_list("code", flat=True)


def test_a_consent_form_that_does_not_open_counts_as_no_consent(
    worker: User, agreed: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = agreed()
    assert consents_on_record(case)["health"] == ["consent_form"]
    # As before there was a ledger: one more form came in, and it doesn't open when the ledger is filled.
    last = consent(worker, case)
    ConsentEntry.objects.filter(act=last.pk).delete()

    def broken(_self: Submission) -> None:
        raise SealBroken

    with monkeypatch.context() as patched:
        patched.setattr(Submission, "answers", property(broken, lambda _self, _value: None))
        call_command("fill_consent_ledger")
    assert not any(consents_on_record(case).values())
    call_command("fill_consent_ledger")  # its key is back
    assert consents_on_record(case)["health"] == ["consent_form"]


def test_a_consent_said_to_be_on_record_is_asked_about_before_sending(
    worker: User, agreed: Callable[..., Case]
) -> None:
    case, version = agreed(), FormVersion.objects.newest().get(form__key="service_request")
    today = timezone.localdate()
    context = CheckContext(Lists(worker), today, today, "en", now=timezone.now())

    def asked(**answers: Any) -> list[str]:
        ticked = {"ask": ["health"], "consent_basis": "consent_form", "consent_for": ["health"], "urgency": "today"}
        return [each.key for each in to_confirm(version.parsed_form, ticked | answers, context, case)]

    assert asked() == []
    assert asked(consent_basis="vital_interests") == []
    assert asked(consent_basis="vital_interests", urgency="no_hurry") == ["emergency_is_today"]
    consent(worker, case, given="withdrawn")
    assert asked() == ["consent_not_on_record"]


def test_the_review_page_names_the_office_only_while_the_consent_is_on_record(
    phone: Client, worker: User, agreed: Callable[..., Case]
) -> None:
    case = agreed()
    phone.post("/field/forms/service_request/start/", {"case": case.reference})
    draft = Draft.objects.latest("started_at")
    answers = {"ask": ["health"], "consent_basis": "consent_form", "consent_for": ["health"], "urgency": "today"}
    assert [each.words for each in preview_recipients(draft, {"case_ref": case.reference, **answers}, worker)]
    consent(worker, case, given="withdrawn")
    assert preview_recipients(draft, {"case_ref": case.reference, **answers}, worker) == []


def test_a_place_without_such_an_office_is_loud_and_gives_numbers(
    phone: Client, worker: User, agreed: Callable[..., Case]
) -> None:
    Partner.objects.filter(role=Role.PSYCHOLOGIST).update(is_active=False)
    case = agreed()
    request_to(worker, case, ["psychologist"])
    notice = told(case)["psychologist"]
    assert (notice.state, notice.reason, notice.contact) == ("failed", "no_contact", None)
    assert Notice.objects.filter(chases=notice, purpose=Purpose.FALLBACK, role=Role.COORDINATOR).exists()
    page = phone.get(f"/field/cases/{case.reference}/").content.decode()
    assert "+355 00 000" in page
    assert "tel:129" in page or ">129<" in page


def test_whoever_is_asked_can_say_that_they_help_already_or_why_they_cannot(
    worker: User, agreed: Callable[..., Case]
) -> None:
    case = agreed()
    request_to(worker, case, OFFICES, embassy_country="MK")
    for notice in told(case).values():
        assert "already_helping" in get_outcomes(notice)
        assert "other" in get_decline_reasons(notice)


def test_a_case_of_an_older_procedure_can_ask_these_offices(worker: User, agreed: Callable[..., Case]) -> None:
    case = agreed()
    now = ProcedureVersion.objects.in_force()
    older = {**now.definition, "rules": [dict(rule) for rule in now.definition["rules"]]}
    older["rules"] = [rule for rule in older["rules"] if rule.get("forms") != ["service_request"]]
    for rule in older["rules"]:
        rule["forms"] = [form for form in rule.get("forms", ()) if form != "service_request"] or rule.get("forms")
        rule.update({} if rule["forms"] else {"forms": []})
    before = publish_procedure(
        procedure=save_procedure(key=now.procedure.key, definition=older), in_force_from=timezone.now()
    )
    Case.objects.filter(pk=case.pk).update(procedure_version=before)
    publish_procedure(
        procedure=save_procedure(key=now.procedure.key, definition=now.definition), in_force_from=timezone.now()
    )
    sent = request_to(worker, case, ["health"])
    assert sent.case == case
    assert told(case).keys() == {"health"}


def test_the_form_begins_with_the_offices_for_the_needs_that_were_named_and_with_no_consent(
    phone: Client, worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case(needs_now=["medical", "food"])
    rows = [{"area": "legal", "need": "x"}, {"area": "psychological", "need": "x", "area_state": "done"}]
    send(worker, "assistance_plan", case_ref=case.reference, areas=rows)
    phone.post("/field/forms/service_request/start/", {"case": case.reference})
    draft = Draft.objects.latest("started_at")
    assert draft.answers == {
        "case_ref": case.reference,
        "ask": ["health", "legal_aid"],
        "age_group": "adult",  # what is known about the person, with its source on the page
    }


def test_needs_named_at_first_contact_say_that_they_notify_nobody(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case(needs_now=["legal"])
    sent = Submission.objects.get(case=case)
    assert "needs_ask_nobody" in rules_said(sent)
    assert not told(case)


def test_a_consent_that_names_nobody_covers_no_embassy(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    row = {"purpose": "refer_to", "given": "yes", "kind": "consent", "legal_basis": "consent"}
    send(worker, "consent", case_ref=case.reference, consents=[row])
    sent = request_to(worker, case, OFFICES, embassy_country="MK")
    assert set(told(case)) == {"health", "psychologist", "legal_aid"}
    assert "not_asked_embassy_desk" in rules_said(sent)
    # also where a rule doesn't ask: the gate itself refuses
    verdict = may_share(case, Recipient("embassy_desk"), at=timezone.now())
    assert (verdict.is_allowed, verdict.code) == (False, "no_state")


def test_a_consent_for_one_embassy_is_none_for_another(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    consent(worker, case, office="embassy_desk", own_state="no", embassy_country="MK")
    sent = request_to(worker, case, ["embassy_desk"], embassy_country="RS")
    assert not told(case)
    (held,) = list_held_back(case, timezone.now())
    assert (held.to.state, held.verdict.code, held.form) == ("RS", "none", str(sent.pk))
    # the person says no to the other one: it is about that one alone
    consent(worker, case, given="no", office="embassy_desk", own_state="no", embassy_country="RS")
    request_to(worker, case, ["embassy_desk"], embassy_country="MK")
    notice = told(case)["embassy_desk"]
    assert check_notice(notice, timezone.now()) == ""
    assert {row.name: row.is_covered for row in list_coverage(case, timezone.now())} == {
        "ambasada, përmes Autoritetit Përgjegjës (Maqedonia e Veriut)": True,
        "ambasada, përmes Autoritetit Përgjegjës (Serbi)": False,
    }
    # a no that names no state is about every one, also from somebody who fears it by now
    consent(worker, case, given="no", office="embassy_desk", own_state="yes")
    assert check_notice(notice, timezone.now()) == "refused"
    assert not may_share(case, Recipient("embassy_desk", state="MK"), at=timezone.now()).is_allowed


@pytest.mark.parametrize("row", [{}, {"embassy_country": "MK"}, {"embassy_country": "MK", "own_state": "yes"}])
def test_a_yes_without_state_or_question_before_counts_for_no_embassy(
    worker: User, open_case: Callable[..., Case], row: dict[str, str]
) -> None:
    """As a form of a coordinator's own, or an older one from a phone, may send it."""
    case = open_case()
    answers = {"consents": [{"purpose": "refer_to", "given": "yes", "kind": "consent", "office": "embassy_desk"} | row]}
    now = timezone.now()
    form = ConsentForm(uuid4(), answers, now, now, worker.pk)
    ConsentEntry.objects.bulk_create(ConsentEntry(**columns) for columns in read_form(form, case.pk, {}))
    for state in ("MK", ""):
        assert not may_share(case, Recipient("embassy_desk", state=state), at=now).is_allowed


def test_which_state_it_is_stands_in_clear_nowhere(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    consent(worker, case, office="embassy_desk", own_state="no", embassy_country="MK")
    request_to(worker, case, ["embassy_desk"], embassy_country="MK")
    (row,) = list_coverage(case, timezone.now())
    assert "MK" not in row.key
    with connection.cursor() as cursor:
        for table in ("cases_consententry", "cases_sharingdecision"):
            cursor.execute(f"SELECT state FROM {table} WHERE state IS NOT NULL")  # noqa: S608
            found = [value for (value,) in cursor.fetchall()]
            assert found
            assert all(len(value) > 20 for value in found)
    withdraw(case=case, to=get_recipient(case, row.key), reason="tha se jo", by=worker, at=timezone.now())
    assert not list_coverage(case, timezone.now())[0].is_covered


@pytest.mark.parametrize("own_state", ["yes", "not_asked", None])
def test_no_embassy_is_asked_of_somebody_who_fears_their_own_state_or_was_not_asked(own_state: str | None) -> None:
    definitions = {each["key"]: parse_form(each) for each in form_files()}

    def check(form: str, answers: dict[str, Any]) -> list[str]:
        day = date(2026, 3, 1)
        checked = check_answers(definitions[form], answers, sources=FixedSource(), today=day, occurred_on=day)
        asked = ("own_state", "given", "embassy_country")
        return [error.path for error in checked.errors if error.path.endswith(asked)]

    said = {"own_state": own_state} if own_state else {}
    row = {"purpose": "refer_to", "office": "embassy_desk", "given": "yes"}
    assert "/answers/own_state" in check("service_request", {"ask": ["embassy_desk"], **said})
    assert "/answers/consents/0/given" in check("consent", {"consents": [{**row, **said}]})
    named = {"own_state": "no", "embassy_country": "XK"}
    assert check("service_request", {"ask": ["embassy_desk"], **named}) == []
    assert check("consent", {"consents": [{**row, **named}]}) == []
    assert check("consent", {"consents": [{**row, "own_state": "no"}]}) == ["/answers/consents/0/embassy_country"]
    # without the embassy nothing is asked about it, and a refusal can always be recorded
    assert check("service_request", {"ask": ["legal_aid"]}) == []
    assert check("consent", {"consents": [{**row, "given": "no", "own_state": own_state or "yes"}]}) == []


def test_asylum_is_asked_about_before_anything_else_of_the_embassy() -> None:
    for key in ("service_request", "consent"):
        (definition,) = [each for each in form_files() if each["key"] == key]
        form = parse_form(definition)
        keys = [located.question.key for located in form.iter_questions()]
        asked = "embassy_country" if key == "service_request" else "given"
        assert keys.index("own_state") < keys.index(asked)
        located = form.by_key["own_state"]
        assert located.question.required
        assert not located.question.shared_with
