"""Notes of a case, sealed and never changed; flags by hand, with their reasons."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from access.models import StaffRole, User
from audit.models import AuditEntry
from case_forms.submissions.case_purge import forget_case
from tests.world.places import make_place, make_unit, make_user
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene

from ...models import Case, CaseNote, FlagChange
from ..actions import CannotNote, add_note, change_flag, correct_note

pytestmark = pytest.mark.django_db

WORDS = "Kanarina u zhvendos te tezja"
FLAGS = {"moved": {"label": {"sq": "u zhvendos", "en": "moved"}}, "wait": {"label": {"sq": "prit", "en": "wait"}}}


def begin() -> tuple[Scene, Case]:
    scene = make_scene()
    enact({**small_procedure(), "flags": FLAGS}, since=timezone.now())
    scene.send()
    return scene, Case.objects.get()


def page(client: Client, user: User, case: Case, path: str = "", **sent: str) -> Any:
    client.force_login(user)
    address = f"/field/cases/{case.reference}/{path}"
    return client.post(address, sent) if sent else client.get(address)


def test_a_note_stands_on_the_case_and_only_sealed_in_the_database(client: Client) -> None:
    scene, case = begin()
    assert page(client, scene.worker, case, "notes/", text=WORDS).status_code == 302
    assert WORDS in page(client, scene.worker, case).content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_casenote")
        assert "Kanarina" not in repr(cursor.fetchall())
    entry = AuditEntry.objects.get(action="case.note_added")
    assert "Kanarina" not in str(entry.detail)


def test_a_note_is_corrected_by_a_second_one_and_both_stay_in_the_history(client: Client) -> None:
    scene, case = begin()
    first = add_note(case=case, text=WORDS, by=scene.worker)
    shown = page(client, scene.worker, case, f"notes/{first.pk}/correct/")
    assert WORDS in shown.content.decode()
    page(client, scene.worker, case, f"notes/{first.pk}/correct/", text="Te halla")
    case_page = page(client, scene.worker, case).content.decode()
    assert "Te halla" in case_page
    assert WORDS not in case_page
    history = page(client, scene.worker, case, "history/?kind=notes").content.decode()
    assert WORDS in history
    assert "Te halla" in history


def test_who_corrects_what_was_corrected_meanwhile_reads_that_and_loses_no_word(client: Client) -> None:
    scene, case = begin()
    first = add_note(case=case, text=WORDS, by=scene.worker)
    correct_note(case=case, note_id=first.pk, text="Te halla", by=scene.worker)
    answer = page(client, scene.worker, case, f"notes/{first.pk}/correct/", text="Te daja")
    assert answer.status_code == 422
    assert "Te daja" in answer.content.decode()
    assert "Te halla" in answer.content.decode()
    assert page(client, scene.worker, case, f"notes/{first.pk}/correct/").status_code == 302
    assert CaseNote.objects.count() == 2


def test_nobody_changes_or_moves_the_author_of_a_note_in_the_database() -> None:
    scene, case = begin()
    note = add_note(case=case, text=WORDS, by=scene.worker)
    other = make_user(StaffRole.COORDINATOR, username="other", region=scene.place.region)
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseNote.objects.filter(pk=note.pk).update(written_by=other)
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseNote.objects.filter(pk=note.pk).update(written_at=timezone.now())


@pytest.mark.parametrize(("text", "code"), [("", "no_text"), ("  \n", "no_text"), ("x" * 2001, "too_long")])
def test_an_empty_or_endless_note_is_refused_beside_the_field(client: Client, text: str, code: str) -> None:
    scene, case = begin()
    with pytest.raises(CannotNote, match=code):
        add_note(case=case, text=text, by=scene.worker)
    answer = page(client, scene.worker, case, "notes/", text=text or " ")
    assert answer.status_code == 422
    assert 'id="text-error"' in answer.content.decode()


def test_a_closed_case_takes_no_new_note_and_a_correction() -> None:
    scene, case = begin()
    note = add_note(case=case, text=WORDS, by=scene.worker)
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now())
    with pytest.raises(CannotNote, match="closed"):
        add_note(case=case, text="Tjetër", by=scene.worker)
    assert correct_note(case=case, note_id=note.pk, text="Te halla", by=scene.worker).corrects == note


def test_a_forgotten_case_has_no_word_of_its_notes() -> None:
    scene, case = begin()
    note = add_note(case=case, text=WORDS, by=scene.worker)
    change_flag(case=case, key="moved", is_set=True, reason=WORDS, by=scene.worker)
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now(), forget_after=date(2020, 1, 1))
    assert forget_case(case.pk, timezone.localdate())
    assert CaseNote.objects.get(pk=note.pk).text is None
    assert FlagChange.objects.get().reason is None
    with pytest.raises(CannotNote, match="unknown"):
        correct_note(case=case, note_id=note.pk, text="Te halla", by=scene.worker)


def test_notes_are_not_there_for_people_of_another_region(client: Client) -> None:
    scene, case = begin()
    note = add_note(case=case, text=WORDS, by=scene.worker)
    elsewhere = make_user(StaffRole.WORKER, username="far", unit=make_unit(make_place("far")))
    for path in ("notes/", "flags/", "history/", "readers/", f"notes/{note.pk}/correct/", f"notes/{uuid4()}/correct/"):
        assert page(client, elsewhere, case, path).status_code == 404
        assert page(client, elsewhere, case, path, text="x", flag="set:moved", reason="x").status_code in (404, 405)
    assert CaseNote.objects.count() == 1
    assert not FlagChange.objects.exists()


def test_a_flag_is_set_and_cleared_by_hand_with_its_reason(client: Client) -> None:
    scene, case = begin()
    assert page(client, scene.worker, case, "flags/", flag="set:moved", reason=WORDS).status_code == 302
    case.refresh_from_db()
    assert set(case.flags) == {"moved"}
    assert WORDS in page(client, scene.worker, case, "history/?kind=case").content.decode()
    assert page(client, scene.worker, case, "flags/", flag="clear:moved", reason="U kthye").status_code == 302
    case.refresh_from_db()
    assert case.flags == {}
    assert [entry.detail["by_hand"] for entry in AuditEntry.objects.filter(action="case.flagged")] == [True, True]
    assert "Kanarina" not in str([entry.detail for entry in AuditEntry.objects.all()])


@pytest.mark.parametrize(
    ("flag", "reason", "code"),
    [
        ("nothing", "why", "no_flag"),
        ("", "why", "no_flag"),
        ("moved", " ", "no_reason"),
        ("moved", "x" * 501, "reason_too_long"),
        ("wait", "why", "no_change"),
    ],
)
def test_a_flag_without_name_reason_or_effect_is_refused(client: Client, flag: str, reason: str, code: str) -> None:
    scene, case = begin()
    change_flag(case=case, key="wait", is_set=True, reason="why", by=scene.worker)
    with pytest.raises(CannotNote, match=code):
        change_flag(case=case, key=flag, is_set=True, reason=reason, by=scene.worker)
    assert page(client, scene.worker, case, "flags/", flag=f"set:{flag}", reason=reason).status_code == 422


def test_a_procedure_without_flags_says_so(client: Client) -> None:
    scene = make_scene()
    scene.send()
    assert "no flags yet" in page(client, scene.worker, Case.objects.get(), "flags/").content.decode()
