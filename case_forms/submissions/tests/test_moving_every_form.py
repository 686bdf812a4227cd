"""Every shipped form about a case, sent to the wrong one and moved: what each case is afterwards.

The wrong case is as it was before the form came, and the right one as a case is to which the form was sent at once.
Whatever is sealed and holds what the form said is sealed under the right case's key.
"""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from access.models import User
from case_forms.cases.consent.ledger import get_entries
from case_forms.cases.facts.reading import get_known_values
from case_forms.cases.finding.models import IdentityToken
from case_forms.cases.models import AwaitedDate, Case, CaseFact, Deadline, Referral
from case_forms.cases.referring.moves import RUNNING
from case_forms.form_builder.models import FormVersion
from notifications.outbox.models import Notice, Purpose
from notifications.outbox.states import OPEN
from tests.world.consents import record_consent
from vault import data_keys
from vault.rotation import sealed_fields
from vault.seal import SealBroken, split_token

from ..actions import receive_submission
from ..drill import drill_answers
from ..models import Submission
from ..moving.actions import agree_to_move, propose_move
from . import test_shipped_forms as shipped

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

seeded_once, worker, open_case = shipped.seeded_once, shipped.worker, shipped.open_case
CANARY = "kanarina-9931"
OWN = ("first_name", "last_name", "birth_date", "safe_phone", "phone")
YES = {"purpose": "refer_to", "office": "health", "given": "yes", "kind": "consent", "legal_basis": "consent"}
GIVEN: dict[str, dict[str, Any]] = {
    "consent": {"consents": [YES]},
    "service_request": {"offices": ["health"], "consent_basis": "consent_form"},
}


@pytest.fixture(autouse=True)
def key_folder(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    data_keys._cached.clear()


@pytest.fixture
def mate(worker: User) -> User:
    return User.objects.get(username="vlore2")


@pytest.fixture
def begin(key_folder: None, open_case: Callable[..., Case]) -> Callable[[str], Case]:
    """Opens a case of somebody of this name, which health services may know of."""

    def opened(name: str) -> Case:
        number = Case.objects.count()
        case = open_case(
            first_name=name,
            last_name=f"{name}aj",
            birth_date=f"19{80 + number}-03-0{1 + number}",
            safe_contact_phone=f"+35569123450{number}",
        )
        record_consent(case, role="health")
        return case

    return opened


def send(worker: User, form: str, case: Case) -> Submission:
    version = FormVersion.objects.newest().get(form__key=form)
    now = timezone.now()
    given = {**shipped.GIVEN.get(form, {}), **GIVEN.get(form, {}), case_question(version): case.reference}
    full = drill_answers(version.parsed_form, {"answers": given, "text": CANARY}, municipality="vlore", occurred_at=now)
    warnings = [warning["key"] for warning in version.definition.get("warnings", [])]
    received = receive_submission(
        uuid=uuid.uuid4(),
        form_key=form,
        version=version.number,
        occurred_at=now,
        answers=full,
        user=worker,
        confirmed=warnings,
    )
    assert received.submission.case == case
    return received.submission


def case_question(version: FormVersion) -> str:
    items = (item for section in version.definition["sections"] for item in section["items"])
    return next(str(item["key"]) for item in items if item.get("type") == "case_reference")


def move(sent: Submission, right: Case, worker: User, mate: User) -> None:
    proposed = propose_move(submission=sent, target=right, reason="It is about her sister.", by=worker)
    agree_to_move(move=proposed, by=mate)


def snapshot(case: Case) -> dict[str, Any]:
    """What a case is: everything that a form can write."""
    case.refresh_from_db()
    firsts = Notice.objects.filter(case_id=case.pk, purpose=Purpose.FIRST, state__in=OPEN)
    duties = Deadline.objects.filter(case=case)
    return {
        # Without what tells the invented persons apart.
        "facts": {key: value for key, value in get_known_values(case).items() if key not in OWN},
        "flags": sorted(case.flags),
        "risk": case.risk,
        "child": case.child_track,
        "formal": case.formal_identification,
        "unmet": sorted(duties.unmet().values_list("key", flat=True)),
        "dates": sorted(AwaitedDate.objects.filter(case=case, done_at=None).values_list("rule", flat=True)),
        "consents": sorted((each.role, each.purpose, each.answer) for each in get_entries(case)),
        "referrals": sorted(
            Referral.objects.filter(case=case, state__in=RUNNING).values_list("partner__slug", flat=True)
        ),
        "notices": sorted(firsts.values_list("role", flat=True)),
        "forms": case.submissions.count(),
    }


def find_canary() -> set[Any]:
    """Whose keys seal what the canary stands in; None is the ring's. Nothing unsealed may hold it."""
    owners = set()
    for model, fields in sealed_fields():
        for row in model._base_manager.all():
            for field in fields:
                try:
                    value = getattr(row, field.attname)
                except SealBroken:
                    continue
                if CANARY in str(value):
                    owners.add(split_token(row.__dict__[field.attname]).owner)
    return owners


def find_in_clear() -> list[str]:
    found = []
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            if any(CANARY in str(row) for row in cursor.fetchall()):
                found.append(table)
    return found


@pytest.mark.parametrize("form", shipped.ABOUT_A_CASE)
def test_the_wrong_case_is_as_before_and_the_right_one_as_if_the_form_had_come_there_at_once(
    form: str, worker: User, mate: User, begin: Callable[[str], Case], client: Client
) -> None:
    wrong, right, control = begin("Teuta"), begin("Drita"), begin("Mirela")
    before = snapshot(wrong)
    sent = send(worker, form, wrong)
    send(worker, form, control)
    move(sent, right, worker, mate)
    assert snapshot(wrong) == {**before, "unmet": snapshot(wrong)["unmet"]}
    # What the form had met is owed again; the question who decides is answered.
    assert set(snapshot(wrong)["unmet"]) == set(before["unmet"])
    assert snapshot(right) == snapshot(control)
    assert find_canary() <= {right.pk, control.pk}
    assert find_in_clear() == []
    assert not CaseFact.objects.filter(case=wrong, submission_id=sent.pk).exists()
    assert not IdentityToken.objects.filter(case=wrong, submission_id=sent.pk).exists()
    client.force_login(worker)
    for path in ("", "history/", "known/"):
        page = client.get(f"/field/cases/{wrong.reference}/{path}")
        assert page.status_code == 200, path
        assert CANARY not in page.content.decode()
        assert str(sent.pk) not in page.content.decode()
    assert client.get(f"/field/cases/{wrong.reference}/submissions/{sent.pk}/").status_code == 404
    read = client.get(f"/field/cases/{right.reference}/submissions/{sent.pk}/")
    assert read.status_code == 200
    assert CANARY in read.content.decode() or CANARY not in str(sent.answers)
