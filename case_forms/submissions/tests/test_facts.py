"""What is known about a person: written by the forms that say so, never overwritten, read by those that come later."""

import threading
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.facts.actions import forget_facts, note_no_longer_known
from case_forms.cases.facts.models import CaseFact
from case_forms.cases.facts.reading import get_history, get_identity, get_known, get_known_for_role, get_known_values
from case_forms.cases.models import Case
from case_forms.form_builder.models import get_fact_catalogue
from tests.seeds import lay_down_demo

from ..actions import receive_submission
from ..models import Submission
from ..purge import forget_due
from .test_canary import rows_in_plain

NOW = timezone.now()
IDENTIFIED: dict[str, Any] = {
    "municipality": "lezhe",
    "immediate_danger": "no",
    "explained": "yes",
    "consent_to_store": "yes",
    "police_contact_consent": "unknown",
    "age_in_doubt": "no",
    "age_basis": "document",
    "age_stated": 23,
    "worker_decision": "potential_victim",
    "decision_reason": "Lyp çdo ditë.",
    "signal_source": "school",
    "first_name": "Ela",
    "language": "sq",
    "gender": "female",
}
FOLLOWED: dict[str, Any] = {
    "date": NOW.date().isoformat(),
    "follow_kind": "month_1",
    "how": "visit",
    "reached": True,
    "safe": "yes",
}


@pytest.fixture
def worker(db: None) -> User:
    lay_down_demo()
    return User.objects.get(username="lezhe1")


def send(worker: User, form: str = "initial_identification", at: datetime | None = None, **answers: Any) -> Submission:
    return receive_submission(
        uuid=uuid.uuid4(),
        form_key=form,
        version=1,
        occurred_at=at or timezone.now(),
        answers=answers,
        user=worker,
        strict=False,
        confirmed=["danger_without_place", "no_sign_noted", "age_against_birth_date", "adult_not_asked"],
    ).submission


@pytest.fixture
def case(worker: User) -> Case:
    found = send(worker, at=NOW - timedelta(days=30), **IDENTIFIED).case
    assert found is not None
    return found


def test_an_identification_says_who_the_person_is(case: Case, worker: User) -> None:
    known = get_known(case)
    assert {key: fact.value for key, fact in known.items() if key in ("first_name", "language", "age")} == {
        "first_name": "Ela",
        "language": "sq",
        "age": 23,
    }
    assert known["age_group"].value == "adult"
    row = known["first_name"].row
    assert row.form_version is not None
    assert row.form_version.form.key == "initial_identification"
    assert (row.question, row.noted_by) == ("first_name", worker)
    assert row.occurred_at == NOW - timedelta(days=30)
    assert get_identity(case) == {"name": ["Ela"], "age": [23]}


def test_what_happened_last_holds_whenever_it_came_in(case: Case, worker: User) -> None:
    about = {"case_ref": case.reference}
    send(worker, "follow_up", NOW - timedelta(days=1), **FOLLOWED, **about, lives="shelter")
    send(worker, "follow_up", NOW - timedelta(days=9), **FOLLOWED, **about, lives="family")
    lives = get_known(case)["lives"]
    assert lives.value == "shelter"
    history = get_history(case, get_fact_catalogue()["lives"], "en")
    assert [said.words for said in history] == ["In a shelter", "With family"]
    assert [said.is_held for said in history] == [True, False]


def test_of_the_same_moment_the_correction_holds(case: Case, worker: User) -> None:
    moment = NOW - timedelta(days=2)
    send(worker, "follow_up", moment, **FOLLOWED, case_ref=case.reference, lives="shelter")
    send(worker, "follow_up", moment, **FOLLOWED, case_ref=case.reference, lives="own")
    assert get_known_values(case)["lives"] == "own"


def test_an_empty_answer_changes_nothing_and_no_longer_known_is_a_value(case: Case, worker: User) -> None:
    send(worker, "follow_up", NOW - timedelta(days=2), **FOLLOWED, case_ref=case.reference, lives="shelter")
    send(worker, "follow_up", NOW - timedelta(days=1), **FOLLOWED, case_ref=case.reference)
    assert get_known_values(case)["lives"] == "shelter"
    note_no_longer_known(case=case, key="lives", by=worker, at=NOW)
    assert "lives" not in get_known_values(case)
    with translation.override("en"):
        words = [said.words for said in get_history(case, get_fact_catalogue()["lives"], "en")]
    assert words == ["no longer known", "In a shelter"]
    # what was said before that moment, and comes in late, doesn't bring it back
    send(worker, "follow_up", NOW - timedelta(hours=30), **FOLLOWED, case_ref=case.reference, lives="family")
    assert "lives" not in get_known_values(case)


