"""A second form about the same person: no second case, and nobody is told twice."""

import copy
import uuid
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.finding import index
from case_forms.cases.finding.identity import build_identity
from case_forms.cases.finding.index import find_matches
from case_forms.cases.finding.models import IdentityQuestion, IdentityToken, ProbableMatch
from case_forms.cases.models import Case, new_reference
from case_forms.form_builder.models import FormVersion
from notifications.outbox.models import Notice
from tests.world.forms import publish, question, small_form
from tests.world.places import PASSWORD, make_place, make_unit_with_worker
from tests.world.scene import Scene, make_scene

from .. import identity_index
from ..actions import ConfirmationNeeded, Received, receive_submission
from ..confirmations import OF_A_DRILL
from ..drafts.actions import start_draft
from ..field_api.schemas import SubmissionIn
from ..models import Draft, Submission
from ..same_person import SAME_PERSON
from ..seeding.reference import form_files

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

# A child for the whole of this year and the next one, and of an age that ANNA's fits.
BORN = f"{timezone.localdate().year - 16}-06-01"
ANA = {"first_name": "Ana", "last_name": "Hoxha", "birth_date": BORN, "age_stated": None}
ANNA = {"first_name": "Hodja Anna", "last_name": None, "age_stated": 16}


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    made.form = with_names()
    return made


def with_names() -> FormVersion:
    """The small identification, with a surname and with the question for its case."""
    definition = copy.deepcopy(small_form())
    definition["sections"][1]["items"][2:2] = [question("last_name", "text")]
    definition["sections"][0]["items"].append(question("case_ref", "case_reference"))
    return publish(definition)


def send(scene: Scene, by: User | None = None, confirmed: Any = (), **answers: Any) -> Received:
    return receive_submission(
        uuid=uuid.uuid4(),
        form_key=scene.form.form.key,
        version=scene.form.number,
        occurred_at=timezone.now(),
        answers=scene.answers(**answers),
        user=by or scene.worker,
        confirmed=confirmed,
    )


def police() -> int:
    return Notice.objects.filter(role="police").count()


def test_the_same_name_and_birth_date_make_one_case_and_tell_the_police_once(scene: Scene) -> None:
    """Measured before there was an index: four cases, and the police were told four times."""
    first = send(scene, **ANA)
    for answers in (ANA, ANNA, {**ANA, "first_name": "Anna", "last_name": "Hodža"}):
        with pytest.raises(ConfirmationNeeded) as needed:
            send(scene, **answers)
        assert [each.case for each in needed.value.asked] == [first.receipt["case"]]
    assert Case.objects.count() == Submission.objects.count() == police() == 1


def test_it_goes_on_in_the_case_that_was_named(scene: Scene) -> None:
    first = send(scene, **ANA)
    again = send(scene, **ANA, case_ref=first.receipt["case"])
    assert again.receipt["case"] == first.receipt["case"]
    assert Case.objects.count() == 1


def test_another_person_of_that_name_gets_a_case_once_somebody_has_said_so(scene: Scene) -> None:
    first = send(scene, **ANA)
    key = f"same_person_{first.receipt['case']}"
    second = send(scene, **ANNA, confirmed=[key])
    assert second.receipt["case"] != first.receipt["case"]
    stored: Any = second.submission.confirmed
    assert [entry["warning"] for entry in stored] == [key]
    match = ProbableMatch.objects.get()
    assert (match.case, match.dismissed_by) == (second.submission.case, scene.worker)


def test_the_api_takes_the_confirmation_that_it_asks_for(scene: Scene) -> None:
    """Another person of that name, sent by a program: the key that it is asked with is the key that it sends back."""
    send(scene, **ANA)
    body = {
        "uuid": str(uuid.uuid4()),
        "form": scene.form.form.key,
        "version": scene.form.number,
        "occurred_at": timezone.now().isoformat(),
        "answers": scene.answers(**{key: value for key, value in ANNA.items() if value is not None}),
    }

    def post(**more: Any) -> Any:
        return Client().post(
            "/api/field/v1/submissions", {**body, **more}, content_type="application/json", **scene.bearer()
        )

    asked = post().json()["confirm"]
    assert [each["key"].startswith(SAME_PERSON) for each in asked] == [True]
    assert post(confirmed=[each["key"] for each in asked]).status_code == 201
    assert Case.objects.count() == 2


def test_every_key_that_is_asked_may_be_sent_back() -> None:
    of_forms = [warning["key"] for form in form_files() for warning in form.get("warnings", ())]
    of_cases = [f"{SAME_PERSON}{reference}" for reference in ("222222", "ZZZZZZ", new_reference())]
    assert of_forms
    for key in (*of_forms, *of_cases, OF_A_DRILL, "a" * 64):  # the longest that a form's warning may have
        sent = SubmissionIn.model_validate(
            {
                "uuid": str(uuid.uuid4()),
                "form": "f",
                "version": 1,
                "answers": {},
                "occurred_at": "2026-12-01T09:00:00Z",
                "confirmed": [key],
            }
        )
        assert sent.confirmed == [key]


