"""Documents of a case: made at once or by a rule, sealed, versioned, and gone with the case."""

import io
import uuid
from typing import Any

import pypdfium2
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from case_forms.cases.models import Case, CaseDocument, CorrectedForm
from case_forms.procedures.rule_actions.documents import KINDS
from notifications.directory.models import Role
from notifications.outbox.models import Notice
from tests.world.places import make_place, make_unit_with_worker
from tests.world.procedures import enact, rule, small_procedure
from tests.world.scene import Scene, make_scene

from .. import actions
from ..content import CannotMake
from ..models import DocumentKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return make_scene()


@pytest.fixture
def case(scene: Scene) -> Case:
    return Case.objects.get(reference=scene.send(story="Kanarina foli.").receipt["case"])


@pytest.fixture
def worker(scene: Scene) -> Client:
    browser = Client()
    browser.force_login(scene.worker)
    return browser


def text_of(pdf: Any) -> str:
    with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
        return "".join(page.get_textpage().get_text_bounded() for page in document)


def test_rules_and_people_make_the_same_kinds() -> None:
    assert [code for code, _words in KINDS] == DocumentKind.values


def test_a_record_is_made_read_and_recorded_and_an_older_one_is_called_so(
    scene: Scene, case: Case, worker: Client
) -> None:
    address = f"/field/cases/{case.reference}/documents/"
    assert worker.post(address, {"kind": "identification"}).status_code == 302
    made = CaseDocument.objects.get()
    assert made.made_at is not None
    found = worker.get(f"{address}{made.pk}/")
    assert found["Content-Type"] == "application/pdf"
    assert "Kanarina foli." in text_of(found.content)
    assert AuditEntry.objects.filter(action="document.read").count() == 1
    assert worker.post(address, {"kind": "identification"}).status_code == 302
    assert sorted(CaseDocument.objects.values_list("version", flat=True)) == [1, 2]
    assert worker.get(address).content.decode().count('class="badge"') == 1
    CorrectedForm.objects.create(submission_id=uuid.uuid4(), case=case, corrected_by=uuid.uuid4(), at=timezone.now())
    assert worker.get(address).content.decode().count('class="badge"') == 2


@pytest.mark.parametrize("kind", ["summary", "police", "authority"])
def test_a_summary_and_a_notice_are_printed(case: Case, scene: Scene, kind: str) -> None:
    made = actions.produce(case=case, kind=kind, by=scene.worker)
    assert made.pages >= 1
    assert case.reference in text_of(made.pdf)


def test_the_authoritys_notice_has_the_next_number_of_its_year(case: Case, scene: Scene) -> None:
    scene.send()
    numbers = [
        (notice.protocol_number.year, notice.protocol_number.number)
        for notice in Notice.objects.filter(protocol_number__isnull=False)
    ]
    year = timezone.localdate().year
    assert sorted(numbers) == [(year, number) for number in range(1, len(numbers) + 1)]
    authority = Notice.objects.filter(role=Role.RESPONSIBLE_AUTHORITY, case_id=case.pk).first()
    if authority is not None and authority.needs_document:
        made = actions.produce(case=case, kind="authority", by=scene.worker)
        assert str(authority.protocol_number) in text_of(made.pdf)


@pytest.mark.parametrize("kind", ["referral", "card", "cpu", "nonsense"])
def test_what_there_is_nothing_to_make_of_is_said_and_leaves_nothing(case: Case, worker: Client, kind: str) -> None:
    found = worker.post(f"/field/cases/{case.reference}/documents/", {"kind": kind})
    assert found.status_code == 422
    assert not CaseDocument.objects.exists()


def test_what_fails_is_tried_again_and_stops_nothing(case: Case, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(document: CaseDocument) -> Any:
        raise RuntimeError("no paper")

    monkeypatch.setattr(actions, "render_document", broken)
    made = actions.produce(case=case, kind="summary", by=scene.worker)
    assert made.made_at is None
    assert made.next_try_at is not None
    for _try in range(actions.MAX_TRIES):
        actions.make(made.pk)
    made.refresh_from_db()
    assert made.next_try_at is None
    monkeypatch.undo()
    assert actions.make(made.pk) is True


def test_a_rule_asks_and_the_queue_makes_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    procedure = small_procedure()
    asks = rule(
        "paper",
        "Paper",
        form=scene.form.form.key,
        words="A record is made.",
        then=[{"do": "produce_document", "document": "identification"}],
    )
    enact({**procedure, "rules": [*procedure["rules"], asks]}, since=timezone.now())
    received = scene.send()
    ordered = CaseDocument.objects.get()
    assert ordered.made_at is None  # not in the request
    assert ordered.event_id is not None
    assert Notice.objects.filter(case_reference=received.receipt["case"]).exists()
    assert actions.make(ordered.pk) is True
    assert actions.make(ordered.pk) is False


def test_it_is_sealed_and_goes_with_its_case(case: Case, scene: Scene) -> None:
    made = actions.produce(case=case, kind="identification", by=scene.worker)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pdf FROM cases_casedocument")
        stored = cursor.fetchone()[0]
    assert b"%PDF" not in (stored.encode() if isinstance(stored, str) else bytes(stored))
    assert actions.erase_documents(case, timezone.now()) == 1
    made.refresh_from_db()
    assert made.pdf is None
    assert actions.read(made, scene.worker) is None
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now(), forgotten_at=timezone.now())
    case.refresh_from_db()
    with pytest.raises(CannotMake):
        actions.produce(case=case, kind="summary", by=scene.worker)


def test_people_of_another_region_find_neither_list_nor_document(case: Case, scene: Scene) -> None:
    made = actions.produce(case=case, kind="summary", by=scene.worker)
    _unit, stranger = make_unit_with_worker(make_place())
    browser = Client()
    browser.force_login(stranger)
    address = f"/field/cases/{case.reference}/documents/"
    assert browser.get(address).status_code == 404
    assert browser.post(address, {"kind": "summary"}).status_code == 404
    assert browser.get(f"{address}{made.pk}/").status_code == 404