def test_since_is_when_the_same_was_said_first(case: Case, worker: User) -> None:
    for days, lives in ((9, "family"), (6, "shelter"), (3, "shelter")):
        at = NOW - timedelta(days=days)
        send(worker, "follow_up", at, **FOLLOWED, case_ref=case.reference, lives=lives)
    lives = get_known(case)["lives"]
    assert (lives.since, lives.said_at) == (NOW - timedelta(days=6), NOW - timedelta(days=3))


def test_a_form_that_joins_no_case_leaves_no_fact(worker: User) -> None:
    sent = send(worker, **{**IDENTIFIED, "worker_decision": "no_indicators"})
    assert sent.case is None
    assert not CaseFact.objects.exists()


def test_the_same_submission_twice_writes_its_facts_once(worker: User) -> None:
    given = {
        "uuid": uuid.uuid4(),
        "form_key": "initial_identification",
        "version": 1,
        "occurred_at": NOW,
        "answers": IDENTIFIED,
        "user": worker,
        "strict": False,
        "confirmed": ["no_sign_noted", "adult_not_asked"],
    }
    first, again = receive_submission(**given), receive_submission(**given)
    assert not again.created
    assert CaseFact.objects.filter(submission_id=first.submission.pk, key="first_name").count() == 1


def test_only_roles_that_the_catalogue_names_are_given_a_fact(case: Case) -> None:
    assert "first_name" in {known.fact.key for known in get_known_for_role(case, "police")}
    assert get_known_for_role(case, "school") == []


def test_a_fact_goes_with_the_answer_that_it_comes_from(case: Case, worker: User) -> None:
    sent = send(worker, "follow_up", NOW - timedelta(days=1), **FOLLOWED, case_ref=case.reference, lives="shelter")
    assert forget_facts(submission_id=sent.pk, questions=["lives", "safe"]) == 1
    assert "lives" not in get_known_values(case)
    assert forget_due(NOW.date()) == 0  # nothing of an open case is forgotten


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(
        st.tuples(
            st.integers(min_value=0, max_value=6),
            st.one_of(st.none(), st.just("ended"), st.sampled_from(["shelter", "family", "own", "abroad"])),
        ),
        max_size=7,
    )
)
def test_whatever_is_said_in_whatever_order_the_rule_holds_and_the_history_is_complete(
    case: Case, worker: User, said: list[tuple[int, str | None]]
) -> None:
    CaseFact.objects.filter(key="lives").delete()
    written: list[tuple[datetime, int, str | None]] = []
    for position, (days, value) in enumerate(said):
        at = NOW - timedelta(days=days)
        if value == "ended":
            received = timezone.now()
            row = note_no_longer_known(case=case, key="lives", by=worker, at=at)
            CaseFact.objects.filter(pk=row.pk).update(received_at=received)
        else:
            send(worker, "follow_up", at, **FOLLOWED, case_ref=case.reference, **({"lives": value} if value else {}))
        if value is not None:
            written.append((at, position, None if value == "ended" else value))
    expected = max(written, default=(NOW, 0, None))[2]
    assert get_known_values(case).get("lives") == expected
    assert CaseFact.objects.filter(case=case, key="lives").count() == len(written)
    held = [row.value["value"] for row in CaseFact.objects.filter(case=case, key="lives").newest_first()]
    assert held == [value for _at, _position, value in sorted(written, reverse=True)]


def test_no_fact_is_in_plain_in_the_database_or_in_the_record(case: Case, worker: User) -> None:
    send(worker, case_ref=case.reference, **{**IDENTIFIED, "first_name": "CANARYname", "alias": "CANARYalias"})
    assert get_known_values(case)["first_name"] == "CANARYname"
    assert not {(table, column) for table, column, value in rows_in_plain() if b"CANARY" in value}
    assert not [entry for entry in AuditEntry.objects.all() if "CANARY" in str(entry.detail)]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_twenty_writers_at_once_lose_nothing() -> None:
    """Real threads, each with a connection of its own: needs a database in a file, as the browsers' tests do."""
    lay_down_demo()
    worker = User.objects.get(username="lezhe1")
    case = send(worker, at=NOW - timedelta(days=30), **IDENTIFIED).case
    assert case is not None
    start, failed = threading.Barrier(20), []

    def write(number: int) -> None:
        start.wait()
        try:
            at = NOW - timedelta(minutes=number)
            lives = ("shelter", "family", "own", "abroad")[number % 4]
            send(worker, "follow_up", at, **FOLLOWED, case_ref=case.reference, lives=lives)
        except Exception as error:  # noqa: BLE001  # shown below: a thread's failure must fail the test
            failed.append(error)
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(120)
    assert not failed
    assert CaseFact.objects.filter(case=case, key="lives").count() == 20
    assert get_known_values(case)["lives"] == "shelter"
