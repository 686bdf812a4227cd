"""The terms of the shipped forms, through the task of the schedule: each answer goes on its day, whatever its basis.

Forms of the demo are received, their case is closed, and time is moved on. The hourly tasks are taken from the queue
into which the sweeper puts them.
"""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.documents.models import CaseDocument
from case_forms.cases.finding.models import IdentityToken
from case_forms.cases.models import Case, CaseFact
from case_forms.form_builder.models import FormVersion
from case_forms.form_builder.retention import months_later
from case_forms.form_builder.retention_bases import retention_bases
from case_forms.tips.models import Tip
from case_forms.tips.public_actions import Origin, receive_tip
from notifications.outbox.models import BriefDocument, Notice
from notifications.outbox.queueing import enqueue_housekeeping
from tests.queues import empty_queues, waiting_tasks

from ..models import Submission
from . import test_shipped_forms as shipped

pytestmark = pytest.mark.django_db

seeded_once, worker, phone, open_case = shipped.seeded_once, shipped.worker, shipped.phone, shipped.open_case
send = shipped.send

NAME, HIDING_PLACE = "KanarinaEmri", "KanarinaVendi"


@pytest.fixture
def received(worker: User, open_case: Callable[..., Case]) -> list[Submission]:
    case = open_case(
        first_name=NAME, last_name="KanarinaMbiemri", whereabouts=HIDING_PLACE, safe_contact_how=["text"],
        medical_now="no", suicide_words="no", others_at_risk="no", seen_alone="yes", explained="yes",
    )  # fmt: skip
    about = {"case_ref": case.reference}
    forms = [
        send(worker, "safety_plan", **about, avoid_places=HIDING_PLACE),
        send(worker, "risk_assessment", **about, knows_location="no", self_harm="no", threats_from=["family"]),
        send(worker, "refusal", **about),
        send(worker, "activity_report"),
    ]
    return [*Submission.objects.filter(case=case, form_version__form__key="initial_identification"), *forms]


def list_terms(submission: Submission) -> dict[str, tuple[int, str]]:
    """Return {question: (months, basis)} of the answers that are there, outside repeats."""
    form = submission.form_version.parsed_form
    questions = {each.key: each for each in form.outer_items if hasattr(each, "keep_for")}
    found = Submission.objects.get(pk=submission.pk).answers
    return {key: (questions[key].keep_for, questions[key].keep_basis) for key in found if key in questions}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], datetime]]:
    began, real = timezone.now(), timezone.now

    def move(months: int) -> datetime:
        day = months_later(timezone.localdate(began), months)
        then = began.replace(year=day.year, month=day.month, day=day.day) + timedelta(days=1)
        monkeypatch.setattr(timezone, "now", lambda: then)
        return then

    yield move
    monkeypatch.setattr(timezone, "now", real)


def run_the_hourly_tasks() -> None:
    empty_queues()
    enqueue_housekeeping()
    tasks = waiting_tasks("bulk")
    assert {task["func"] for task in tasks} >= {
        "case_forms.submissions.housekeeping.tidy",
        "case_forms.tips.housekeeping.tidy",
    }
    for task in tasks:
        if task["func"].startswith(("case_forms.submissions.", "case_forms.tips.housekeeping")):
            import_string(task["func"])(*task["args"])


def test_each_answer_of_a_shipped_form_goes_on_its_day_with_papers_index_and_a_record(
    received: list[Submission], worker: User, clock: Callable[[int], datetime]
) -> None:
    case = received[0].case
    assert case is not None
    before = {each.pk: list_terms(each) for each in received}
    bases = {basis for terms in before.values() for _months, basis in terms.values()}
    of_the_public = {"public_tip", "session_request"}
    assert bases == set(retention_bases()) - of_the_public, "one answer of each reason for storing, at least"
    document = CaseDocument.objects.create(
        case=case, kind="summary", version=1, language="sq", ordered_by=worker, pdf=b"%PDF", made_at=timezone.now()
    )
    notice = Notice.objects.filter(case_id=case.pk).first()
    assert notice is not None
    BriefDocument.objects.get_or_create(notice=notice, defaults={"pdf": b"%PDF"})
    assert IdentityToken.objects.filter(case=case).exists()
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now(), status="closed", forget_after=None)

    clock(12)
    run_the_hourly_tasks()
    assert {each.pk: list_terms(each) for each in received} == before, "nothing goes early"

    for months in (24, 36):
        clock(months)
        run_the_hourly_tasks()
        for each in received:
            left = {key: term for key, term in before[each.pk].items() if term[0] > months}
            assert list_terms(each) == left
            gone = sorted(set(before[each.pk]) - set(left))
            entries = AuditEntry.objects.filter(action="answers.forgotten", target_id=str(each.pk))
            assert sorted(key for entry in entries for key in entry.detail["questions"]) == gone
    document.refresh_from_db()
    assert document.pdf is None
    assert document.erased_at is not None
    assert not any(HIDING_PLACE in str(one.brief) for one in Notice.objects.filter(case_id=case.pk))
    assert not CaseFact.objects.filter(submission_id__in=before, key="whereabouts").exists()
    assert IdentityToken.objects.filter(case=case).exists(), "a name is stored as long as the case"

    clock(60)
    run_the_hourly_tasks()
    assert not any(list_terms(each) for each in received)
    assert not IdentityToken.objects.filter(case=case).exists()
    assert not CaseFact.objects.filter(submission_id__in=before).exists()
    stored = str([one.brief for one in Notice.objects.filter(case_id=case.pk)])
    assert not [word for word in (NAME, HIDING_PLACE, "Kanarina") if word in stored]


def test_while_its_case_is_open_nothing_goes(received: list[Submission], clock: Callable[[int], datetime]) -> None:
    of_case = [each for each in received if each.case_id]
    before = {each.pk: list_terms(each) for each in of_case}
    clock(61)
    run_the_hourly_tasks()
    assert {each.pk: list_terms(each) for each in of_case} == before


def test_a_tip_from_the_public_goes_after_the_term_that_its_page_promises(
    worker: User, clock: Callable[[int], datetime]
) -> None:
    unit = worker.units().get()
    tip = receive_tip(
        secret=secrets.token_bytes(32),
        form_version=FormVersion.objects.newest().get(form__key="public_tip"),
        answers={"what": "Kanarina"},
        origin=Origin(region=unit.region, unit=unit),
        language="sq",
        is_above_budget=lambda: False,
    ).tip
    clock(11)
    run_the_hourly_tasks()
    assert "Kanarina" in str(Tip.objects.get(pk=tip.pk).answers)
    clock(12)
    run_the_hourly_tasks()
    left = Tip.objects.filter(pk=tip.pk).first()
    assert left is None or "Kanarina" not in str(left.answers)
