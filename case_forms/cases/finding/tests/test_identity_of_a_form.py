"""A form's own definition says which of its questions tell who a person is; a coordinator's form needs no code."""

import copy
import uuid
from datetime import date

import pytest
from django.utils import timezone

from case_forms.form_builder.models import CaseFactType, FormVersion
from case_forms.submissions.actions import receive_submission
from case_forms.submissions.identity_index import index_existing
from tests.world.forms import publish, question, small_follow_up

from ..identity import build_identity, find_identity_questions, get_identity
from ..index import find_matches
from ..models import IdentityToken
from .scenes import ANA, Two, make_two

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 1)


@pytest.fixture
def two() -> Two:
    kinds = {
        "first_name": ("text", "name"),
        "last_name": ("text", "name"),
        "birth_date": ("date", "birth_date"),
        "phone": ("phone", "phone"),
        "street_name": ("text", ""),
    }
    for key, (type_, part) in kinds.items():
        more = {"type": type_, "label": {"sq": key, "en": key}, "identity_part": part}
        CaseFactType.objects.update_or_create(key=key, defaults=more)
    return make_two()


def publish_visit(**facts: str) -> FormVersion:
    """Publish a follow-up as a coordinator changed it. `facts`: by question, the fact that it writes."""
    types = {"family": "text", "given": "text", "born": "date", "line": "phone", "street": "text"}
    items = [question(key, types[key], sensitivity="special", writes_fact=fact) for key, fact in facts.items()]
    definition = copy.deepcopy(small_follow_up())
    definition["sections"][0]["items"] += items
    return publish(definition)


def send(two: Two, version: FormVersion, **answers: object) -> uuid.UUID:
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key=version.form.key,
        version=version.number,
        occurred_at=timezone.now(),
        answers=answers,
        user=two.worker,
    )
    return received.submission.pk


def test_the_questions_that_write_parts_of_the_identity_say_who_it_is(two: Two) -> None:
    version = publish_visit(given="first_name", family="last_name", born="birth_date", line="phone")
    answers = {"given": "Ana", "family": "Hoxha", "born": "2009-06-01", "line": "+355691234567"}
    assert find_identity_questions(version.parsed_form) == {
        "name": ("given", "family"),
        "birth_date": ("born",),
        "phone": ("line",),
    }
    identity = get_identity(version.parsed_form, answers, ON)
    assert identity == build_identity(names=["Ana", "Hoxha"], born="2009-06-01", phones=["+355691234567"], on=ON)


def test_a_fact_that_is_no_part_of_it_says_nothing_until_the_catalogue_says_so(two: Two) -> None:
    version = publish_visit(street="street_name")
    assert find_identity_questions(version.parsed_form) == {}
    CaseFactType.objects.filter(key="street_name").update(identity_part="name")
    assert find_identity_questions(version.parsed_form) == {"name": ("street",)}


def test_a_new_form_s_person_is_found_without_code(two: Two) -> None:
    case = two.send(two.worker, first_name=None, last_name=None, birth_date=None, age_stated=40)
    assert not IdentityToken.objects.exists()
    version = publish_visit(given="first_name", family="last_name", born="birth_date")
    send(two, version, case_ref=case.reference, given="Ana", family="Hoxha", born="2009-06-01")
    [match] = find_matches(build_identity(names=["Anna Hodja"], age=17, on=ON))
    assert match.case == case


def test_what_was_received_before_the_catalogue_said_so_is_indexed_by_the_command(two: Two) -> None:
    case = two.send(two.worker, first_name=None, last_name=None, birth_date=None, age_stated=40)
    CaseFactType.objects.filter(key__in=["first_name", "last_name", "birth_date"]).update(identity_part="")
    version = publish_visit(given="first_name", family="last_name", born="birth_date")
    sent = send(two, version, case_ref=case.reference, given="Ana", family="Hoxha", born="2009-06-01")
    assert not IdentityToken.objects.filter(submission_id=sent).exists()
    CaseFactType.objects.filter(key__in=["first_name", "last_name"]).update(identity_part="name")
    CaseFactType.objects.filter(key="birth_date").update(identity_part="birth_date")
    index_existing()
    assert IdentityToken.objects.filter(submission_id=sent, case=case).exists()


def test_forms_from_before_there_were_facts_are_read_by_their_keys(two: Two) -> None:
    case = two.send(two.worker, **ANA)
    assert not any(item.writes_fact for item in two.scene.form.parsed_form.outer_items if hasattr(item, "writes_fact"))
    an_ana = build_identity(names=["Ana Hoxha"], age=17, on=timezone.localdate())
    assert [match.case for match in find_matches(an_ana)] == [case]


def test_a_part_that_nobody_knows_and_a_fact_that_left_the_catalogue_are_passed_over(two: Two) -> None:
    version = publish_visit(given="first_name", street="street_name")
    CaseFactType.objects.filter(key="street_name").update(identity_part="shoe_size")
    CaseFactType.objects.filter(key="first_name").delete()
    assert find_identity_questions(version.parsed_form) == {}
