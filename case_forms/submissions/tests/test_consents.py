"""Consents over the shipped forms: what is shared on them, what is refused and recorded, and how they end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.consent import clock as consent_clock
from case_forms.cases.consent.held_back import list_held_back
from case_forms.cases.consent.models import ConsentEntry, SharingDecision
from case_forms.cases.models import Case, CaseEvent, Deadline, Referral
from case_forms.form_builder.models import FormVersion
from config.migrating.earlier import EarlierExecutor
from notifications.briefs.models import BriefSession
from notifications.directory.models import Agreement, Partner, Role
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import NoticeState

from ..actions import receive_submission
from ..consent_backfill import fill_ledger
from ..drill import drill_answers
from ..models import Draft, Submission
from . import test_shipped_forms as shipped

pytestmark = pytest.mark.django_db

seeded_once, worker, phone, open_case = shipped.seeded_once, shipped.worker, shipped.phone, shipped.open_case
send = shipped.send

SHELTER = "demo-ndihma-ligjore"  # a protection service of the demo directory
REFERRAL = {
    "consent_basis": "consent_form",
    "to_org": SHELTER,
    "service": ["legal"],
    "content_shared": ["nothing_more"],
}


def say(
    worker: User, case: Case, *, given: str = "yes", hours_ago: float = 0, form: Any = None, **row: Any
) -> Submission:
    """Send a consent form with one answer about being referred; `form`: its answers beside the rows."""
    answer = {"purpose": "refer_to", "given": given, "kind": "consent", "legal_basis": "consent", **row}
    answers = {"case_ref": case.reference, "consents": [answer], **(form or {})}
    version = FormVersion.objects.newest().get(form__key="consent")
    at = timezone.now() - timedelta(hours=hours_ago)
    full = drill_answers(
        version.parsed_form, {"answers": answers, "text": "PROVË"}, municipality="vlore", occurred_at=at
    )
    return receive_submission(
        uuid=uuid4(), form_key="consent", version=version.number, occurred_at=at, answers=full, user=worker
    ).submission


def refer(worker: User, case: Case, **answers: Any) -> Submission:
    return send(worker, "referral", case_ref=case.reference, **{**REFERRAL, **answers})


def to_shelter(case: Case) -> list[Notice]:
    found = Notice.objects.filter(case_id=case.pk, role=Role.PROTECTION_SERVICE).exclude(purpose=Purpose.INFORM)
    return list(found.order_by("owed_at"))


def informed(case: Case, role: str) -> list[Notice]:
    return list(Notice.objects.filter(case_id=case.pk, role=role, purpose=Purpose.INFORM))


def pretend_it_was_read(notice: Notice) -> None:
    now = timezone.now()
    Notice.objects.filter(pk=notice.pk).update(
        state=NoticeState.OPENED, sent_at=now, opened_at=now, attempts=1, next_attempt_at=None, lease_until=None
    )
    BriefSession.objects.create(notice=notice)


def look_at(phone: Client, case: Case) -> str:
    return phone.get(f"/field/cases/{case.reference}/").content.decode()


def words_of(case: Case, kind: str = "submission_received") -> str:
    return str([event.explanation for event in CaseEvent.objects.filter(case=case, kind=kind)])


# ---- what goes out ----


def test_a_referral_that_claims_a_consent_nobody_recorded_is_refused_and_recorded(
    worker: User, open_case: Callable[..., Case], phone: Client
) -> None:
    case = open_case()
    sent = refer(worker, case)
    assert sent.case == case  # nothing of the form is lost
    assert to_shelter(case) == []
    assert not Referral.objects.filter(case=case).exists()
    decision = SharingDecision.objects.get(case=case)
    assert (decision.is_allowed, decision.code, decision.claimed, decision.by) == (
        False,
        "none",
        "consent_form",
        worker,
    )
    entry = AuditEntry.objects.get(action="sharing.refused")
    assert entry.detail["claimed"] == "consent_form"
    assert "No consent for" in words_of(case)
    assert "What you can do" in words_of(case)
    assert sent.receipt["not_shared"] == [{"role": "protection_service", "recipient": SHELTER, "code": "none"}]
    # the duty to refer isn't met by a referral that went nowhere, and nobody is waited for
    assert "first_referral" in shipped.clocks(case, met=False)
    assert not Deadline.objects.filter(case=case, key="receiver_acknowledgement").exists()
    page = phone.get(f"/field/cases/{case.reference}/").content.decode()
    assert "consent" in page.lower()


def test_the_same_referral_goes_out_once_the_consent_is_recorded(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    say(worker, case, recipient=SHELTER)
    refer(worker, case)
    (notice,) = to_shelter(case)
    assert notice.contact is not None
    assert SharingDecision.objects.get(case=case).basis == "consent"
    assert "first_referral" in shipped.clocks(case, met=True)


@pytest.mark.parametrize(
    ("rows", "shared"),
    [
        ([{}], False),  # nobody named: a shelter has to be
        ([{"office": "protection_service"}], True),
        ([{"recipient": SHELTER}, {"given": "withdrawn"}], False),
        ([{"recipient": SHELTER}, {"given": "no", "recipient": SHELTER}], False),
        ([{"recipient": SHELTER}, {"given": "not_able", "recipient": SHELTER}], False),
        ([{"recipient": "demo-shelter-elsewhere"}], False),
    ],
)
def test_only_the_newest_answer_about_the_service_counts(
    worker: User, open_case: Callable[..., Case], rows: list[dict[str, Any]], shared: bool
) -> None:
    Partner.objects.get_or_create(
        slug="demo-shelter-elsewhere",
        defaults={"role": Role.PROTECTION_SERVICE, "names": {"sq": "Tjetër", "en": "Other"}},
    )
    case = open_case()
    for hours, row in zip(range(len(rows), 0, -1), rows, strict=True):
        say(worker, case, hours_ago=hours, **row)
    refer(worker, case)
    assert bool(to_shelter(case)) is shared


def test_an_answer_that_comes_late_takes_its_place_by_when_it_was_given(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case()
    say(worker, case, given="withdrawn", recipient=SHELTER, hours_ago=1)
    say(worker, case, recipient=SHELTER, hours_ago=5)  # filled in without a network, before that
    refer(worker, case)
    assert to_shelter(case) == []


def test_an_emergency_takes_the_place_of_consent_and_the_coordinator_is_told(
    worker: User, open_case: Callable[..., Case], phone: Client
) -> None:
    case = open_case()
    refer(worker, case, consent_basis="vital_interests", vital_reason="KANARINA pa ndjenja")
    assert len(to_shelter(case)) == 1
    decision = SharingDecision.objects.get(case=case)
    assert (decision.basis, decision.reason) == ("vital_interest", "KANARINA pa ndjenja")
    (told,) = informed(case, Role.COORDINATOR)
    assert told.contact is not None
    for notice in Notice.objects.filter(case_id=case.pk):
        assert "KANARINA" not in str(notice.brief)
    assert "KANARINA pa ndjenja" in phone.get(f"/field/cases/{case.reference}/").content.decode()


def test_an_emergency_is_no_way_to_a_lawyer(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    send(
        worker, "service_request", case_ref=case.reference, ask=["legal_aid"], consent_basis="vital_interests",
        urgency="today", content_shared=["nothing_more"], vital_reason="x",
    )  # fmt: skip
    assert not Notice.objects.filter(case_id=case.pk, role=Role.LEGAL_AID).exists()


def test_a_representative_who_may_be_involved_is_no_basis(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case(birth_date="2012-05-05")
    parent = {"representative_role": "parent", "representative_involved": "unknown"}
    say(worker, case, recipient=SHELTER, kind="representative", form=parent)
    refer(worker, case, consent_basis="representative")
    assert to_shelter(case) == []
    assert SharingDecision.objects.get(case=case).code == "representative_unsafe"
    say(worker, case, recipient=SHELTER, kind="representative", form={"representative_role": "cpu"})
    refer(worker, case, consent_basis="representative")
    assert len(to_shelter(case)) == 1


def test_an_agreement_that_has_ended_is_said(worker: User, open_case: Callable[..., Case]) -> None:
    case = open_case()
    say(worker, case, recipient=SHELTER)
    office = Partner.objects.get(slug=SHELTER)
    Agreement.objects.filter(partner=office).delete()
    ended = Agreement.objects.create(partner=office, valid_until=timezone.localdate() - timedelta(days=1))
    refer(worker, case)
    assert SharingDecision.objects.get(case=case).code == "no_agreement"
    Agreement.objects.filter(pk=ended.pk).update(valid_until=timezone.localdate())
    refer(worker, case)
    assert len(to_shelter(case)) == 1


# ---- how it ends ----


def test_a_withdrawal_ends_the_link_tells_the_recipient_and_says_who_had_read_it(
    worker: User, open_case: Callable[..., Case], phone: Client, client: Client
) -> None:
    case = open_case()
    say(worker, case, recipient=SHELTER, hours_ago=2)
    refer(worker, case, reason="KANARINA arsyeja")
    (notice,) = to_shelter(case)
    pretend_it_was_read(notice)
    link = f"/n/{notice.link_token}/"
    assert client.get(link).status_code == 200
    say(worker, case, recipient=SHELTER, given="withdrawn")
    notice.refresh_from_db()
    assert (notice.state, notice.reason) == ("cancelled", "consent_ended")
    assert client.get(link).status_code == 404
    assert not BriefSession.objects.filter(notice=notice, closed_at__isnull=True).exists()
    (told,) = informed(case, Role.PROTECTION_SERVICE)
    assert told.contact == notice.contact
    assert "no longer be used" in str(told.brief)
    assert "KANARINA" not in str(told.brief)
    assert case.reference not in str(told.brief)
    assert client.get(f"/n/{told.link_token}/").status_code == 200
    assert Referral.objects.get(case=case).state == "withdrawn"
    assert not Deadline.objects.filter(case=case, key="receiver_acknowledgement").exists()
    assert "had opened it on" in words_of(case, "consent_ended")
    assert informed(case, Role.MOBILE_UNIT)
    assert notice.contact is not None
    assert notice.contact.name in phone.get(f"/field/cases/{case.reference}/").content.decode()


def test_what_was_not_sent_yet_is_stopped_and_nobody_is_told_of_it(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case()
    say(worker, case, recipient=SHELTER, hours_ago=2)
    refer(worker, case)
    say(worker, case, recipient=SHELTER, given="withdrawn")
    (notice,) = to_shelter(case)
    assert notice.state == "cancelled"
    assert informed(case, Role.PROTECTION_SERVICE) == []
    assert "stopped before it was sent" in words_of(case, "consent_ended")


def test_a_withdrawal_touches_neither_the_police_nor_other_offices(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case()
    say(worker, case, hours_ago=3)
    say(worker, case, recipient=SHELTER, hours_ago=2)
    refer(worker, case)
    before = {notice.pk: notice.state for notice in Notice.objects.filter(case_id=case.pk, role=Role.POLICE)}
    assert before
    say(worker, case, given="withdrawn", office="health")
    assert to_shelter(case)[0].state == "owed"
    say(worker, case, given="withdrawn")  # everybody
    assert to_shelter(case)[0].state == "cancelled"
    after = {notice.pk: notice.state for notice in Notice.objects.filter(case_id=case.pk, role=Role.POLICE)}
    assert after == before


def test_a_press_on_the_case_withdraws_with_a_reason(
    worker: User, open_case: Callable[..., Case], phone: Client
) -> None:
    case = open_case()
    say(worker, case, recipient=SHELTER, hours_ago=2)
    refer(worker, case)
    key = f"office:{Partner.objects.get(slug=SHELTER).pk}"
    at = f"/field/cases/{case.reference}/consents/{key}/withdraw/"
    assert at in phone.get(f"/field/cases/{case.reference}/").content.decode()
    assert phone.get(at).status_code == 200
    assert to_shelter(case)[0].state == "owed"  # looking changes nothing
    refused = phone.post(at, {"reason": "  "})
    assert refused.status_code == 422
    assert "Shkruani" in refused.content.decode() or "Write" in refused.content.decode()
    assert phone.post(at, {"reason": "KANARINA telefonoi"}).status_code == 302
    assert to_shelter(case)[0].state == "cancelled"
    entry = ConsentEntry.objects.get(case=case, answer="withdrawn")
    assert (entry.reason, entry.recorded_by) == ("KANARINA telefonoi", worker)
    assert phone.post(at, {"reason": "again"}).status_code == 302  # a second press changes nothing
    assert ConsentEntry.objects.filter(case=case, answer="withdrawn").count() == 1
    assert phone.get(f"/field/cases/{case.reference}/consents/role:police/withdraw/").status_code == 404
    assert not AuditEntry.objects.filter(detail__icontains="KANARINA").exists()


def test_a_consent_until_a_day_ends_by_itself_on_the_next(
    worker: User, open_case: Callable[..., Case], client: Client
) -> None:
    case = open_case()
    say(worker, case, recipient=SHELTER, until=timezone.localdate().isoformat())
    refer(worker, case)
    (notice,) = to_shelter(case)
    pretend_it_was_read(notice)
    assert consent_clock.advance(timezone.now()) == 0
    tomorrow = timezone.now() + timedelta(days=1)
    assert consent_clock.advance(tomorrow) == 1
    assert consent_clock.advance(tomorrow) == 0
    notice.refresh_from_db()
    assert notice.state == "cancelled"
    assert client.get(f"/n/{notice.link_token}/").status_code == 404
    assert informed(case, Role.PROTECTION_SERVICE)


# ---- the screens ----


def test_the_form_puts_what_is_covered_first_and_says_why_the_rest_is_not(
    worker: User, open_case: Callable[..., Case], phone: Client
) -> None:
    case = open_case()
    say(worker, case, recipient=SHELTER)
    phone.post("/field/forms/referral/start/", {"case": case.reference})
    draft = Draft.objects.latest("started_at")
    page = phone.get(f"/field/drafts/{draft.pk}/to/").content.decode()
    assert page.index(f'value="{SHELTER}"') < page.index('value="tjeter-vizion"')
    assert "no consent on record" in page or "pa pëlqim të shënuar" in page


def test_the_review_page_says_who_will_not_be_notified(
    worker: User, open_case: Callable[..., Case], phone: Client
) -> None:
    from ..recipients_preview import preview_recipients

    case = open_case()
    phone.post("/field/forms/referral/start/", {"case": case.reference})
    draft = Draft.objects.latest("started_at")
    answers = {"case_ref": case.reference, "to_org": SHELTER, "service": ["legal"], "consent_basis": "consent_form"}
    (row,) = preview_recipients(draft, answers, worker)
    assert row.not_shared
    assert not row.name
    say(worker, case, recipient=SHELTER)
    (row,) = preview_recipients(draft, answers, worker)
    assert not row.not_shared


# ---- what was held back ----


def test_the_field_api_says_who_was_held_back_and_what_became_of_it(
    worker: User, open_case: Callable[..., Case], phone: Client
) -> None:
    case = open_case()
    version = FormVersion.objects.newest().get(form__key="referral")
    now = timezone.now()
    script = {"answers": {"case_ref": case.reference, **REFERRAL}, "text": "PROVË"}
    answers = drill_answers(version.parsed_form, script, municipality="vlore", occurred_at=now)
    body = {
        "uuid": str(uuid4()),
        "form": "referral",
        "version": version.number,
        "occurred_at": now.isoformat(),
        "answers": answers,
        "confirmed": [warning["key"] for warning in version.definition.get("warnings", [])],
    }
    held = {"role": "protection_service", "recipient": SHELTER, "code": "none"}
    for status in (201, 200):  # the same again gets the same receipt
        sent = phone.post("/api/field/v1/submissions", body, content_type="application/json")
        assert (sent.status_code, sent.json()["not_shared"], sent.json()["notices"]) == (status, [held], [])
    address = f"/api/field/v1/cases/{case.reference}"
    assert phone.get(address).json()["not_shared"] == [held]
    say(worker, case, recipient=SHELTER)
    assert phone.get(address).json()["not_shared"] == [{**held, "code": "given"}]
    body["uuid"] = str(uuid4())
    sent = phone.post("/api/field/v1/submissions", body, content_type="application/json")
    assert sent.status_code == 201
    assert "not_shared" not in sent.json()  # only where there is something
    assert phone.get(address).json()["not_shared"] == []


def test_the_case_says_at_its_top_that_a_referral_was_held_back_and_not_that_it_was_made(
    worker: User, open_case: Callable[..., Case], phone: Client
) -> None:
    case = open_case()
    assert "held-back" not in look_at(phone, case)
    refer(worker, case)
    page = look_at(phone, case)
    assert page.index('id="held-back"') < page.index('id="told"')
    top = page[page.index('id="held-back"') : page.index('id="told"')]
    assert "No consent for" in top
    assert "What you can do" in top
    for said in ("The case was referred", "The referral goes to the service"):
        assert said not in words_of(case)
    say(worker, case, recipient=SHELTER)
    assert "Send the request again" in look_at(phone, case)
    refer(worker, case)
    assert "held-back" not in look_at(phone, case)
    assert "The case was referred" in words_of(case)


def test_what_the_person_has_said_no_to_since_and_what_a_closed_case_held_back_is_dealt_with(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case, now = open_case(), timezone.now()
    refer(worker, case)
    (held,) = list_held_back(case, now)
    assert (held.to.partner and held.to.partner.slug, held.verdict.code) == (SHELTER, "none")
    Case.objects.filter(pk=case.pk).update(closed_at=now)
    assert list_held_back(Case.objects.get(pk=case.pk), now) == []
    say(worker, case, given="no", recipient=SHELTER)
    assert list_held_back(case, timezone.now()) == []
    # asked again against that no: it is held back anew
    refer(worker, case)
    assert [each.verdict.code for each in list_held_back(case, timezone.now())] == ["refused"]


@pytest.mark.parametrize(("role", "minutes", "held"), [("health", 0, 1), ("health", 1, 0), ("psychologist", 1, 1)])
def test_only_what_was_shared_later_with_the_same_role_deals_with_what_was_held_back(
    open_case: Callable[..., Case], role: str, minutes: int, held: int
) -> None:
    case, now = open_case(), timezone.now()
    event = CaseEvent.objects.filter(case=case).latest("at")
    clinics = [Partner.objects.create(slug=f"clinic-{n}", role=Role.HEALTH, names={"en": str(n)}) for n in (1, 2)]
    row = {"case": case, "event_id": event.pk}
    SharingDecision.objects.create(**row, role="health", partner=clinics[0], is_allowed=False, code="none", at=now)
    shared_at = now + timedelta(minutes=minutes)
    SharingDecision.objects.create(**row, role=role, partner=clinics[1], is_allowed=True, basis="consent", at=shared_at)
    assert len(list_held_back(case, shared_at)) == held


# ---- forms of before the ledger ----


def test_the_ledger_is_filled_from_forms_by_the_models_of_a_migration_and_only_once(
    worker: User, open_case: Callable[..., Case]
) -> None:
    case = open_case()
    names = {"representative_role": "cpu", "representative_name": "KANARINA", "language": "en"}
    say(worker, case, recipient=SHELTER, hours_ago=3, form=names)
    say(worker, case, given="withdrawn", office="health", hours_ago=1)

    def written() -> list[Any]:
        # but the sealed words, which are never the same twice
        rows = ConsentEntry.objects.order_by("pk")
        return [({**columns, "names": None}, entry.names) for columns, entry in zip(rows.values(), rows, strict=True)]

    before = written()
    ConsentEntry.objects.all().delete()
    state = EarlierExecutor(connection).loader.project_state([("intake", "0014_consent_backfill")])
    models = [state.apps.get_model(*key) for key in (("intake", "Submission"), ("cases", "ConsentEntry"))]
    for _time in range(2):
        fill_ledger(*models, state.apps.get_model("directory", "Partner"))
        assert written() == before
    assert "KANARINA" in str([entry.names for entry in ConsentEntry.objects.all()])