def test_a_closed_case_stops_nobody_and_is_noted(scene: Scene) -> None:
    first = send(scene, **ANA)
    Case.objects.update(closed_at=timezone.now())
    second = send(scene, **ANA)
    assert second.receipt["case"] != first.receipt["case"]
    assert ProbableMatch.objects.get().other.reference == first.receipt["case"]


def test_another_units_case_is_not_named_and_stops_nobody(scene: Scene) -> None:
    first = send(scene, **ANA)
    other = make_scene_elsewhere(scene)
    second = send(scene, by=other, **ANNA)
    assert second.created
    match = ProbableMatch.objects.get()
    assert (match.case.reference, match.other.reference) == (second.receipt["case"], first.receipt["case"])
    asked = IdentityQuestion.objects.filter(case=second.submission.case).get()
    assert (asked.answer, asked.asked_by) == ("other", other)


def make_scene_elsewhere(scene: Scene) -> User:
    _unit, stranger = make_unit_with_worker(make_place())
    return stranger


def test_nobody_is_asked_about_somebody_else_or_in_a_drill(scene: Scene) -> None:
    send(scene, **ANA)
    send(scene, first_name="Drita", last_name="Marku", birth_date=BORN, age_stated=None)
    receive_submission(
        uuid=uuid.uuid4(),
        form_key=scene.form.form.key,
        version=scene.form.number,
        occurred_at=timezone.now(),
        answers=scene.answers(**ANA),
        user=scene.worker,
        is_drill=True,
    )
    assert Case.objects.count() == 3
    assert not IdentityToken.objects.filter(case__is_drill=True).exists()


def test_what_is_sent_without_a_name_leaves_nothing_in_the_index(scene: Scene) -> None:
    send(scene)
    send(scene, first_name="Ana")
    assert not IdentityToken.objects.exists()


