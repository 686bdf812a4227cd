"""Who says no to statistics is in no count, as the ledger says it; whoever was never asked is."""

import random
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from case_forms.submissions.models import Submission
from tests.world.consents import record_consent
from tests.world.places import make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from ...models import Case, CorrectedForm, MovedForm
from ..ledger import Recipient, State, find_standing, get_entries
from ..models import ConsentAnswer, ConsentEntry, ConsentPurpose

pytestmark = pytest.mark.django_db
NOBODY = Recipient("")
VOID = {"voided_at": timezone.now(), "closed_at": timezone.now()}
KINDS = [*ConsentAnswer.values, "over", "not_over", "corrected", "moved", "other_purpose"]


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def case(scene: Scene) -> Case:
    return scene.send().submission.case


def say(case: Case, kind: str, *, act: uuid.UUID, minutes: int, until: int | None = None) -> None:
    """Write one entry of an act. `minutes`: how long ago."""
    form = uuid.uuid4()
    at = timezone.now() - timedelta(minutes=minutes)
    answer = kind if kind in ConsentAnswer.values else ConsentAnswer.GIVEN
    more: dict[str, Any] = {"purpose": "" if kind == ConsentAnswer.UNREADABLE else ConsentPurpose.STATISTICS}
    match kind:
        case "over":
            more["until"] = timezone.now() - timedelta(minutes=1)
        case "not_over":
            more["until"] = timezone.now() + timedelta(days=1)
        case "other_purpose":
            more["purpose"], answer = ConsentPurpose.CONTACT, ConsentAnswer.REFUSED
        case "corrected":
            CorrectedForm.objects.create(submission_id=form, case=case, corrected_by=uuid.uuid4())
        case "moved":
            MovedForm.objects.create(submission_id=form, at=timezone.now())
    if kind in ("corrected", "moved"):
        answer = ConsentAnswer.REFUSED
    ConsentEntry.objects.create(
        case=case, act=act, answer=answer, submission_id=form, occurred_at=at, recorded_at=at, **more
    )


def iter_histories(chance: random.Random) -> Iterator[list[list[str]]]:
    for kind in KINDS:
        yield [[kind]]
        yield [["given"], [kind]]
        yield [[kind], ["given"]]
        yield [["given", kind]]
    for _example in range(40):
        yield [chance.choices(KINDS, k=chance.randint(1, 2)) for _act in range(chance.randint(1, 3))]


def test_the_count_says_what_the_ledger_says_in_each_history(scene: Scene) -> None:
    cases: dict[Case, list[list[str]]] = {}
    first = scene.send().submission.case
    for history in iter_histories(random.Random(40)):
        case = Case.objects.get(pk=first.pk)
        case.pk, case.reference, case._state.adding = uuid.uuid4(), uuid.uuid4().hex[:8], True
        case.save()
        for number, act in enumerate(history):
            key = uuid.uuid4()
            for kind in act:
                say(case, kind, act=key, minutes=50 - number)
        cases[case] = history
    counted = set(Case.objects.counted())
    for case, history in cases.items():
        standing = find_standing(
            get_entries(case, ConsentPurpose.STATISTICS), NOBODY, at=timezone.now(), is_child=False
        )
        assert (case in counted) is (standing.state in (State.NONE, State.GIVEN)), history
    assert {True, False} == {case in counted for case in cases}


def test_what_was_said_in_a_case_that_was_merged_holds_for_the_one_that_stays(scene: Scene, case: Case) -> None:
    duplicate = scene.send(age_stated=31).submission.case
    record_consent(duplicate, purpose=ConsentPurpose.STATISTICS, answer=ConsentAnswer.REFUSED)
    assert set(Case.objects.counted()) == {case}
    Case.objects.filter(pk=duplicate.pk).update(merged_into=case)
    assert not Case.objects.counted().exists()


def test_each_case_is_counted_or_not(scene: Scene, case: Case) -> None:
    for number, changed in enumerate(({"is_drill": True}, VOID, {"merged_into": case}, {})):
        other = scene.send(age_stated=40 + number).submission.case
        Case.objects.filter(pk=other.pk).update(**changed)
    record_consent(other, purpose=ConsentPurpose.STATISTICS, answer=ConsentAnswer.WITHDRAWN)
    assert set(Case.objects.counted()) == {case}
    assert set(Case.objects.uncounted()) == set(Case.objects.exclude(pk=case.pk))
    assert set(Submission.objects.counted()) == set(Submission.objects.filter(case=case))
    assert other not in {each.case for each in Submission.objects.agreed_for_statistics()}


def test_what_belongs_to_no_case_counts(scene: Scene) -> None:
    sent = scene.send().submission
    Submission.objects.filter(pk=sent.pk).update(case=None)
    assert list(Submission.objects.counted()) == [sent]
    assert list(Submission.objects.agreed_for_statistics()) == [sent]


def test_the_word_of_one_person_leaves_out_nobody_else(scene: Scene, case: Case) -> None:
    other = scene.send(age_stated=50).submission.case
    record_consent(other, purpose=ConsentPurpose.STATISTICS, answer=ConsentAnswer.NOT_ABLE)
    make_unit_with_worker(make_place("Elsewhere"))
    assert set(Case.objects.counted()) == {case}
