"""What a corrected form had said of its case: what is known of the person, consents, the index of persons."""

from collections.abc import Callable
from typing import Any

import pytest

from access.models import User
from case_forms.cases.consent.gate import may_share
from case_forms.cases.consent.ledger import Recipient
from case_forms.cases.facts.reading import get_known_values
from case_forms.cases.finding.models import IdentityToken
from case_forms.cases.models import Case
from notifications.directory.models import Role
from notifications.outbox.models import Notice
from notifications.outbox.states import NoticeState

from . import test_shipped_forms as shipped
from .test_correcting import correct

pytestmark = pytest.mark.django_db

seeded_once, worker, open_case = shipped.seeded_once, shipped.worker, shipped.open_case
NO = {"purpose": "refer_to", "office": "health", "given": "no", "kind": "consent", "legal_basis": "consent"}
YES = {**NO, "given": "yes"}


@pytest.fixture
def case(open_case: Callable[..., Case]) -> Case:
    return open_case(first_name="Teuta", last_name="Provanaj")


def test_a_corrected_name_is_what_is_known_and_one_taken_out_is_known_no_more(case: Case, worker: User) -> None:
    sent = case.submissions.get()
    assert "Teuta" in get_known_values(case).values()
    corrected = correct(sent, worker, first_name="Teutë").submission
    assert "Teutë" in get_known_values(case).values()
    correct(corrected, worker, first_name=None)
    assert not {"Teuta", "Teutë"} & {value for value in get_known_values(case).values() if isinstance(value, str)}
    assert "Provanaj" in get_known_values(case).values()


def test_an_earlier_moment_in_the_correction_doesn_t_bring_the_wrong_answer_back(case: Case, worker: User) -> None:
    from datetime import timedelta

    from ..actions import submit_draft
    from ..correcting import start_correction

    draft = start_correction(submission=case.submissions.get(), reason="x", by=worker)
    draft.answers = {**draft.answers, "first_name": "Teutë"}
    draft.occurred_at -= timedelta(days=1)
    draft.save()
    warnings = [warning["key"] for warning in draft.form_version.definition["warnings"]]
    submit_draft(draft=draft, user=worker, confirmed=warnings)
    assert "Teutë" in get_known_values(case).values()


def test_a_name_that_was_wrong_is_found_by_nobody(case: Case, worker: User) -> None:
    sent = case.submissions.get()
    assert IdentityToken.objects.filter(submission_id=sent.pk).exists()
    corrected = correct(sent, worker, first_name="Drita", last_name="Provanaj").submission
    assert not IdentityToken.objects.filter(submission_id=sent.pk).exists()
    assert IdentityToken.objects.filter(submission_id=corrected.pk).exists()


def test_a_consent_that_was_never_given_covers_nothing_and_ends_the_link(case: Case, worker: User) -> None:
    consent = shipped.send(worker, "consent", case_ref=case.reference, consents=[YES])
    health = Recipient(Role.HEALTH)
    assert may_share(case, health, at=consent.received_at).is_allowed
    needs: dict[str, Any] = {"case_ref": case.reference, "offices": ["health"], "consent_basis": "consent_form"}
    shipped.send(worker, "service_request", **needs)
    [notice] = Notice.objects.filter(case_id=case.pk, role=Role.HEALTH, chases=None)
    corrected = correct(consent, worker, consents=[NO]).submission
    assert not may_share(case, health, at=corrected.received_at).is_allowed
    notice.refresh_from_db()
    assert (notice.state, notice.link_revoked_at is not None) == (NoticeState.CANCELLED, True)


def test_a_consent_taken_out_by_a_correction_covers_nothing(case: Case, worker: User) -> None:
    other = {**YES, "office": "psychologist"}
    consent = shipped.send(worker, "consent", case_ref=case.reference, consents=[YES, other])
    corrected = correct(consent, worker, consents=[other]).submission
    at = corrected.received_at
    assert may_share(case, Recipient(Role.PSYCHOLOGIST), at=at).is_allowed
    assert not may_share(case, Recipient(Role.HEALTH), at=at).is_allowed