def test_the_index_and_the_case_are_written_together_or_not_at_all(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("case_forms.submissions.reception.report_by", fail)
    with pytest.raises(RuntimeError):
        send(scene, **ANA)
    assert not IdentityToken.objects.exists()
    assert not Case.objects.exists()


# ---- what the table tells ----


def test_a_dump_of_the_tables_holds_no_name_and_no_dictionary_opens_it(scene: Scene, settings: Any) -> None:
    send(scene, **ANA, phone="+355691234567")
    with connection.cursor() as cursor:
        rows = []
        for table in ("cases_identitytoken", "cases_identityquestion", "cases_probablematch"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            rows += cursor.fetchall()
    dumped = {str(value) for row in rows for value in row}
    assert not [value for value in dumped if "hoxha" in value.lower() or "691234567" in value or "2009" in value]
    # A dictionary of everybody's name, without the key: with another key, as whoever has only the dump would have.
    digests = set(IdentityToken.objects.values_list("digest", flat=True))
    settings.VAULT_KEYS = ["k0:" + "A" * 43 + "="]
    from case_forms.cases.finding.tests.invented import load_names
    from case_forms.cases.finding.tokens import build_asked_values
    from vault.blind_index import build_digest, get_primary_key

    names, key = load_names(), get_primary_key()
    tried = 0
    for last in names["surnames"]:
        for born in (BORN, BORN[:4]):
            identity = build_identity(names=["Ana", last], born=born, phones=["+355691234567"], on=timezone.localdate())
            guesses = {build_digest(key, *value) for value in build_asked_values(identity)}
            tried += len(guesses)
            assert not guesses & digests
    assert tried > 10_000


def test_each_submission_has_a_full_block_of_rows_whatever_it_says(scene: Scene) -> None:
    send(scene, **ANA, phone="+355691234567")
    send(scene, phone="+355691234999")
    counted = {
        IdentityToken.objects.filter(submission_id=key).count()
        for key in IdentityToken.objects.values_list("submission_id", flat=True)
    }
    assert counted
    assert all(rows % index.BLOCK == 0 for rows in counted)


# ---- afterwards: backfill, a new key, forgetting ----


def test_earlier_submissions_are_indexed_in_steps_and_one_that_cannot_be_read_stops_nobody(scene: Scene) -> None:
    names = ("Hoxha", "Marku", "Prifti", "Dervishi", "Zogu")
    people = [{**ANA, "last_name": last, "birth_date": f"200{day}-06-0{day}"} for day, last in enumerate(names, 1)]
    for answers in people:
        send(scene, **answers)
    everything = set(IdentityToken.objects.values_list("submission_id", flat=True))
    IdentityToken.objects.all().delete()
    spoilt = Submission.objects.order_by("pk")[2]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE intake_submission SET answers = %s WHERE id = %s",
            ["v2.k.1.x", spoilt.pk.hex if connection.vendor == "sqlite" else spoilt.pk],
        )
    first = identity_index.index_existing(at_most=2, batch=1)
    assert (first.looked_at, first.indexed, first.unreadable) == (2, 2, 0)
    rest = identity_index.index_existing(after=first.last, batch=2)
    assert (rest.looked_at, rest.indexed, rest.unreadable, rest.last) == (3, 2, 1, None)
    found = set(IdentityToken.objects.values_list("submission_id", flat=True))
    assert found == everything - {spoilt.pk}
    rows = IdentityToken.objects.count()
    call_command("index_identities")
    assert IdentityToken.objects.count() == rows


@pytest.mark.usefixtures("own_data_keys")
def test_a_new_key_finds_the_old_rows_and_rotation_makes_them_anew(scene: Scene, settings: Any, capsys: Any) -> None:
    first = send(scene, **ANA)
    old = settings.VAULT_KEYS
    settings.VAULT_KEYS = ["fresh:" + "B" * 43 + "=", *old]
    with pytest.raises(ConfirmationNeeded):
        send(scene, **ANNA)
    before = set(IdentityToken.objects.values_list("digest", flat=True))
    call_command("vault_rotate")
    assert "cases.persons: 1 indexed anew" in capsys.readouterr().out
    assert set(IdentityToken.objects.values_list("key_id", flat=True)) == {"fresh"}
    assert not before & set(IdentityToken.objects.values_list("digest", flat=True))
    settings.VAULT_KEYS = settings.VAULT_KEYS[:1]
    with pytest.raises(ConfirmationNeeded) as needed:
        send(scene, **ANNA)
    assert needed.value.asked[0].case == first.receipt["case"]


@pytest.mark.usefixtures("own_data_keys")
def test_a_key_that_rows_of_the_index_name_does_not_leave_the_ring(scene: Scene) -> None:
    from vault.canary import delete_unused_keys, establish_keys
    from vault.models import KeyInUse

    establish_keys()
    send(scene, **ANA)
    IdentityToken.objects.update(key_id="older")
    KeyInUse.objects.create(key_id="older", canary="x")
    assert "older" not in delete_unused_keys()


def test_a_case_that_is_forgotten_is_found_by_nobody(scene: Scene) -> None:
    received = send(scene, **ANA)
    case = received.submission.case
    assert case is not None
    assert index.forget_identity(case) > 0
    assert send(scene, **ANA).created


def test_a_name_that_is_forgotten_can_no_longer_be_asked_for(scene: Scene) -> None:
    sent = send(scene, **ANA).submission
    identity_index.index_submission(sent, {key: value for key, value in sent.answers.items() if key != "last_name"})
    assert not find_matches(build_identity(names=["Ana", "Hoxha"], age=17, on=timezone.localdate()))
    assert find_matches(build_identity(names=["Ana"], born=BORN, on=timezone.localdate()))
    identity_index.index_submission(sent, {})
    assert not IdentityToken.objects.exists()


# ---- over HTTP ----


def _draft(scene: Scene) -> Draft:
    answers = scene.answers(**ANNA)
    return start_draft(form_version=scene.form, unit=scene.unit, owner=scene.worker, answers=answers)


def _client(user: User) -> Client:
    user.set_password(PASSWORD)
    user.save()
    client = Client()
    client.force_login(user)
    return client


def test_the_review_page_offers_the_case_and_goes_on_in_it(scene: Scene) -> None:
    first = send(scene, **ANA)
    draft, client = _draft(scene), _client(scene.worker)
    review = reverse("intake:review", args=[draft.pk])
    page = client.get(review).content.decode()
    assert f"Case {first.receipt['case']} may be about this person already." in page
    refused = client.post(review)
    assert refused.status_code == 422
    assert Case.objects.count() == 1
    answer = client.post(reverse("intake:continue_in", args=[draft.pk, first.receipt["case"]]))
    assert answer["Location"] == review
    page = client.get(review).content.decode()
    assert "may be about this person" not in page
    assert client.post(review).status_code == 302
    assert Case.objects.count() == 1
    assert Submission.objects.get(pk=draft.pk).case == Case.objects.get()


def test_nobody_continues_in_a_case_of_another_unit_or_with_another_persons_draft(scene: Scene) -> None:
    first = send(scene, **ANA)
    stranger = make_scene_elsewhere(scene)
    draft = _draft(scene)
    address = reverse("intake:continue_in", args=[draft.pk, first.receipt["case"]])
    assert _client(stranger).post(address).status_code == 404
    theirs = start_draft(form_version=scene.form, unit=stranger.units().get(), owner=stranger, answers={})
    address = reverse("intake:continue_in", args=[theirs.pk, first.receipt["case"]])
    assert _client(stranger).post(address).status_code == 404
    assert AuditEntry.objects.filter(action="access.denied").exists()
