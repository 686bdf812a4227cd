"""A closed case is forgotten on its day: nothing of it opens any more, neither here nor in an older backup."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from access.models import User
from audit.models import AuditEntry
from case_forms.cases.closing.actions import CannotClose, ClosingRequest, ask_to_close, decide_closing
from case_forms.cases.closing.open_ends import find_open_ends
from case_forms.cases.closing.reopening import reopen_case
from case_forms.cases.models import Case, CaseClosing, CaseEvent, CaseFact, CaseHold, CaseTransfer, Referral
from case_forms.cases.retention.holds import CannotHold, ask_to_lift, lift_hold, place_hold
from notifications.briefs.replies import answer
from notifications.outbox.actions import mark_opened
from notifications.outbox.delivery import send_due
from notifications.outbox.models import BriefDocument, Notice
from tests.queues import all_waiting_tasks
from tests.world.consents import record_consent
from tests.world.forms import texts
from tests.world.notices import postbox
from tests.world.places import make_coordinator, make_unit
from tests.world.procedures import enact, small_procedure
from tests.world.scene import Scene, make_scene
from vault import data_keys, rotation
from vault.keyring import KeyRingError
from vault.models import DataKey
from vault.seal import SealBroken, get_place, split_token, unseal

from ..actions import submit_draft
from ..attachments.storage import write_content
from ..case_purge import forget_case, forget_destroyed_again, forget_due_cases
from ..correcting import start_correction
from ..drafts.actions import start_draft
from ..models import Attachment, Draft, Submission

__all__ = ["postbox"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("postbox")]
CANARY = "Kanarina"
FAR = date(2099, 1, 1)
KEPT = {
    "label": texts("kept"),
    "choices": [{"value": "months_60", "label": texts("5")}, {"value": "months_24", "label": texts("2")}],
    "default": "months_60",
    "basis": "x",
    "confidence": "proposal",
}


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_CASE_KEY_DIR = tmp_path / "case_keys"
    settings.ATTACHMENT_DIR = tmp_path / "attachments"
    data_keys._cached.clear()


@pytest.fixture
def scene(request: Any) -> Scene:
    is_in_a_file = request.node.get_closest_marker("django_db").kwargs.get("transaction")
    request.getfixturevalue("transactional_db" if is_in_a_file else "db")
    made = make_scene()
    enact({**small_procedure(), "settings": {"closed_case_kept": KEPT}}, since=timezone.now())
    return made


@pytest.fixture
def coordinator(scene: Scene) -> User:
    return make_coordinator(scene.place)


def attach(scene: Scene, submission: Submission) -> None:
    """A file of the submission, as the sending of a draft leaves it."""
    from uuid import uuid4

    identity = uuid4()
    Attachment.objects.create(
        id=identity, submission=submission, owner=scene.worker, unit=scene.unit, media_type="image/jpeg", size=3,
        fingerprint="x", name=f"{CANARY}.jpg", content_key=write_content(identity, CANARY.encode()),
    )  # fmt: skip


def live_through(scene: Scene, coordinator: User) -> Case:
    """A case with answers, a file, a brief that was read and answered, a PDF, a referral, a draft, and its closing."""
    case = scene.send(age_stated=15, story=f"{CANARY} told.", first_name=CANARY).submission.case
    assert case is not None
    attach(scene, Submission.objects.get())
    send_due()
    for role, note in (("police", f"{CANARY} went."), ("cpu", f"{CANARY} is safe.")):
        notice = Notice.objects.get(role=role, chases=None)
        mark_opened(notice=notice, at=timezone.now())
        answer(notice=notice, kind="declined", reason="other", note=note)
    BriefDocument.objects.create(notice=Notice.objects.get(role="cpu", chases=None), pdf=f"%PDF {CANARY}".encode())
    scene.follow(case.reference, to_org=scene.offices["protection_service"].slug, service=["shelter"])
    service = Notice.objects.get(role="protection_service")
    mark_opened(notice=service, at=timezone.now())
    answer(notice=service, kind="accepted", note=f"{CANARY} has a bed.")
    say_more(case, scene)
    place_hold(case=case, words=f"{CANARY} testifies.", by=coordinator)
    words = f"{CANARY} moved."
    ends = find_open_ends(case)
    said = dict.fromkeys(("contact", "open", "note", "wish_words", "risk"), words)
    wanted = ClosingRequest(
        act="close", reason="finished", seen=ends.fingerprint, wish="wants_more", despite=ends.despite, **said
    )
    asked = ask_to_close(case=case, wanted=wanted, by=scene.worker)
    decide_closing(closing=asked, agree=True, by=coordinator, seen=find_open_ends(case).fingerprint, answer=words)
    return Case.objects.get(pk=case.pk)


def say_more(case: Case, scene: Scene) -> None:
    """A corrected form, something known of the person, a consent with names, a transfer that was asked for."""
    now = timezone.now()
    sent = Submission.objects.get(form_version=scene.form)
    draft = start_correction(submission=sent, reason=f"{CANARY} is 14.", by=scene.worker)
    draft.answers = {**draft.answers, "age_stated": 14}
    draft.save(update_fields=["answers"])
    submit_draft(draft=draft, user=scene.worker)
    CaseFact.objects.create(
        case=case, key="first_name", value={"value": CANARY}, noted_by=scene.worker, occurred_at=now, received_at=now
    )
    record_consent(case, role="health", names={"interpreter": CANARY}, reason=f"{CANARY} said so.")
    town = case.municipality
    CaseTransfer.objects.create(
        case=case, from_unit=scene.unit, to_unit=make_unit(scene.place), from_municipality=town, to_municipality=town,
        reason=CANARY, asked_by=scene.worker,
    )  # fmt: skip


def lift(case: Case, coordinator: User, scene: Scene) -> None:
    hold = CaseHold.objects.standing().get(case=case)
    ask_to_lift(hold=hold, by=coordinator)
    lift_hold(hold=hold, by=make_coordinator(scene.place))


def iter_sealed(database: Any) -> Iterator[tuple[str, bytes, str]]:
    """Every sealed cell of a database: (where it is, its place, the token), read past Django."""
    for model, fields in rotation.sealed_fields():
        table, key = model._meta.db_table, model._meta.pk
        columns = ", ".join(f'"{field.column}"' for field in fields)
        for row in database.execute(f'SELECT "{key.column}", {columns} FROM "{table}"').fetchall():  # noqa: S608
            for field, token in zip(fields, row[1:], strict=True):
                if token is not None:
                    yield f"{table}.{field.column}", get_place(table, field.attname, key.to_python(row[0])), token


def find_canary(database: Any) -> set[str]:
    """Where the canary is, sealed cells opened with every key at hand, plain ones as they are."""
    found = set()
    for where, place, token in iter_sealed(database):
        try:
            if CANARY.encode() in unseal(token, place):
                found.add(where)
        except (SealBroken, KeyRingError):
            continue
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    for name in names:
        if CANARY in str(database.execute(f'SELECT * FROM "{name}"').fetchall()):  # noqa: S608
            found.add(name)
    return found


def find_canary_in_files() -> set[str]:
    """Files that hold the canary: in plain, or opened with a key of the database."""
    found = set()
    for root in (settings.ATTACHMENT_DIR, settings.VAULT_CASE_KEY_DIR):
        found |= {
            str(path) for path in Path(root).rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
        }
    return found


if connection.vendor == "sqlite":  # it reads SQLite's own files

    @pytest.mark.django_db(transaction=True)  # a transaction that is open would keep the copy waiting
    def test_after_forgetting_no_canary_is_in_the_database_the_files_the_queue_or_an_older_backup(
        scene: Scene, coordinator: User, tmp_path: Path
    ) -> None:
        case = live_through(scene, coordinator)
        lift(case, coordinator, scene)
        connection.ensure_connection()
        here = connection.connection
        backup = tmp_path / "older.sqlite3"
        with closing(sqlite3.connect(backup)) as copy:
            here.backup(copy)
            # They are there, and the search finds them: in the backup, too, as long as the case's key is.
            expected = {
                "intake_submission.answers",
                "intake_attachment.name",
                "outbox_notice.brief",
                "outbox_reply.note",
                "cases_referral.answer_note",
                "cases_referralstep.words",
                "cases_caseclosing.words",
                "cases_casehold.words",
            }
            assert expected <= find_canary(here)
            assert expected <= find_canary(copy)

            assert forget_due_cases(FAR) == 1
            assert find_canary(here) == set()
            assert find_canary(copy) == set()
        assert find_canary_in_files() == set()
        assert CANARY not in repr(list(all_waiting_tasks()))
        assert not list(Path(settings.ATTACHMENT_DIR).rglob("*.sealed"))
        assert CANARY.encode() not in backup.read_bytes()


def test_what_stays_says_that_there_was_a_case_and_the_record_says_what_went(
    scene: Scene, coordinator: User, django_capture_on_commit_callbacks: Any
) -> None:
    case = live_through(scene, coordinator)
    lift(case, coordinator, scene)
    before = Notice.objects.filter(case_id=case.pk).count()
    with django_capture_on_commit_callbacks(execute=True):
        forget_due_cases(FAR)
    case.refresh_from_db()
    assert case.forgotten_at is not None
    assert case.forget_after is None
    assert Notice.objects.filter(case_id=case.pk).count() == before
    assert Referral.objects.get().state == "finished"  # with its case, which was closed
    # Everything can still be read, and is empty.
    assert [row.answers for row in Submission.objects.filter(case=case)] == [{}, {}, {}]
    assert all(event.explanation is None for event in CaseEvent.objects.filter(case=case))
    assert all("Deleted" in str(notice.brief) for notice in Notice.objects.filter(case_id=case.pk))
    assert CaseClosing.objects.get().words == {}
    entry = AuditEntry.objects.get(action="case.forgotten")
    assert (entry.detail["submissions"], entry.detail["known"], entry.detail["consents"]) == (3, 1, 3)
    assert DataKey.objects.get(owner=case.pk).destroyed_at is not None
    rotation.rotate()  # what took its place is sealed by the ring, and rotation goes on


def test_a_hold_keeps_the_case_and_its_answers_and_two_lift_it(scene: Scene, coordinator: User) -> None:
    case = live_through(scene, coordinator)
    assert forget_due_cases(FAR) == 0
    hold = CaseHold.objects.get()
    with pytest.raises(CannotHold, match="own_request"):
        lift_hold(hold=hold, by=coordinator)
    ask_to_lift(hold=hold, by=coordinator)
    with pytest.raises(CannotHold, match="own_request"):
        lift_hold(hold=hold, by=coordinator)
    with pytest.raises(CannotHold, match="not_allowed"):
        lift_hold(hold=hold, by=scene.worker)
    lift_hold(hold=hold, by=make_coordinator(scene.place))
    assert forget_due_cases(FAR) == 1
    with pytest.raises(CannotHold, match="forgotten"):
        place_hold(case=case, words="Too late.", by=coordinator)


def test_an_open_case_and_one_whose_time_is_not_over_are_not_forgotten(scene: Scene, coordinator: User) -> None:
    case = live_through(scene, coordinator)
    lift(case, coordinator, scene)
    assert case.forget_after is not None
    assert forget_due_cases(case.forget_after - timedelta(days=1)) == 0
    reopen_case(case=case, reason="new_risk", by=scene.worker)
    assert Case.objects.get().forget_after is None
    assert forget_due_cases(FAR) == 0
    assert forget_case(case.pk, FAR) is False
    assert Submission.objects.filter(case=case).last().answers["story"]  # type: ignore[union-attr]


def test_nothing_is_destroyed_when_forgetting_fails_half_way(
    scene: Scene, coordinator: User, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    case = live_through(scene, coordinator)
    lift(case, coordinator, scene)

    def fail(*_args: Any, **_more: Any) -> None:
        raise ValueError

    monkeypatch.setattr("case_forms.submissions.case_purge.log_event", fail)
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_due_cases(FAR) == 0
    assert Submission.objects.filter(case=case).last().answers["story"]  # type: ignore[union-attr]
    assert not data_keys.is_destroyed(case.pk)


def test_a_forgotten_case_takes_no_form_is_not_reopened_and_its_draft_is_gone(
    scene: Scene, coordinator: User, django_capture_on_commit_callbacks: Any
) -> None:
    case = live_through(scene, coordinator)
    lift(case, coordinator, scene)
    about = start_draft(
        form_version=scene.follow_up, unit=scene.unit, owner=scene.worker, answers={"case_ref": case.reference}
    )
    other = start_draft(form_version=scene.follow_up, unit=scene.unit, owner=scene.worker, answers={})
    newest = Submission.objects.current().get(case=case, form_version=scene.form)
    correction = start_correction(submission=newest, reason=f"{CANARY} again", by=scene.worker)
    assert correction.case == case
    raw = Draft.objects.filter(pk=correction.pk).values_list("answers", flat=True)[0]
    assert split_token(raw).owner == case.pk, "a half-made correction is under its case's key"
    with django_capture_on_commit_callbacks(execute=True):
        forget_due_cases(FAR)
    assert set(Draft.objects.open().values_list("pk", flat=True)) == {other.pk}
    assert about.pk != other.pk
    with pytest.raises(CannotClose, match="forgotten"):
        reopen_case(case=case, reason="new_risk", by=scene.worker)
    from ..actions import AnswersRefused

    with pytest.raises(AnswersRefused):
        scene.follow(case.reference)


def test_a_restored_backup_forgets_again_what_was_forgotten(
    scene: Scene, coordinator: User, django_capture_on_commit_callbacks: Any
) -> None:
    case = live_through(scene, coordinator)
    data_keys._destroy_file(case.pk)  # as it stands beside an older database
    with pytest.raises(SealBroken):
        _ = Submission.objects.filter(case=case).first().answers  # type: ignore[union-attr]
    with django_capture_on_commit_callbacks(execute=True):
        call_command("forget_again")
    assert [row.answers for row in Submission.objects.filter(case=case)] == [{}, {}, {}]
    assert forget_destroyed_again() == 0


def test_the_mirror_of_keys_follows_what_is_destroyed(
    scene: Scene, coordinator: User, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    case = live_through(scene, coordinator)
    lift(case, coordinator, scene)
    mirror = tmp_path / "mirror"
    call_command("mirror_case_keys", str(mirror))
    kept = [path for path in mirror.rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [case.pk.hex]
    with django_capture_on_commit_callbacks(execute=True):
        forget_due_cases(FAR)
    call_command("mirror_case_keys", str(mirror))
    assert [path.name for path in mirror.rglob("*") if path.is_file()] == [f"{case.pk.hex}.gone"]


def test_every_sealed_column_that_belongs_to_a_case_names_its_owner() -> None:
    """A new model with a sealed column and a way to a case has to say so, or it would outlive the case in backups."""
    ways = ("case", "case_id", "notice", "submission", "event")
    without = {
        f"{model._meta.label}.{field.name}"
        for model, fields in rotation.sealed_fields()
        if any(hasattr(model, way) for way in ways)
        for field in fields
        if not field.owner
    }
    # It opens nothing once the link is revoked, and is none of the case's content.
    assert without == {"outbox.Notice.link_token"}


def test_a_backup_from_before_a_case_had_its_key_forgets_it_again_too(
    scene: Scene, coordinator: User, django_capture_on_commit_callbacks: Any
) -> None:
    with data_keys.suspended():
        case = live_through(scene, coordinator)
    assert Submission.objects.filter(case=case).last().answers["story"]  # type: ignore[union-attr]
    data_keys._destroy_file(case.pk)  # what is beside the newer database
    with django_capture_on_commit_callbacks(execute=True):
        assert forget_destroyed_again() == 1
    assert [row.answers for row in Submission.objects.filter(case=case)] == [{}, {}, {}]


def test_rotation_gives_older_cases_their_key_in_steps(scene: Scene, coordinator: User) -> None:
    with data_keys.suspended():
        case = live_through(scene, coordinator)
    assert not data_keys.has_key(case.pk)
    assert rotation.rotate(seconds=0).get("intake.Submission", 0) == 0
    counts = rotation.rotate()
    assert counts["data keys made"] == 1
    assert counts["intake.Submission"] == 3
    assert data_keys.has_key(case.pk)
    assert rotation.rotate() == dict.fromkeys([key for key in counts if "." in key], 0)
    tokens = Submission.objects.filter(case=case).values_list("answers", flat=True)
    assert all(str(token).startswith(f"v3.{case.pk.hex}.") for token in tokens)
    assert Submission.objects.filter(case=case).last().answers["story"]  # type: ignore[union-attr]
    assert CANARY in str(Notice.objects.get(role="cpu", chases=None).brief)
